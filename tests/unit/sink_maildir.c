/* The Maildir on a real file system: what a message looks like, where it is when, and that nothing is left of
 * one that was not taken. */
#include "sink/maildir.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "test.h"

static char root[] = "/tmp/postern-maildir-XXXXXX";

static uint64_t wall(struct world *world)
{
    (void)world;
    return 1700000000123;
}

static const struct world_ops ops = {.wall = wall};
static struct world world = {.ops = &ops};

/* The number of files in a folder; with `content`, the bytes of the last one seen. */
static unsigned files(const char *folder, char *content, size_t *len)
{
    char path[300];
    unsigned count = 0;
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s", root, folder);
    dir = opendir(path);
    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        count++;
        if (content != NULL) {
            int fd = openat(dirfd(dir), entry->d_name, O_RDONLY);
            ssize_t n = read(fd, content, 4096);
            CHECK(n >= 0);
            *len = n > 0 ? (size_t)n : 0;
            close(fd);
        }
    }
    closedir(dir);
    return count;
}

static void empty(const char *folder)
{
    char path[300];
    struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/%s", root, folder);
    dir = opendir(path);
    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

static struct sink_recipient second = {SPAN("c@example.net"), SPAN("NOTIFY=NEVER"), NULL};
static struct sink_recipient first = {SPAN("\"b b\"@example.net"), SPAN(""), &second};

static struct sink_envelope envelope(void)
{
    return (struct sink_envelope){
        .peer = {.family = 4, .bytes = {192, 0, 2, 7}},
        .helo = SPAN("client.example"),
        .hostname = SPAN("sink.example"),
        .extended = true,
        .reverse_path = SPAN("a@example.org"),
        .parameters = SPAN("SIZE=5"),
        .recipients = &first,
    };
}

static struct sink_letter *begin(struct maildir *maildir, const struct sink_envelope *from)
{
    struct sink_store *store = maildir_store(maildir);
    struct sink_letter *letter = store->ops->begin(store, from);

    CHECK(letter != NULL);
    CHECK(files("tmp", NULL, NULL) == 1);
    CHECK(files("new", NULL, NULL) == 0);
    return letter;
}

/* Stores `input` cut by `split`; the stored bytes must end with `expected`. */
static void feed(void *arg, struct span input, struct test_split split)
{
    struct span expected = *(struct span *)arg;
    struct maildir *maildir = maildir_open(root, false, &world);
    struct sink_store *store = maildir_store(maildir);
    struct sink_envelope from = envelope();
    struct sink_letter *letter = begin(maildir, &from);
    char content[4096];
    size_t len = 0;

    for (size_t at = 0; at < input.len;) {
        size_t end = test_piece_end(split, at, input.len);
        CHECK(store->ops->write(store, letter, span_of(input.ptr + at, end - at)) == 0);
        at = end;
    }
    CHECK(store->ops->commit(store, letter) == 0);
    CHECK(files("tmp", NULL, NULL) == 0);
    CHECK(files("new", content, &len) == 1);
    CHECK(len > expected.len && memcmp(content + len - expected.len, expected.ptr, expected.len) == 0);
    empty("new");
    maildir_close(maildir);
}

static void check_lines(void)
{
    static const char trace[] =
        "Return-Path: <a@example.org>\n"
        "Delivered-To: \"b b\"@example.net\nX-Original-To: \"b b\"@example.net\n"
        "Delivered-To: c@example.net\nX-Original-To: c@example.net\n"
        "Received: from client.example ([192.0.2.7])\n\tby sink.example with ESMTP id ";
    struct span expected = SPAN(";\n\tTue, 14 Nov 2023 22:13:20 +0000\nS: x\n\n\rbare\r\r\nend\r");
    struct maildir *maildir = maildir_open(root, false, &world);
    struct sink_store *store = maildir_store(maildir);
    struct sink_envelope from = envelope();
    char content[4096];
    size_t len = 0;

    test_every_split(SPAN("S: x\r\n\r\n\rbare\r\r\r\nend\r"), feed, &expected);
    CHECK(store->ops->commit(store, begin(maildir, &from)) == 0);
    CHECK(files("new", content, &len) == 1);
    CHECK(len > sizeof(trace) && memcmp(content, trace, sizeof(trace) - 1) == 0);
    empty("new");
    maildir_close(maildir);
}

static void check_raw(void)
{
    struct maildir *maildir = maildir_open(root, true, &world);
    struct sink_store *store = maildir_store(maildir);
    struct sink_envelope from = envelope();
    struct sink_letter *letter;
    char content[4096];
    size_t len = 0;

    from.helo = SPAN("a\"b\\c\n");
    letter = begin(maildir, &from);
    CHECK(store->ops->write(store, letter, SPAN("a\r\n\0b")) == 0);
    CHECK(store->ops->commit(store, letter) == 0);
    CHECK(files("new", content, &len) == 1);
    CHECK_SPAN(span_of(content, len), SPAN("a\r\n\0b"));
    CHECK(files("envelopes", content, &len) == 1);
    CHECK_SPAN(span_of(content, len),
               SPAN("{\"client\": \"192.0.2.7\", \"protocol\": \"ESMTP\", \"helo\": \"a\\\"b\\\\c\\u000a\", "
                    "\"reverse_path\": \"a@example.org\", \"parameters\": \"SIZE=5\", \"recipients\": "
                    "[{\"address\": \"\\\"b b\\\"@example.net\", \"parameters\": \"\"}, "
                    "{\"address\": \"c@example.net\", \"parameters\": \"NOTIFY=NEVER\"}]}\n"));
    empty("new");
    empty("envelopes");
    store->ops->abort(store, begin(maildir, &from));
    CHECK(files("tmp", NULL, NULL) + files("new", NULL, NULL) + files("envelopes", NULL, NULL) == 0);
    maildir_close(maildir);
}

/* A disk that takes no more: the letter fails and leaves nothing. */
static void check_full(void)
{
    struct maildir *maildir = maildir_open(root, false, &world);
    struct sink_store *store = maildir_store(maildir);
    struct sink_envelope from = envelope();
    struct sink_letter *letter = begin(maildir, &from);
    struct rlimit old, tight;
    static char block[100000];
    int error = 0;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old);
    tight = (struct rlimit){.rlim_cur = 150000, .rlim_max = old.rlim_max};
    setrlimit(RLIMIT_FSIZE, &tight);
    for (int i = 0; i < 4; i++)
        error = store->ops->write(store, letter, span_of(block, sizeof(block)));
    CHECK(error < 0);
    CHECK(store->ops->commit(store, letter) < 0);
    setrlimit(RLIMIT_FSIZE, &old);
    CHECK(files("tmp", NULL, NULL) + files("new", NULL, NULL) == 0);
    maildir_close(maildir);
    CHECK(maildir_open("/dev/null", false, &world) == NULL);
}

int main(void)
{
    static const char *const folders[] = {"tmp", "new", "cur", "envelopes", "."};

    CHECK(mkdtemp(root) != NULL);
    check_lines();
    check_raw();
    check_full();
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        char path[300];
        snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
        CHECK(rmdir(i + 1 < sizeof(folders) / sizeof(*folders) ? path : root) == 0);
    }
    return test_end("sink_maildir");
}
