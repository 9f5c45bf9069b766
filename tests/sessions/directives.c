/* directives.c: finds what a line of a script does, and does what is no side's affair: time, log, the
 * server's end.
 */
#include <stdlib.h>

#include "match.h"
#include "talk.h"

static uint64_t duration(struct play *play, struct span text)
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

static void pass_time(struct play *play, struct span text)
{
    lab_pass(&play->lab, duration(play, text));
}

static void drain(struct play *play, struct span text)
{
    server_drain(play->server, duration(play, text));
}

static void expect_emptied(struct play *play, struct span text)
{
    (void)text;
    if (!play->emptied)
        play_fail(play, "the server has not emptied");
}

static bool in_log(struct play *play, struct span text)
{
    struct lab_bytes pattern = talk_decode(play, text, true);
    struct span rest = lab_bytes_from(&play->lab.lines, 0);
    bool found = false;

    while (rest.len != 0 && !found) {
        size_t n = (size_t)((const char *)memchr(rest.ptr, '\n', rest.len) - rest.ptr);
        found = match(lab_bytes_from(&pattern, 0), span_first(rest, n));
        rest = span_skip(rest, n + 1);
    }
    lab_bytes_free(&pattern);
    return found;
}

static void expect_logged(struct play *play, struct span text)
{
    if (!in_log(play, text))
        play_fail(play, "no log line \"%.*s\"", (int)text.len, text.ptr);
}

static void expect_not_logged(struct play *play, struct span text)
{
    if (in_log(play, text))
        play_fail(play, "a log line \"%.*s\"", (int)text.len, text.ptr);
}

static void new_client(struct play *play, struct span text)
{
    play_client(play, text.len != 0 ? text : SPAN("192.0.2.10"));
}

static void disk(struct play *play, struct span text)
{
    if (span_eq(text, SPAN("broken")))
        play->lab.disk_broken = true;
    else
        play->lab.disk = strtoull(text.ptr, NULL, 10);
}

static void varies(struct play *play, struct span text)
{
    (void)text;
    play->varies = true;
}

static void nothing(struct play *play, struct span text)
{
    (void)play;
    (void)text;
}

static const struct directive other_lines[] = {
    {"time", pass_time},
    {"drain", drain},
    {"emptied", expect_emptied},
    {"log", expect_logged},
    {"log!", expect_not_logged},
    {"client", new_client},
    {"disk", disk},
    {"varies", varies},
    {"pause", nothing},
    {NULL, NULL},
};

/* What a line of the same kind follows is sent in one piece with it. */
static bool goes_with_the_last(const struct line *last, const struct line *line)
{
    return last != NULL && strncmp(last->word, line->word, 2) == 0 &&
           (strncmp(line->word, "C:", 2) == 0 || strncmp(line->word, "U>", 2) == 0);
}

static const struct directive *find(const char *word)
{
    static const struct directive *const tables[] = {client_lines, upstream_lines, other_lines};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct directive *row = tables[i]; row->word != NULL; row++)
            if (strcmp(row->word, word) == 0)
                return row;
    return NULL;
}

void play_line(struct play *play, const struct line *line)
{
    const struct directive *directive = find(line->word);

    if (!goes_with_the_last(play->line, line))
        lab_run(&play->lab);
    play->line = line;
    if (directive == NULL) {
        play_fail(play, "no such line: %s", line->word);
        return;
    }
    directive->act(play, line->text);
    if (strchr(line->word, ':') == NULL && strchr(line->word, '>') == NULL)
        lab_run(&play->lab);
}
