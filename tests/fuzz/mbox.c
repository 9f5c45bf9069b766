/* Fuzzes scan/mbox.c and scan/feed.c: the messages of a file, and what a client sends of each, are what
 * looking at one line after the other makes of it. */
#include "scan/mbox.h"

#include "fuzz.h"
#include "scan/feed.h"

static char sent[3 * FUZZ_OCTETS_MAX], expected_octets[3 * FUZZ_OCTETS_MAX];

/* The line at the front of *text, its end included; taken off. */
static struct span take_line(struct span *text)
{
    const char *lf = memchr(text->ptr, '\n', text->len);
    struct span line = span_first(*text, lf != NULL ? (size_t)(lf - text->ptr) + 1 : text->len);

    *text = span_skip(*text, line.len);
    return line;
}

static bool begins(struct span line, struct span with)
{
    return line.len >= with.len && memcmp(line.ptr, with.ptr, with.len) == 0;
}

static bool is_empty(struct span line)
{
    return span_eq(line, SPAN("\n")) || span_eq(line, SPAN("\r\n"));
}

/* One line as it is sent. */
static void send_line(struct text *out, struct span line, bool quoted)
{
    size_t marks = 0;

    if (line.len != 0 && line.ptr[line.len - 1] == '\n') {
        line.len--;
        if (line.len != 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
    }
    while (marks < line.len && line.ptr[marks] == '>')
        marks++;
    if (quoted && marks != 0 && begins(span_skip(line, marks), SPAN("From ")))
        line = span_skip(line, 1);
    if (line.len != 0 && line.ptr[0] == '.')
        text_add(out, SPAN("."));
    text_add(out, line);
    text_add(out, SPAN("\r\n"));
}

static void check_feed(const struct letter *letter, size_t room)
{
    struct text expected = TEXT(expected_octets);
    struct span left = letter->content;
    struct feed feed;
    size_t len = 0, n;

    while (left.len != 0)
        send_line(&expected, take_line(&left), letter->quoted);
    text_add(&expected, SPAN(".\r\n"));
    DEMAND(!expected.cut);
    feed_init(&feed, letter);
    while ((n = feed_write(&feed, sent + len, room)) != 0) {
        DEMAND(n <= room);
        len += n;
        DEMAND(len + room <= sizeof(sent));
    }
    DEMAND(feed_over(&feed) && span_eq(span_of(sent, len), text_span(&expected)));
}

/* What is left of the file from where the next message begins: its end, and the rest. */
static struct span reference_next(struct span *rest)
{
    struct span content, line;
    bool divided = false; /* an empty line stands before this place */

    (void)take_line(rest);
    content = span_first(*rest, 0);
    while (rest->len != 0 && !(divided && begins(*rest, SPAN("From ")))) {
        if (divided)
            content.len = (size_t)(rest->ptr - content.ptr);
        line = take_line(rest);
        divided = is_empty(line);
        if (!divided)
            content.len = (size_t)(rest->ptr - content.ptr);
    }
    return content;
}

void fuzz_one(struct span in)
{
    size_t room = FEED_ROOM + fuzz_choice(&in, 40), count = 0;
    struct span file = fuzz_copy(in), rest = file, content;
    bool quoted = begins(file, SPAN("From "));
    struct mbox mbox;

    mbox_init(&mbox, file);
    DEMAND(mbox.quoted == quoted);
    while (mbox_next(&mbox, &content)) {
        struct span wanted = quoted ? reference_next(&rest) : file;
        DEMAND(++count <= in.len + 1 && mbox.number == count);
        DEMAND(span_eq(content, wanted));
        check_feed(&(struct letter){.content = content, .quoted = quoted}, room);
    }
    DEMAND(quoted ? rest.len == 0 : count == 1);
    DEMAND(!mbox_next(&mbox, &content));
    fuzz_free(file);
}
