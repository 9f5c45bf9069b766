/* Files that change, come and go. */
#include "tls/tls_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include "test.h"

static char folder[] = "/tmp/tls_watch.XXXXXX";

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    REQUIRE(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* Another time of the last change, whatever the clock's grain. */
static void touch(const char *name, long nanoseconds)
{
    const struct timespec times[2] = {{1700000000, nanoseconds}, {1700000000, nanoseconds}};

    REQUIRE(utimensat(AT_FDCWD, name, times, 0) == 0);
}

int main(void)
{
    struct tls_watch watch;

    REQUIRE(mkdtemp(folder) != NULL && chdir(folder) == 0);
    REQUIRE(tls_watch_init(&watch, 3));
    put("a", "1");
    touch("a", 1);
    tls_watch_add(&watch, "a");
    tls_watch_add(&watch, NULL);
    tls_watch_add(&watch, "b");
    CHECK(tls_watch_look(&watch));
    CHECK(!tls_watch_look(&watch));
    touch("a", 2);
    CHECK(tls_watch_look(&watch));
    put("a", "22");
    touch("a", 2);
    CHECK(tls_watch_look(&watch)); /* its size */
    put("new", "33");
    touch("new", 2);
    CHECK(rename("new", "a") == 0);
    CHECK(tls_watch_look(&watch)); /* another file of that name */
    CHECK(!tls_watch_look(&watch));
    CHECK(chmod("a", 0600) == 0);
    (void)tls_watch_look(&watch);
    CHECK(chmod("a", 0640) == 0);
    CHECK(tls_watch_look(&watch)); /* it may have become readable */
    put("b", "1");
    CHECK(tls_watch_look(&watch));
    CHECK(unlink("b") == 0);
    CHECK(tls_watch_look(&watch));
    CHECK(!tls_watch_look(&watch));
    tls_watch_clear(&watch);
    CHECK(unlink("a") == 0 && chdir("/") == 0 && rmdir(folder) == 0);
    return test_end("tls_watch");
}
