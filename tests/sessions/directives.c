/* directives.c: finds what a line of a script does, and does what is no side's affair: time, log, the
 * server's end.
 */
#include <errno.h>
#include <stdlib.h>

#include "match.h"
#include "talk.h"

static void pass_time(struct play *play, struct span text)
{
    lab_pass(&play->lab, talk_duration(play, text));
}

static void drain(struct play *play, struct span text)
{
    server_drain(play->server, talk_duration(play, text));
}

/* The same settings, loaded again as far as the server can tell. */
static void reload(struct play *play, struct span text)
{
    (void)text;
    server_configure(play->server, play->settings);
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
    play_client(play, text);
}

static void disk(struct play *play, struct span text)
{
    if (span_eq(text, SPAN("broken")))
        play->lab.disk_broken = true;
    else
        play->lab.disk = strtoull(text.ptr, NULL, 10);
}

/* How the quarantine fares. */
static void set_keep(struct play *play, struct span text)
{
    play->lab.keep_slow = span_eq(text, SPAN("slow"));
    play->lab.keep_fails = span_eq(text, SPAN("broken")) ? -EIO : span_eq(text, SPAN("full")) ? -EDQUOT : 0;
}

/* The next message that has been kept fits. */
static void expect_kept(struct play *play, struct span text)
{
    struct lab_bytes pattern = talk_decode(play, text, true);
    const struct lab_kept *kept = lab_kept(&play->lab, play->kept);
    struct span got = kept != NULL ? lab_bytes_from(&kept->octets, 0) : span_of(NULL, 0);

    if (kept == NULL)
        play_fail(play, "no message has been kept");
    else if (!match(lab_bytes_from(&pattern, 0), got))
        play_fail(play, "what has been kept is \"%.*s\"", (int)got.len, got.ptr);
    play->kept++;
    lab_bytes_free(&pattern);
}

/* Nor has any other. */
static void expect_not_kept(struct play *play, struct span text)
{
    (void)text;
    if (lab_kept(&play->lab, play->kept) != NULL)
        play_fail(play, "a message has been kept");
}

static bool in_facts(const struct lab_kept *kept, struct span pattern)
{
    struct span rest = lab_bytes_from(&kept->facts, 0);

    while (rest.len != 0) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t n = end != NULL ? (size_t)(end - rest.ptr) : rest.len;
        if (match(pattern, span_trim(span_first(rest, n))))
            return true;
        rest = span_skip(rest, end != NULL ? n + 1 : n);
    }
    return false;
}

static void look_into_facts(struct play *play, struct span text, bool expected)
{
    const struct lab_kept *kept = play->kept != 0 ? lab_kept(&play->lab, play->kept - 1) : NULL;
    struct lab_bytes pattern = talk_decode(play, text, true);

    if (kept == NULL)
        play_fail(play, "no kept message has been looked at");
    else if (in_facts(kept, lab_bytes_from(&pattern, 0)) != expected)
        play_fail(play, "the facts are: %.*s", (int)kept->facts.len, kept->facts.ptr);
    lab_bytes_free(&pattern);
}

static void expect_fact(struct play *play, struct span text)
{
    look_into_facts(play, text, true);
}

static void expect_no_fact(struct play *play, struct span text)
{
    look_into_facts(play, text, false);
}

/* "192.0.2.10 client.example.org after 2s", or without a name: it has none. */
static void set_name(struct play *play, struct span text)
{
    struct span address = talk_word(&text), name = talk_word(&text);
    char bytes[NAMING_OCTETS];
    uint64_t after = 0;
    struct ip ip;

    if (span_eq(talk_word(&text), SPAN("after")))
        after = talk_duration(play, text);
    (void)snprintf(bytes, sizeof(bytes), "%.*s", (int)name.len, name.ptr);
    if (ip_parse(address, &ip))
        lab_name_set(&play->lab, &ip, bytes, after);
    else
        play_fail(play, "\"%.*s\" is no address", (int)address.len, address.ptr);
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
    {"time", pass_time},        {"drain", drain},
    {"reload", reload},         {"emptied", expect_emptied},
    {"log", expect_logged},     {"log!", expect_not_logged},
    {"client", new_client},     {"disk", disk},
    {"name", set_name},         {"varies", varies},
    {"plaintext", nothing},     {"pause", nothing},
    {"keep", set_keep},         {"kept", expect_kept},
    {"kept!", expect_not_kept}, {"fact", expect_fact},
    {"fact!", expect_no_fact},  {NULL, NULL},
};

/* What a line of the same kind follows is sent in one piece with it. */
static bool goes_with_the_last(const struct line *last, const struct line *line)
{
    return last != NULL && strncmp(last->word, line->word, 2) == 0 &&
           (strncmp(line->word, "C:", 2) == 0 || strncmp(line->word, "U>", 2) == 0);
}

static bool act_for_one(struct play *play, const struct line *line)
{
    static const struct directive *const tables[] = {client_lines, upstream_lines, milter_lines, other_lines};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct directive *row = tables[i]; row->word != NULL; row++) {
            if (strcmp(row->word, line->word) != 0)
                continue;
            row->act(play, line->text);
            return true;
        }
    return false;
}

static bool act_for_either(struct play *play, const struct line *line)
{
    static const struct side_directive *const tables[] = {side_lines, tls_lines};
    bool upstream = line->word[0] == 'U';

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct side_directive *row = tables[i]; row->client != NULL; row++) {
            if (strcmp(upstream ? row->upstream : row->client, line->word) != 0)
                continue;
            row->act(play, upstream ? &play->upstreams : &play->clients, line->word, line->text);
            return true;
        }
    return false;
}

void play_line(struct play *play, const struct line *line)
{
    if (!goes_with_the_last(play->line, line))
        lab_run(&play->lab);
    play->line = line;
    if (!act_for_one(play, line) && !act_for_either(play, line))
        play_fail(play, "no such line: %s", line->word);
    else if (strchr(line->word, ':') == NULL && strchr(line->word, '>') == NULL)
        lab_run(&play->lab);
}
