/* upstream_lines.c: the lines of a script about the upstream: what it does, what it must have been sent. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "talk.h"

/* The upstream the lines speak of; a failure without one. */
static struct party *upstream(struct play *play)
{
    static struct lab_pipe nobody;
    static struct party none = {.pipe = &nobody};

    if (play->upstreams.count != 0)
        return &play->upstreams.parties[play->upstreams.current];
    play_fail(play, "no upstream is connected");
    return &none;
}

static void upstream_sends(struct play *play, struct span text)
{
    talk_send(play, upstream(play), "U>", text, "\r\n");
}

static void upstream_sends_raw(struct play *play, struct span text)
{
    talk_send(play, upstream(play), "U>-", text, "");
}

static void upstream_expects(struct play *play, struct span text)
{
    talk_expect(play, upstream(play), "U<", text);
}

static void upstream_expects_raw(struct play *play, struct span text)
{
    talk_expect_raw(play, upstream(play), "U<-", text);
}

static struct lab_dial *waiting(struct play *play)
{
    struct lab_dial *dial = lab_dial_waiting(&play->lab);

    if (dial == NULL)
        play_fail(play, "nobody dials");
    return dial;
}

static void upstream_connect(struct play *play, struct span text)
{
    struct lab_dial *dial = waiting(play);
    struct side *side = &play->upstreams;
    char called[96];

    if (dial == NULL)
        return;
    (void)snprintf(called, sizeof(called), "%s:%u", dial->host, dial->port);
    if (text.len != 0 && !span_eq(text, span_str(called)))
        play_fail(play, "%s is dialled", called);
    assert(side->count < PARTIES_MAX);
    side->current = side->count;
    side->parties[side->count++] =
        (struct party){.pipe = lab_dial_accept(&play->lab, dial, play->manner->upstream)};
}

static void upstream_refuse(struct play *play, struct span text)
{
    struct lab_dial *dial = waiting(play);

    (void)text;
    if (dial != NULL)
        lab_dial_refuse(dial, -ECONNREFUSED);
}

static void upstream_dialled(struct play *play, struct span text)
{
    (void)text;
    (void)waiting(play);
}

static void upstream_none(struct play *play, struct span text)
{
    (void)text;
    if (lab_dial_waiting(&play->lab) != NULL)
        play_fail(play, "an upstream is dialled");
}

static void upstream_close(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_close(upstream(play)->pipe);
}

static void upstream_reset(struct play *play, struct span text)
{
    (void)text;
    lab_pipe_reset(upstream(play)->pipe);
}

static void upstream_stall(struct play *play, struct span text)
{
    (void)text;
    upstream(play)->pipe->stalled = true;
}

static void upstream_flow(struct play *play, struct span text)
{
    (void)text;
    upstream(play)->pipe->stalled = false;
}

static void upstream_closed(struct play *play, struct span text)
{
    (void)text;
    talk_silent(play, upstream(play));
    if (!upstream(play)->pipe->closed)
        play_fail(play, "the upstream's connection is still open");
}

static void upstream_open(struct play *play, struct span text)
{
    (void)text;
    if (upstream(play)->pipe->closed)
        play_fail(play, "the upstream's connection has been closed");
}

static void upstream_silent(struct play *play, struct span text)
{
    (void)text;
    talk_silent(play, upstream(play));
}

static void upstream_until(struct play *play, struct span text)
{
    talk_until(play, upstream(play), "U<", text);
}

/* What has been sent so far is nobody's concern. */
static void upstream_skip(struct play *play, struct span text)
{
    struct party *party = upstream(play);

    (void)text;
    play_tell(play, "U<-", lab_bytes_from(&party->pipe->from, party->read));
    party->read = party->pipe->from.len;
}

/* Octets of the BDAT command at the front of s, its chunk included; 0: not whole yet. */
static size_t chunk_at(struct span s, struct span *content, bool *last)
{
    const char *lf = s.len != 0 ? memchr(s.ptr, '\n', s.len) : NULL;
    size_t head = lf != NULL ? (size_t)(lf - s.ptr) + 1 : 0, size;
    char *rest;

    if (head == 0 || !span_starts_nocase(s, SPAN("BDAT ")))
        return 0;
    size = strtoul(s.ptr + 5, &rest, 10);
    *last = span_starts_nocase(span_of(rest, head), SPAN(" LAST"));
    if (s.len - head < size)
        return 0;
    *content = span_of(s.ptr + head, size);
    return head + size;
}

/* Takes chunks, accepting each, up to the last; their content put together is the text. */
static void upstream_chunks(struct play *play, struct span text)
{
    struct lab_bytes wanted = talk_decode(play, text, false), got = {0};
    struct party *party = upstream(play);
    struct span content;
    bool last = false;
    size_t n;

    while (!last && (n = chunk_at(lab_bytes_from(&party->pipe->from, party->read), &content, &last)) != 0) {
        lab_bytes_add(&got, content);
        party->read += n;
        lab_pipe_send(party->pipe, last ? SPAN("250 2.0.0 Queued\r\n") : SPAN("250 2.0.0 Chunk\r\n"));
        lab_run(&play->lab);
    }
    if (!last)
        play_fail(play, "the last chunk has not come, after %zu octets", got.len);
    else if (!span_eq(lab_bytes_from(&got, 0), lab_bytes_from(&wanted, 0)))
        play_fail(play, "%zu octets came in chunks, other than the %zu expected", got.len, wanted.len);
    lab_bytes_free(&wanted);
    lab_bytes_free(&got);
}

/* Writes since the last count: what was to cross as a group did so. */
static void upstream_writes(struct play *play, struct span text)
{
    struct party *party = upstream(play);
    unsigned made = party->pipe->writes - party->writes;
    unsigned wanted = (unsigned)strtoul(text.ptr, NULL, 10);

    party->writes = party->pipe->writes;
    if (play->manner->count_writes && made != wanted)
        play_fail(play, "expected %u writes, got %u", wanted, made);
}

static void upstream_turn(struct play *play, struct span text)
{
    talk_turn(play, &play->upstreams, text);
}

const struct directive upstream_lines[] = {
    {"U>", upstream_sends},
    {"U>-", upstream_sends_raw},
    {"U<", upstream_expects},
    {"U<-", upstream_expects_raw},
    {"U connect", upstream_connect},
    {"U refuse", upstream_refuse},
    {"U dialled", upstream_dialled},
    {"U none", upstream_none},
    {"U close", upstream_close},
    {"U reset", upstream_reset},
    {"U stall", upstream_stall},
    {"U flow", upstream_flow},
    {"U turn", upstream_turn},
    {"U closed", upstream_closed},
    {"U open", upstream_open},
    {"U silent", upstream_silent},
    {"U until", upstream_until},
    {"U skip", upstream_skip},
    {"U take-chunks", upstream_chunks},
    {"U write-count", upstream_writes},
    {NULL, NULL},
};
