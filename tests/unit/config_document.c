/* config/README.md says what the tables say: its key tables are those that config_document() prints. With the
 * argument --update the file is written anew. */
#include "config/config.h"

#include "chain/registry.h"
#include "filters/filters.h"
#include "test.h"

#define README TEST_SOURCE_DIR "/config/README.md"

static const char begin_mark[] = "<!-- keys: begin -->\n";
static const char end_mark[] = "<!-- keys: end -->\n";

static char *read_file(const char *path)
{
    enum { MOST = 1 << 20 };
    FILE *in = fopen(path, "r");
    char *bytes = calloc(1, MOST);

    REQUIRE(in != NULL && bytes != NULL && fread(bytes, 1, MOST, in) < MOST);
    fclose(in);
    return bytes;
}

static char *documented(void)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&bytes, &len);

    REQUIRE(out != NULL);
    config_document(out);
    fclose(out);
    return bytes;
}

static void update(const char *head, size_t head_len, const char *keys, const char *tail)
{
    FILE *out = fopen(README, "w");

    CHECK(out != NULL);
    if (out == NULL)
        return;
    fprintf(out, "%.*s%s%s", (int)head_len, head, keys, tail);
    CHECK(fclose(out) == 0);
}

int main(int argc, char **argv)
{
    char *readme = read_file(README), *keys;
    char *begin = strstr(readme, begin_mark), *end = strstr(readme, end_mark);

    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    keys = documented();
    CHECK(begin != NULL && end != NULL && begin < end);
    if (begin != NULL && end != NULL) {
        size_t head_len = (size_t)(begin - readme) + sizeof(begin_mark) - 1;
        size_t kept = (size_t)(end - readme) - head_len;
        bool same = kept == strlen(keys) && memcmp(readme + head_len, keys, kept) == 0;
        if (argc == 2 && strcmp(argv[1], "--update") == 0)
            update(readme, head_len, keys, end);
        else if (!same)
            fprintf(stderr, "config/README.md is not what the tables say: run %s --update\n", argv[0]);
        CHECK(same || argc == 2);
    }
    free(keys);
    free(readme);
    return test_end("config_document");
}
