/* feed.c: a stored message as a client sends it behind DATA: CRLF, dots stuffed, the end of data. */
#include "scan/feed.h"

#include "scan/stored.h"

void feed_init(struct feed *feed, const struct letter *letter)
{
    *feed = (struct feed){.rest = letter->content,
                          .kept = letter->mapped ? letter->content.ptr : NULL,
                          .quoted = letter->quoted};
}

/* "^>+From ": who wrote the mbox has put one '>' more in front than there was. */
static bool is_quoted(struct span line)
{
    size_t marks = 0;

    while (marks < line.len && line.ptr[marks] == '>')
        marks++;
    line = span_skip(line, marks);
    return marks > 0 && line.len >= 5 && memcmp(line.ptr, "From ", 5) == 0;
}

static void next_line(struct feed *feed)
{
    const char *lf = memchr(feed->rest.ptr, '\n', feed->rest.len);
    size_t len = lf != NULL ? (size_t)(lf - feed->rest.ptr) : feed->rest.len;

    feed->line = span_first(feed->rest, len);
    feed->rest = span_skip(feed->rest, lf != NULL ? len + 1 : len);
    if (lf != NULL && len > 0 && lf[-1] == '\r')
        feed->line.len--;
    if (feed->quoted && is_quoted(feed->line))
        feed->line = span_skip(feed->line, 1);
    feed->state = feed->line.len != 0 && feed->line.ptr[0] == '.' ? FEED_DOT : FEED_LINE;
}

static size_t put(char *to, const char *s, size_t len)
{
    memcpy(to, s, len);
    return len;
}

/* A piece of the line's text, with the line's end once there is no more of it. */
static size_t put_line(struct feed *feed, char *to, size_t room)
{
    struct span piece = span_first(feed->line, room - 2);
    size_t n = piece.len != 0 ? put(to, piece.ptr, piece.len) : 0;

    feed->line = span_skip(feed->line, n);
    stored_advance(&feed->kept, feed->line.ptr);
    if (feed->line.len != 0)
        return n;
    feed->state = FEED_BEGIN;
    return n + put(to + n, "\r\n", 2);
}

size_t feed_write(struct feed *feed, char *to, size_t room)
{
    size_t n = 0;

    while (feed->state != FEED_OVER && room - n >= FEED_ROOM) {
        switch (feed->state) {
        case FEED_BEGIN:
            if (feed->rest.len != 0) {
                next_line(feed);
                break;
            }
            n += put(to + n, ".\r\n", 3);
            feed->state = FEED_OVER;
            break;
        case FEED_DOT:
            n += put(to + n, ".", 1);
            feed->state = FEED_LINE;
            break;
        default:
            n += put_line(feed, to + n, room - n);
            break;
        }
    }
    return n;
}
