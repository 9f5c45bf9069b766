/* chain_registry.c: built-in filters by name; shared objects that are no filters are refused and say why. */
#include "chain/registry.h"

#include <unistd.h>

#include "test.h"

static const struct filter first = {.api = FILTER_API, .name = "first"};
static const struct filter second = {.api = FILTER_API, .name = "second"};

static void test_names(void)
{
    registry_add(&first);
    registry_add(&second);
    CHECK(registry_find(SPAN("first")) == &first && registry_find(SPAN("second")) == &second);
    CHECK(registry_find(SPAN("firs")) == NULL && registry_find(SPAN("First")) == NULL);
    CHECK(registry_at(0) == &first && registry_at(1) == &second && registry_at(2) == NULL);
}

/* Compiles `code` behind the public header to `path`. */
static void compile(const char *code, const char *path)
{
    char command[8192];
    FILE *compiler;

    snprintf(command, sizeof(command), "cc -shared -fPIC -I'%.*sinclude' -x c -o %s -",
             (int)(strlen(__FILE__) - strlen("tests/unit/chain_registry.c")), __FILE__, path);
    compiler = popen(command, "w"); /* NOLINT(cert-env33-c) */
    CHECK(compiler != NULL);
    if (compiler == NULL)
        return;
    fprintf(compiler, "#include \"postern/filter.h\"\n%s\n", code);
    CHECK(pclose(compiler) == 0);
}

#define PLUGIN(fields) "static const struct filter f = {" fields "}; FILTER_PLUGIN(f);"

static void test_objects(void)
{
    static const struct {
        const char *code;
        const char *why; /* NULL: loads */
    } rows[] = {
        {PLUGIN(".api = FILTER_API, .name = \"mine\""), NULL},
        {PLUGIN(".api = FILTER_API + 1, .name = \"mine\""), "filter API 4, this is 3"},
        {PLUGIN(".api = FILTER_API"), "no name"},
        {PLUGIN(".api = FILTER_API, .name = \"\""), "no name"},
        {"int nothing;", "no postern_filter"},
        {"extern void nowhere(void); void f(void) { nowhere(); }", "nowhere"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char directory[] = "/tmp/postern-registry-XXXXXX";
        char path[64];
        const char *why = NULL;
        const struct filter *filter;
        CHECK(mkdtemp(directory) != NULL);
        snprintf(path, sizeof(path), "%s/plugin.so", directory);
        compile(rows[i].code, path);
        filter = registry_load(path, &why);
        if (rows[i].why == NULL) {
            CHECK(filter != NULL && strcmp(filter->name, "mine") == 0);
            CHECK(registry_load(path, &why) == filter);
        } else {
            CHECK(filter == NULL && why != NULL && strstr(why, rows[i].why) != NULL);
        }
        unlink(path);
        rmdir(directory);
    }
}

int main(void)
{
    const char *why = NULL;

    test_names();
    test_objects();
    CHECK(registry_load("/nowhere/at/all.so", &why) == NULL && why != NULL);
    return test_end("chain_registry");
}
