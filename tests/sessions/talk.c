/* talk.c: says things to the proxy in the name of a party, and looks at what the party has been sent. */
#include "talk.h"

#include <stdlib.h>

#include "match.h"

struct lab_bytes talk_decode(struct play *play, struct span text, bool pattern)
{
    struct lab_bytes bytes = {0};

    if (!script_decode(text, pattern, &bytes))
        play_fail(play, "bad escape");
    return bytes;
}

void talk_send(struct play *play, struct party *party, const char *who, struct span text, const char *end)
{
    struct lab_bytes bytes = talk_decode(play, text, false);

    lab_bytes_add(&bytes, span_str(end));
    play_tell(play, who, lab_bytes_from(&bytes, 0));
    if (party->pipe->lab != NULL)
        lab_pipe_send(party->pipe, lab_bytes_from(&bytes, 0));
    lab_bytes_free(&bytes);
}

bool talk_next_line(struct party *party, struct span *line)
{
    struct span rest = lab_bytes_from(&party->pipe->from, party->read);
    const char *lf = rest.len != 0 ? memchr(rest.ptr, '\n', rest.len) : NULL;

    if (lf == NULL)
        return false;
    *line = span_first(rest, (size_t)(lf - rest.ptr));
    party->read += line->len + 1;
    if (line->len != 0 && line->ptr[line->len - 1] == '\r')
        line->len--;
    else
        line->len++; /* a bare LF matches nothing by chance */
    return true;
}

void talk_expect(struct play *play, struct party *party, const char *who, struct span text)
{
    struct lab_bytes pattern = talk_decode(play, text, true);
    struct span line;

    if (!talk_next_line(party, &line)) {
        play_fail(play, "expected \"%.*s\", got nothing", (int)text.len, text.ptr);
    } else {
        play_tell(play, who, line);
        if (!match(lab_bytes_from(&pattern, 0), line))
            play_fail(play, "expected \"%.*s\", got \"%.*s\"", (int)text.len, text.ptr, (int)line.len,
                      line.ptr);
    }
    lab_bytes_free(&pattern);
}

void talk_expect_raw(struct play *play, struct party *party, const char *who, struct span text)
{
    struct lab_bytes bytes = talk_decode(play, text, false);
    struct span rest = lab_bytes_from(&party->pipe->from, party->read);

    if (!span_eq(span_first(rest, bytes.len), lab_bytes_from(&bytes, 0)))
        play_fail(play, "expected the octets \"%.*s\"", (int)text.len, text.ptr);
    party->read += bytes.len < rest.len ? bytes.len : rest.len;
    play_tell(play, who, lab_bytes_from(&bytes, 0));
    lab_bytes_free(&bytes);
}

void talk_until(struct play *play, struct party *party, const char *who, struct span text)
{
    struct lab_bytes pattern = talk_decode(play, text, true);
    struct span line;
    bool found = false;

    while (!found && talk_next_line(party, &line))
        found = match(lab_bytes_from(&pattern, 0), line);
    if (found)
        play_tell(play, who, line);
    else
        play_fail(play, "no line \"%.*s\"", (int)text.len, text.ptr);
    lab_bytes_free(&pattern);
}

void talk_silent(struct play *play, struct party *party)
{
    if (party->read != party->pipe->from.len)
        play_fail(play, "expected silence");
}

void talk_turn(struct play *play, struct side *side, struct span text)
{
    unsigned n = (unsigned)strtoul(text.ptr, NULL, 10);

    if (n >= side->count)
        play_fail(play, "there is no number %u", n);
    else
        side->current = n;
}
