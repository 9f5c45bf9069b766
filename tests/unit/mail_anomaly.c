/* mail_anomaly.c: every anomaly has a name of its own, and config/README.md explains it. */
#include "mail/anomaly.h"

#include "test.h"

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    static char bytes[1 << 20];
    size_t n;

    REQUIRE(file != NULL);
    n = fread(bytes, 1, sizeof(bytes) - 1, file);
    (void)fclose(file);
    bytes[n] = '\0';
    return bytes;
}

int main(void)
{
    const char *readme = read_whole(TEST_SOURCE_DIR "/config/README.md");

    for (unsigned i = 0; i < ANOMALY_COUNT; i++) {
        char row[256];
        snprintf(row, sizeof(row), "\n| `%s` | %s |\n", anomaly_name((enum anomaly)i),
                 anomaly_help((enum anomaly)i));
        if (strstr(readme, row) == NULL)
            fprintf(stderr, "config/README.md lacks %s", row + 1);
        CHECK(strstr(readme, row) != NULL);
        for (unsigned other = 0; other < i; other++)
            CHECK(strcmp(anomaly_name((enum anomaly)i), anomaly_name((enum anomaly)other)) != 0);
    }
    return test_end("mail_anomaly");
}
