/* `filters` of proxy.yaml: names, common keys, plugins, opening and its complaints, through config_load(). */
#include "config/config.h"

#include <unistd.h>

#include "chain/chain.h"
#include "chain/registry.h"
#include "test.h"

struct probe_config {
    struct option_strings names;
    struct option_rows rules;
    int64_t fail;
    char *memory;
};

struct probe_rule {
    const char *pattern;
};

static unsigned opened, shut, opened_interests;

static int probe_open(void *config, struct filter_setup *setup, unsigned *interests, unsigned *edits)
{
    struct probe_config *probe = config;
    const struct probe_rule *rules = probe->rules.items;
    char path[64];
    int rc = 0;

    opened++;
    opened_interests = *interests;
    probe->memory = filter_setup_alloc(setup, 100);
    CHECK(probe->memory != NULL && probe->memory[99] == 0);
    for (size_t i = 0; i < probe->names.count; i++) {
        if (strcmp(probe->names.items[i], "bad") != 0)
            continue;
        (void)snprintf(path, sizeof(path), "names[%zu]", i);
        filter_complain(setup, path, "\"%s\" will not do", probe->names.items[i]);
        rc = -1;
    }
    for (size_t i = 0; i < probe->rules.count; i++) {
        if (strchr(rules[i].pattern, '(') == NULL)
            continue;
        (void)snprintf(path, sizeof(path), "rules[%zu].pattern", i);
        filter_complain(setup, path, "is open; allowed: \"()\"");
        rc = -1;
    }
    if (probe->fail == 1)
        return -1;
    if (probe->fail == 2)
        filter_complain(setup, "", "complained but opened");
    *interests = ~0u; /* more than there are callbacks for */
    *edits |= FILTER_EDITS_HEADERS;
    return rc;
}

static void probe_shut(void *config)
{
    (void)config;
    shut++;
}

static enum verdict probe_mail(struct filter_ctx *ctx, const struct filter_path *path)
{
    (void)ctx;
    (void)path;
    return VERDICT_CONTINUE;
}

static const struct option rule_keys[] = {
    {.key = "pattern",
     .type = OPTION_STRING,
     .offset = offsetof(struct probe_rule, pattern),
     .required = true},
    {0},
};
static const struct option probe_keys[] = {
    {.key = "names", .type = OPTION_STRINGS, .offset = offsetof(struct probe_config, names)},
    {.key = "rules",
     .type = OPTION_ROWS,
     .offset = offsetof(struct probe_config, rules),
     .row = rule_keys,
     .row_size = sizeof(struct probe_rule)},
    {.key = "fail", .type = OPTION_INT, .offset = offsetof(struct probe_config, fail)},
    {0},
};
static const struct filter probe = {
    .api = FILTER_API,
    .name = "probe",
    .options = probe_keys,
    .config_size = sizeof(struct probe_config),
    .open = probe_open,
    .shut = probe_shut,
    .on_mail = probe_mail,
};
static const struct filter plain = {.api = FILTER_API, .name = "plain", .on_mail = probe_mail};

#define HEAD "hostname: mx.example.com\nlisteners: 127.0.0.1:2525\nupstreams: 127.0.0.1:2526\nfilters:\n"

static char *said;
static size_t said_len;

/* Loads the head and `filters` from proxy.yaml in the working directory; *said is what was complained about.
 */
static struct settings *load(const char *filters)
{
    FILE *file = fopen("proxy.yaml", "w");
    FILE *out;
    struct settings *settings;

    CHECK(file != NULL && fprintf(file, HEAD "%s", filters) > 0);
    if (file != NULL)
        fclose(file);
    free(said);
    out = open_memstream(&said, &said_len);
    opened = shut = 0;
    settings = config_load("proxy.yaml", out);
    fclose(out);
    CHECK((settings == NULL) == (said_len > 0));
    return settings;
}

