/* filters_plugin.c: filters/README.md is what is tested: its code is compiled by its command, loaded by its
 * proxy.yaml, and asked. And every service that a filter may call can be found by a shared object. */
#include <dlfcn.h>
#include <libgen.h>
#include <sys/stat.h>

#include "filters_fixture.h"

#define HEAD "hostname: mx.example.com\nlisteners: 127.0.0.1:2525\nupstreams: 127.0.0.1:2526\n"

static char root[4096];    /* of the source tree */
static char directory[64]; /* where the reader of the README works */
static char readme[64 << 10];

static void read_whole(const char *path, char *to, size_t size)
{
    FILE *file = fopen(path, "r");
    size_t len = 0;

    CHECK(file != NULL);
    if (file != NULL) {
        len = fread(to, 1, size - 1, file);
        fclose(file);
    }
    to[len] = '\0';
}

/* What stands between ```language and ``` for the first time. */
static struct span block(const char *language)
{
    char fence[32];
    const char *begin, *end;

    snprintf(fence, sizeof(fence), "```%s\n", language);
    begin = strstr(readme, fence);
    REQUIRE(begin != NULL);
    begin += strlen(fence);
    end = strstr(begin, "```");
    REQUIRE(end != NULL && end != begin);
    return span_of(begin, (size_t)(end - begin));
}

static void write_file(const char *name, const char *head, struct span text)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    CHECK(file != NULL && fprintf(file, "%s%.*s", head, (int)text.len, text.ptr) > 0);
    if (file != NULL)
        fclose(file);
}

/* Runs the shell's text in the reader's directory. */
static int shell(struct span text)
{
    char command[4096];

    snprintf(command, sizeof(command), "cd %s && %.*s", directory, (int)text.len, text.ptr);
    return system(command); /* NOLINT(cert-env33-c): the README's own words */
}

static struct span header_asked(struct fake_session *session, const char *name, const char *value)
{
    struct chain_question question = {.event = FILTER_HEADER,
                                      .header = {.name = span_str(name), .value = span_str(value)}};
    struct decision decision;

    CHECK(chain_ask(&session->run, &question, &decision) == VERDICT_CONTINUE);
    return fake_edited(session, SPAN(""));
}

static void test_readme(void)
{
    char path[8192], code[64 << 10];
    struct settings *settings;
    struct fake_session session;

    snprintf(path, sizeof(path), "%s/filters/example/subject_tag.c", root);
    read_whole(path, code, sizeof(code));
    CHECK_SPAN(block("c"), span_str(code));
    write_file("subject_tag.c", "", block("c"));
    write_file("proxy.yaml", HEAD, block("yaml"));
    snprintf(path, sizeof(path), "ln -s %s/include include", root);
    CHECK(shell(span_str(path)) == 0);
    CHECK(shell(block("sh")) == 0);
    snprintf(path, sizeof(path), "%s/proxy.yaml", directory);
    settings = config_load(path, stderr);
    CHECK(settings != NULL);
    if (settings == NULL)
        return;
    CHECK(chain_interests(settings->chain) == 1u << FILTER_HEADER);
    CHECK(chain_edits(settings->chain) == FILTER_EDITS_HEADERS);
    fake_begin(&session, settings->chain);
    fake_message_begin(&session);
    CHECK_SPAN(header_asked(&session, "From", " [ads]"), SPAN(""));
    CHECK_SPAN(header_asked(&session, "SUBJECT", " [ADS] buy"), SPAN("X-Subject-Tag: [ads]\r\n"));
    CHECK_SPAN(header_asked(&session, "Subject", " [ads] twice"), SPAN("X-Subject-Tag: [ads]\r\n"));
    chain_message_end(&session.run, false);
    fake_message_begin(&session);
    CHECK_SPAN(header_asked(&session, "Subject", " buy [ads]"), SPAN(""));
    fake_end(&session);
    settings->release(settings);
}

/* All that filter.h, filter_io.h and option.h declare. */
static void test_services(void)
{
    static const char *const services[] = {
        "filter_config",        "filter_session",        "filter_message",       "filter_facts",
        "filter_alloc",         "filter_set_reply",      "filter_set_reason",    "filter_add_header",
        "filter_log",           "filter_rewrite_reply",  "filter_offers",        "filter_hide",
        "filter_hide_others",   "filter_allow",          "filter_set_arguments", "filter_complain",
        "filter_setup_alloc",   "option_networks_match", "filter_resume",        "filter_timer",
        "filter_anomaly",       "filter_insert_header",  "filter_append_header", "filter_change_header",
        "filter_delete_header", "filter_rewrite_path"};

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
        if (dlsym(RTLD_DEFAULT, services[i]) == NULL) {
            fprintf(stderr, "%s cannot be found by a shared object\n", services[i]);
            test_failures++;
        }
}

int main(void)
{
    char here[sizeof(root)];
    char path[8192];

    snprintf(here, sizeof(here), "%s", __FILE__);
    snprintf(path, sizeof(path), "%s/../..", dirname(here));
    CHECK(realpath(path, root) != NULL);
    snprintf(path, sizeof(path), "%s/filters/README.md", root);
    read_whole(path, readme, sizeof(readme));
    snprintf(directory, sizeof(directory), "/tmp/postern-readme-XXXXXX");
    CHECK(mkdtemp(directory) != NULL);
    test_readme();
    test_services();
    CHECK(shell(SPAN("rm -f include proxy.yaml subject_tag.c subject_tag.so")) == 0);
    CHECK(rmdir(directory) == 0);
    return test_end("filters_plugin");
}
