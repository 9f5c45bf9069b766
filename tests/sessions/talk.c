/* talk.c: takes lines of a script apart, and what a party has been sent. */
#include "talk.h"

#include <stdlib.h>

struct party *talk_party(struct play *play, struct side *side)
{
    static struct lab_pipe nobody;
    static struct party none = {.pipe = &nobody};

    if (side->count != 0)
        return &side->parties[side->current];
    play_fail(play, "nobody is connected");
    return &none;
}

struct span talk_word(struct span *text)
{
    const char *blank = text->len != 0 ? memchr(text->ptr, ' ', text->len) : NULL;
    struct span word = span_first(*text, blank != NULL ? (size_t)(blank - text->ptr) : text->len);

    *text = span_trim(span_skip(*text, word.len));
    return word;
}

struct lab_bytes talk_decode(struct play *play, struct span text, bool pattern)
{
    struct lab_bytes bytes = {0};

    if (!script_decode(text, pattern, &bytes))
        play_fail(play, "bad escape");
    return bytes;
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

void talk_silent(struct play *play, struct party *party)
{
    if (party->read != party->pipe->from.len)
        play_fail(play, "expected silence");
}

/* What is reached by a path is a milter: upstreams are not. */
struct lab_dial *talk_dial(struct play *play, bool milter)
{
    struct lab_dial *dial;

    TAILQ_FOREACH(dial, &play->lab.dials, link)
    if (!dial->decided && (strncmp(dial->host, "unix:", 5) == 0) == milter)
        return dial;
    play_fail(play, "nobody dials");
    return NULL;
}

uint64_t talk_duration(struct play *play, struct span text)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    char *unit;
    uint64_t n = strtoull(text.ptr + (text.ptr[0] == '+' ? 1 : 0), &unit, 10);

    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (strcmp(unit, units[i].unit) == 0)
            return n * units[i].ms;
    play_fail(play, "\"%.*s\" is no duration", (int)text.len, text.ptr);
    return 0;
}
