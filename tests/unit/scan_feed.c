/* A stored message as a client sends it, into room of every size. */
#include "scan/feed.h"
#include "test.h"

struct row {
    const char *stored;
    bool quoted;
    const char *sent;
};

static const struct row rows[] = {
    {"", false, ".\r\n"},
    {"a", false, "a\r\n.\r\n"},
    {"a\n", false, "a\r\n.\r\n"},
    {"a\r\n", false, "a\r\n.\r\n"},
    {"a\nb\r\nc", false, "a\r\nb\r\nc\r\n.\r\n"},
    {"\n\r\n\n", false, "\r\n\r\n\r\n.\r\n"},
    {".\n", false, "..\r\n.\r\n"},
    {".", false, "..\r\n.\r\n"},
    {"..a\n.b\nc.\n", false, "...a\r\n..b\r\nc.\r\n.\r\n"},
    {"a\rb\r\n", false, "a\rb\r\n.\r\n"},
    {"a\r\r\n", false, "a\r\r\n.\r\n"},
    {"a\r", false, "a\r\r\n.\r\n"},
    {">From a\n>>From b\n> From c\nFrom d\n>Fro", false,
     ">From a\r\n>>From b\r\n> From c\r\nFrom d\r\n>Fro\r\n.\r\n"},
    {">From a\n>>From b\n> From c\nFrom d\n>Fro", true,
     "From a\r\n>From b\r\n> From c\r\nFrom d\r\n>Fro\r\n.\r\n"},
    {"a long line of text that is longer than the room there is for it\n", false,
     "a long line of text that is longer than the room there is for it\r\n.\r\n"},
};

static void check(const struct row *row, size_t room)
{
    const struct letter letter = {.name = "name", .content = span_str(row->stored), .quoted = row->quoted};
    struct feed feed;
    char sent[256];
    size_t len = 0, n;

    feed_init(&feed, &letter);
    do {
        n = feed_write(&feed, sent + len, room);
        CHECK(n <= room);
        len += n;
    } while (n != 0 && len + room <= sizeof(sent));
    CHECK(feed_over(&feed));
    CHECK_SPAN(span_of(sent, len), span_str(row->sent));
}

static void check_long_line(void)
{
    enum { LONG = 1 << 24 };
    char *line = malloc(LONG), *room = malloc(32768);
    struct letter letter = {.name = "name", .content = {line, LONG}};
    struct feed feed;
    size_t len = 0;

    REQUIRE(line != NULL && room != NULL);
    memset(line, 'a', LONG);
    feed_init(&feed, &letter);
    while (!feed_over(&feed) && len <= LONG + 5)
        len += feed_write(&feed, room, 32768);
    CHECK(len == LONG + 5);
    free(line);
    free(room);
}

int main(void)
{
    struct feed feed;
    char byte;

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (size_t room = FEED_ROOM; room <= 100; room++)
            check(&rows[i], room);
    check_long_line();
    feed_init(&feed, &(struct letter){.name = "name", .content = SPAN("a\n")});
    CHECK(feed_write(&feed, &byte, FEED_ROOM - 1) == 0 && !feed_over(&feed));
    return test_end("scan_feed");
}
