/* config_quarantine.c: the place for messages that are kept: what is a good one, and what filters may want
 * without any. */
#include "config/config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "chain/chain.h"
#include "chain/registry.h"
#include "filters/filters.h"
#include "test.h"

static char root[] = "/tmp/postern-config-XXXXXX";

/* Loads a proxy.yaml in root/ with this text behind what is always needed; NULL: it is refused. */
static struct settings *load(const char *text, char *said, size_t size)
{
    char path[64];
    struct settings *settings;
    FILE *out;

    (void)snprintf(path, sizeof(path), "%s/proxy.yaml", root);
    out = fopen(path, "w");
    REQUIRE(out != NULL);
    fprintf(out, "hostname: a.example\nlisteners: 127.0.0.1:2525\nupstreams: 127.0.0.1:2526\n%s\n", text);
    fclose(out);
    memset(said, 0, size);
    out = fmemopen(said, size - 1, "w");
    REQUIRE(out != NULL);
    settings = config_load(path, out);
    fclose(out);
    CHECK(unlink(path) == 0);
    return settings;
}

static void test_directories(void)
{
    static const struct {
        const char *text, *complaint; /* NULL: it loads without a word */
    } rows[] = {
        {"quarantine: {directory: good}", NULL},
        {"quarantine: {directory: new}", NULL},
        {"quarantine: {directory: new, retention: 7d, max_size: 0, max_messages: 10, reply: reject, text: "
         "No}",
         NULL},
        {"quarantine: {retention: 7d}", "quarantine.directory: is missing"},
        {"quarantine: {directory: file}", "is no directory"},
        {"quarantine: {directory: open}", "is open to others (mode 0755)"},
        {"quarantine: {directory: no/such}", "nor a directory for it"},
        {"quarantine: {directory: file/such}", "cannot be looked at"},
        {"quarantine: {directory: good, text: \"a\\nb\"}", "more than printable ASCII"},
        {"quarantine: {directory: good, reply: later}", "quarantine.reply"},
        {"quarantine: {directory: good, retention: 7}", "quarantine.retention"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char said[1024];
        struct settings *settings = load(rows[i].text, said, sizeof(said));
        CHECK((settings != NULL) == (rows[i].complaint == NULL));
        if (rows[i].complaint == NULL ? said[0] != '\0' : strstr(said, rows[i].complaint) == NULL) {
            fprintf(stderr, "%s: %s\n", rows[i].text, said);
            FAIL(rows[i].text);
        }
        if (settings != NULL)
            settings->release(settings);
    }
}

/* Messages are held back for a quarantine exactly where there is one and a filter may want it. */
static void test_holds(void)
{
    static const struct {
        const char *text;
        enum chain_hold holds;
        bool warned;
    } rows[] = {
#define PLACE "quarantine: {directory: good}\n"
        {PLACE, CHAIN_HOLDS_NOTHING, false},
        {PLACE "filters: [{size: {limit: 1MiB}}]", CHAIN_HOLDS_NOTHING, false},
        {PLACE "filters: [{size: {limit: 1MiB, on_reject: quarantine}}]", CHAIN_HOLDS_MESSAGE, false},
        {PLACE "filters: [{size: {limit: 1MiB, on_failure: quarantine}}]", CHAIN_HOLDS_MESSAGE, false},
        {PLACE "filters: [{size: {limit: 1MiB, on_reject: quarantine, mode: observe}}]", CHAIN_HOLDS_NOTHING,
         false},
        {PLACE "filters: [{clamav: {address: unix:/c, on_infected: quarantine}}]", CHAIN_HOLDS_MESSAGE,
         false},
        {PLACE "filters: [{spamassassin: {address: unix:/s, quarantine_score: 5}}]", CHAIN_HOLDS_MESSAGE,
         false},
        {PLACE "filters: [{attachments: {rules: [{names: '*.exe', action: quarantine}]}}]",
         CHAIN_HOLDS_MESSAGE, false},
        {PLACE "filters: [{attachments: {archives: {bomb: quarantine}}}]", CHAIN_HOLDS_MESSAGE, false},
        {PLACE "filters: [{limits: {rules: [{of: fields, max: 9, action: quarantine}]}}]",
         CHAIN_HOLDS_MESSAGE, false},
        {PLACE "filters: [{regex: {rules: [{on: raw, pattern: x, action: quarantine}]}}]",
         CHAIN_HOLDS_MESSAGE, false},
        {PLACE "filters: [{regex: {rules: [{on: raw, pattern: x, action: quarantine, mode: observe}]}}]",
         CHAIN_HOLDS_NOTHING, false},
        {PLACE "filters: [{milter: {address: unix:/m}}]", CHAIN_HOLDS_MESSAGE, false},
        {"filters: [{size: {limit: 1MiB, on_reject: quarantine}}]", CHAIN_HOLDS_NOTHING, true},
        {"filters: [{spamassassin: {address: unix:/s, quarantine_score: 5}}]", CHAIN_HOLDS_NOTHING, true},
        {"filters: [{attachments: {rules: [{names: '*.exe', action: quarantine}]}}]", CHAIN_HOLDS_NOTHING,
         true},
        {"filters: [{milter: {address: unix:/m}}]", CHAIN_HOLDS_MESSAGE, false},
        {"filters: [{clamav: {address: unix:/c, on_infected: quarantine}}]", CHAIN_HOLDS_NOTHING, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char said[1024];
        struct settings *settings = load(rows[i].text, said, sizeof(said));
        if (settings == NULL) {
            fprintf(stderr, "%s: %s\n", rows[i].text, said);
            FAIL(rows[i].text);
            continue;
        }
        if (chain_holds(settings->chain) != rows[i].holds)
            FAIL(rows[i].text);
        CHECK((strstr(said, "warning: there is no quarantine.directory") != NULL) == rows[i].warned);
        settings->release(settings);
    }
}

static void make(const char *name, mode_t mode)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    CHECK(mkdir(path, mode) == 0);
}

static void unmake(const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    CHECK(remove(path) == 0);
}

int main(void)
{
    char path[64];
    FILE *file;

    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    (void)umask(022);
    REQUIRE(mkdtemp(root) != NULL);
    make("good", 0700);
    make("open", 0755);
    (void)snprintf(path, sizeof(path), "%s/file", root);
    file = fopen(path, "w");
    REQUIRE(file != NULL);
    fclose(file);
    test_directories();
    test_holds();
    unmake("file");
    unmake("open");
    unmake("good");
    CHECK(rmdir(root) == 0); /* nothing has been made */
    return test_end("config_quarantine");
}