static void test_good(void)
{
    static const struct {
        const char *filters;
        unsigned opened;
    } cases[] = {
        {"", 0},
        {"  []\n", 0},
        {"  probe\n", 1},
        {"  - probe\n  - plain\n", 1},
        {"  - probe:\n", 1},
        {"  - probe: {names: x}\n  - probe: {name: second, mode: observe, on_failure: pass, time_limit: "
         "2s}\n",
         2},
        {"  - plain: {on_failure: reject}\n", 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct settings *settings = load(cases[i].filters);
        CHECK_SPAN(span_str(said), SPAN(""));
        CHECK(opened == cases[i].opened && shut == 0);
        if (settings == NULL)
            continue;
        CHECK(opened == 0 || opened_interests == 1u << FILTER_MAIL);
        CHECK(opened == 0 || chain_interests(settings->chain) == 1u << FILTER_MAIL);
        CHECK(chain_edits(settings->chain) == (opened != 0 ? FILTER_EDITS_HEADERS : 0));
        settings->release(settings);
        CHECK(shut == cases[i].opened);
    }
}

static void test_bad(void)
{
    static const struct {
        const char *filters, *said;
    } cases[] = {
        {"  - prob\n",
         "proxy.yaml:5:5: filters[0].prob: is not a filter; allowed: probe, plain, plugin; did you "
         "mean \"probe\"?\n"},
        {"  - comands: {}\n",
         "proxy.yaml:5:5: filters[0].comands: is not a filter; allowed: probe, plain, plugin\n"},
        {"  probe: {}\n",
         "proxy.yaml:5:3: filters: is a map; allowed: a list, as filters are asked in order\n"},
        {"  - probe:\n    names: x\n", "proxy.yaml:6:5: filters[0].names: is a second key of one entry; "
                                       "allowed: one filter in an entry, its "
                                       "own keys indented below it\n"},
        {"  - [probe]\n  -\n", "proxy.yaml:5:5: filters[0]: is a list; allowed: the name of a filter\n"
                               "proxy.yaml:6:4: filters[1]: is empty; allowed: the name of a filter\n"},
        {"  - probe: [x]\n",
         "proxy.yaml:5:12: filters[0].probe: is a list, not a map; allowed: names, rules, fail, name, mode, "
         "on_failure, on_reject, time_limit\n"},
        {"  - plain: {mod: observe}\n",
         "proxy.yaml:5:13: filters[0].plain.mod: is not a key; allowed: name, mode, "
         "on_failure, on_reject, time_limit; did you mean \"mode\"?\n"},
        {"  - probe: {mode: observed, time_limit: 0}\n",
         "proxy.yaml:5:19: filters[0].probe.mode: \"observed\" is not known; allowed: enforce, observe; did "
         "you "
         "mean \"observe\"?\n"
         "proxy.yaml:5:41: filters[0].probe.time_limit: 0 is out of range; allowed: a time such as 30s, 1ms "
         "to "
         "1d\n"},
        {"  - probe:\n      rules:\n        - ok\n        - pattern: (\n  - probe: {names: [x, bad]}\n",
         "proxy.yaml:8:20: filters[0].probe.rules[1].pattern: is open; allowed: \"()\"\n"
         "proxy.yaml:9:24: filters[1].probe.names[1]: \"bad\" will not do\n"},
        {"  - probe: {rules: (}\n",
         "proxy.yaml:5:20: filters[0].probe.rules[0].pattern: is open; allowed: \"()\"\n"},
        {"  - probe: {fail: 1}\n", "proxy.yaml:5:5: filters[0].probe: could not be opened\n"},
        {"  - probe: {fail: 2}\n", "proxy.yaml:5:5: filters[0].probe: complained but opened\n"},
        {"  - plugin\n", "proxy.yaml:5:5: filters[0].plugin.path: is missing; allowed: text\n"},
        {"  - plugin: {path: [x]}\n", "proxy.yaml:5:20: filters[0].plugin.path: is a list; allowed: text\n"},
        {"  - plugin: {path: /nowhere/x.so}\n",
         "proxy.yaml:5:20: filters[0].plugin.path: cannot be loaded: /nowhere/x.so: cannot open shared "
         "object "
         "file: No such file or directory; allowed: a filter built for this Postern\n"},
        {"  - plugin: {path: x.so}\n",
         "proxy.yaml:5:20: filters[0].plugin.path: cannot be loaded: ./x.so: cannot open shared object "
         "file: No such file or directory; allowed: a filter built for this Postern\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct settings *settings = load(cases[i].filters);
        CHECK(settings == NULL);
        CHECK_SPAN(span_str(said), span_str(cases[i].said));
    }
}

/* Filters that were open when another was refused are shut again. */
static void test_shut_after_refusal(void)
{
    CHECK(load("  - probe\n  - probe: {fail: 1}\n  - probe: {fail: 2}\n  - nonsense\n") == NULL);
    CHECK(opened == 3 && shut == 2);
}

int main(void)
{
    char directory[] = "/tmp/postern-filters-XXXXXX";

    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return 1;
    registry_add(&probe);
    registry_add(&plain);
    test_good();
    test_bad();
    test_shut_after_refusal();
    free(said);
    CHECK(unlink("proxy.yaml") == 0 && rmdir(directory) == 0);
    return test_end("config_filters");
}
