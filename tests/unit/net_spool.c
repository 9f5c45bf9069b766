/* net_spool.c: tests of net/spool.c: what was appended is read back; nothing stays behind. */
#include "net/spool.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "test.h"

static char directory[] = "/tmp/postern-spool-XXXXXX";

static int entries(void)
{
    DIR *dir = opendir(directory);
    int n = 0;

    REQUIRE(dir != NULL);
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2; /* . and .. */
}

static void test_round_trip(void)
{
    struct spool_file *file = spool_open();
    char piece[1000], back[333];
    uint64_t at = 0;
    bool same = true;

    CHECK(file != NULL && entries() == 0);
    for (int i = 0; i < 1000; i++) {
        memset(piece, 'a' + i % 26, sizeof(piece));
        CHECK(spool_write(file, span_of(piece, sizeof(piece))) == 0);
    }
    for (long n = 1; n > 0; at += (uint64_t)n) {
        n = spool_read(file, at, back, sizeof(back));
        CHECK(n >= 0);
        for (long i = 0; i < n; i++)
            same = same && back[i] == 'a' + (char)((at + (uint64_t)i) / 1000 % 26);
    }
    CHECK(same && at == 1000000);
    CHECK(spool_write(file, SPAN("")) == 0);
    spool_close(file);
    CHECK(entries() == 0);
}

/* A full disk, played by a limit on the size of files. */
static void test_full(void)
{
    const struct rlimit small = {.rlim_cur = 1500, .rlim_max = RLIM_INFINITY};
    const struct rlimit none = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    struct spool_file *file = spool_open();
    char piece[1000] = {0};

    signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    CHECK(spool_write(file, span_of(piece, sizeof(piece))) == 0);
    CHECK(spool_write(file, span_of(piece, sizeof(piece))) == -EFBIG);
    CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
    CHECK(spool_read(file, 0, piece, sizeof(piece)) == 1000);
    spool_close(file);
}

static void test_nowhere(void)
{
    setenv("TMPDIR", "/nonexistent", 1);
    CHECK(spool_open() == NULL);
}

int main(void)
{
    CHECK(mkdtemp(directory) != NULL);
    setenv("TMPDIR", directory, 1);
    test_round_trip();
    test_full();
    test_nowhere();
    rmdir(directory);
    return test_end("net_spool");
}
