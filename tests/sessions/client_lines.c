/* client_lines.c: the lines of a script about what only a client is sent: replies, of several lines. */
#include "talk.h"

static struct party *client(struct play *play)
{
    return talk_party(play, &play->clients);
}

static void client_closed(struct play *play, struct span text)
{
    (void)text;
    talk_silent(play, client(play));
    if (!client(play)->pipe->closed && !client(play)->pipe->finished)
        play_fail(play, "the client's connection is still open");
}

static void client_open(struct play *play, struct span text)
{
    (void)text;
    if (client(play)->pipe->closed || client(play)->pipe->finished)
        play_fail(play, "the client's connection has been closed");
}

/* A whole reply, of one line or of many, for "offers" and "lacks". */
static void client_reply(struct play *play, struct span text)
{
    struct span line = {NULL, 0};

    play->reply.len = 0;
    do {
        if (!talk_next_line(client(play), &line)) {
            play_fail(play, "expected a reply %.*s, got nothing", (int)text.len, text.ptr);
            return;
        }
        play_tell(play, "S:", line);
        if (line.len < 4 || !span_eq(span_first(line, 3), span_first(text, 3))) {
            play_fail(play, "expected a reply %.*s, got \"%.*s\"", (int)text.len, text.ptr, (int)line.len,
                      line.ptr);
            return;
        }
        lab_bytes_add(&play->reply, span_skip(line, 4));
        lab_bytes_add(&play->reply, SPAN("\n"));
    } while (line.ptr[3] == '-');
}

static bool in_reply(const struct play *play, struct span text)
{
    struct span rest = lab_bytes_from(&play->reply, 0);

    while (rest.len != 0) {
        const char *lf = memchr(rest.ptr, '\n', rest.len);
        size_t n = (size_t)(lf - rest.ptr);
        struct span line = span_first(rest, n);
        if (span_eq(line, text) ||
            (line.len > text.len && line.ptr[text.len] == ' ' && span_starts_nocase(line, text)))
            return true;
        rest = span_skip(rest, n + 1);
    }
    return false;
}

static void client_offers(struct play *play, struct span text)
{
    if (!in_reply(play, text))
        play_fail(play, "the reply does not offer %.*s", (int)text.len, text.ptr);
}

static void client_lacks(struct play *play, struct span text)
{
    if (in_reply(play, text))
        play_fail(play, "the reply offers %.*s", (int)text.len, text.ptr);
}

const struct directive client_lines[] = {
    {"S closed", client_closed}, {"S open", client_open},   {"S reply", client_reply},
    {"S offers", client_offers}, {"S lacks", client_lacks}, {NULL, NULL},
};
