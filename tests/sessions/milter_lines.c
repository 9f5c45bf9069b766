/* milter_lines.c: the lines of a script about milters, whose packets it has as lines (lab_milter.h). */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "lab_milter.h"
#include "match.h"
#include "talk.h"

static struct party *milter(struct play *play)
{
    return talk_party(play, &play->milters);
}

/* A filter does not wait for its goodbye to be taken: ABORT and QUIT, five octets each, fit into any socket
 * at once. */
static struct lab_manner milter_manner(const struct play *play)
{
    struct lab_manner manner = play->manner->upstream;

    if (manner.accept != 0 && manner.accept < 10)
        manner.accept = 10;
    return manner;
}

static void milter_connect(struct play *play, struct span text)
{
    struct lab_dial *dial = talk_dial(play, true);
    struct side *side = &play->milters;

    if (dial == NULL)
        return;
    if (text.len != 0 && !span_eq(text, span_str(dial->host)))
        play_fail(play, "%s is dialled", dial->host);
    assert(side->count < PARTIES_MAX);
    side->current = side->count;
    side->parties[side->count++] =
        (struct party){.pipe = lab_dial_accept(&play->lab, dial, milter_manner(play))};
}

static void milter_refuse(struct play *play, struct span text)
{
    struct lab_dial *dial = talk_dial(play, true);

    (void)text;
    if (dial != NULL)
        lab_dial_refuse(dial, -ECONNREFUSED);
}

static void milter_none(struct play *play, struct span text)
{
    struct lab_dial *dial;

    (void)text;
    TAILQ_FOREACH(dial, &play->lab.dials, link)
    if (!dial->decided && strncmp(dial->host, "unix:", 5) == 0)
        play_fail(play, "a milter is dialled");
}

/* The next packet as a line; false: there is none. */
static bool next_packet(struct play *play, struct lab_bytes *line)
{
    struct party *party = milter(play);
    long n;

    line->len = 0;
    n = lab_milter_read(lab_bytes_from(&party->pipe->from, party->read), line);
    if (n < 0)
        play_fail(play, "what the milter has been sent is no packet");
    if (n <= 0)
        return false;
    party->read += (size_t)n;
    play_tell(play, "M<", lab_bytes_from(line, 0));
    return true;
}

static void say(struct play *play, struct span line)
{
    struct lab_bytes octets = {0};

    play_tell(play, "M>", line);
    if (!lab_milter_write(line, &octets))
        play_fail(play, "no packet of a milter: \"%.*s\"", (int)line.len, line.ptr);
    else if (!play->failed)
        lab_pipe_send(milter(play)->pipe, lab_bytes_from(&octets, 0));
    lab_bytes_free(&octets);
}

static void milter_expect(struct play *play, struct span text)
{
    struct lab_bytes pattern = talk_decode(play, text, true), line = {0};

    if (!next_packet(play, &line))
        play_fail(play, "expected \"%.*s\", got nothing", (int)text.len, text.ptr);
    else if (!match(lab_bytes_from(&pattern, 0), lab_bytes_from(&line, 0)))
        play_fail(play, "expected \"%.*s\", got \"%.*s\"", (int)text.len, text.ptr, (int)line.len, line.ptr);
    lab_bytes_free(&pattern);
    lab_bytes_free(&line);
}

static void milter_say(struct play *play, struct span text)
{
    struct lab_bytes line = talk_decode(play, text, false);

    say(play, lab_bytes_from(&line, 0));
    lab_bytes_free(&line);
}

static void milter_octets(struct play *play, struct span text)
{
    struct lab_bytes octets = talk_decode(play, text, false);

    play_tell(play, "M>-", lab_bytes_from(&octets, 0));
    if (!play->failed)
        lab_pipe_send(milter(play)->pipe, lab_bytes_from(&octets, 0));
    lab_bytes_free(&octets);
}

/* "6|511|0": what it agrees on; when absent everything that it is offered, and no step left out. */
static void milter_agree(struct play *play, struct span text)
{
    struct lab_bytes line = {0}, answer = {0};
    unsigned version, actions;
    char bytes[64];

    if (!next_packet(play, &line) || line.len >= sizeof(bytes)) {
        play_fail(play, "it has not been asked to agree");
    } else {
        (void)snprintf(bytes, sizeof(bytes), "%.*s", (int)line.len, line.ptr);
        if (sscanf(bytes, "OPTNEG %u|%u|", &version, &actions) != 2)
            play_fail(play, "expected OPTNEG, got %s", bytes);
        (void)snprintf(bytes, sizeof(bytes), "OPTNEG %u|%u|0", version, actions);
        struct lab_bytes given = talk_decode(play, text, false);
        lab_bytes_add(&answer, text.len != 0 ? SPAN("OPTNEG ") : span_str(bytes));
        lab_bytes_add(&answer, lab_bytes_from(&given, 0));
        say(play, lab_bytes_from(&answer, 0));
        lab_bytes_free(&given);
    }
    lab_bytes_free(&line);
    lab_bytes_free(&answer);
}

/* Everything up to a packet that fits is answered CONTINUE; and this one, too, if `through`. */
static void follow(struct play *play, struct span text, bool through)
{
    struct lab_bytes pattern = talk_decode(play, text, true), line = {0};
    bool found = false;

    while (!found && !play->failed) {
        if (!next_packet(play, &line)) {
            play_fail(play, "no packet \"%.*s\"", (int)text.len, text.ptr);
            break;
        }
        found = match(lab_bytes_from(&pattern, 0), lab_bytes_from(&line, 0));
        if ((found && !through) || !lab_milter_answered(lab_bytes_from(&line, 0)))
            continue;
        say(play, SPAN("CONTINUE"));
        lab_run(&play->lab);
    }
    lab_bytes_free(&pattern);
    lab_bytes_free(&line);
}

static void milter_meets(struct play *play, struct span text)
{
    follow(play, text, false);
}

static void milter_lets(struct play *play, struct span text)
{
    follow(play, text, true);
}

static void milter_silent(struct play *play, struct span text)
{
    (void)text;
    talk_silent(play, milter(play));
}

static void milter_skip(struct play *play, struct span text)
{
    (void)text;
    milter(play)->read = milter(play)->pipe->from.len;
}

static void milter_turn(struct play *play, struct span text)
{
    unsigned n = (unsigned)strtoul(text.ptr, NULL, 10);

    if (n >= play->milters.count)
        play_fail(play, "there is no number %u", n);
    else
        play->milters.current = n;
}

static void milter_close(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_close(milter(play)->pipe);
}

static void milter_reset(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_reset(milter(play)->pipe);
}

static void milter_closed(struct play *play, struct span text)
{
    (void)text;
    talk_silent(play, milter(play));
    if (!milter(play)->pipe->closed)
        play_fail(play, "the milter's connection is still open");
}

const struct directive milter_lines[] = {
    {"M connect", milter_connect},
    {"M refuse", milter_refuse},
    {"M none", milter_none},
    {"M<", milter_expect},
    {"M>", milter_say},
    {"M>-", milter_octets},
    {"M agree", milter_agree},
    {"M meets", milter_meets},
    {"M lets", milter_lets},
    {"M silent", milter_silent},
    {"M skip", milter_skip},
    {"M turn", milter_turn},
    {"M close", milter_close},
    {"M reset", milter_reset},
    {"M closed", milter_closed},
    {NULL, NULL},
};
