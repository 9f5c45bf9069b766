/* upstream_lines.c: the lines of a script about upstreams only: how they are called, what crosses to them. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "match.h"
#include "play_tls.h"
#include "talk.h"

static struct party *upstream(struct play *play)
{
    return talk_party(play, &play->upstreams);
}

static struct lab_dial *waiting(struct play *play)
{
    return talk_dial(play, false);
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
    side->parties[side->count] =
        (struct party){.pipe = lab_dial_accept(&play->lab, dial, play->manner->upstream)};
    play_tls_upstream(play, side->parties[side->count++].pipe);
}

static void upstream_refuse(struct play *play, struct span text)
{
    struct lab_dial *dial = waiting(play);

    (void)text;
    if (dial != NULL)
        lab_dial_refuse(dial, -ECONNREFUSED);
}

/* "198.51.100.7:25 from 192.0.2.10 mark 7": where to, and as what. */
static void upstream_dialled(struct play *play, struct span text)
{
    const struct lab_dial *dial = waiting(play);
    struct lab_bytes pattern = talk_decode(play, text, true);
    char bytes[160];
    struct text called = TEXT(bytes);

    if (dial != NULL) {
        text_format(&called, "%s:%u", dial->host, dial->port);
        if (dial->source.family != 0) {
            text_format(&called, " from ");
            ip_print(&called, &dial->source);
        }
        if (dial->mark != 0)
            text_format(&called, " mark %u", dial->mark);
    }
    if (text.len != 0 && !match(lab_bytes_from(&pattern, 0), text_span(&called)))
        play_fail(play, "%.*s is dialled", (int)called.len, called.ptr);
    lab_bytes_free(&pattern);
}

static void upstream_none(struct play *play, struct span text)
{
    (void)text;
    if (lab_dial_waiting(&play->lab) != NULL)
        play_fail(play, "somebody is dialled");
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

const struct directive upstream_lines[] = {
    {"U connect", upstream_connect},    {"U refuse", upstream_refuse},      {"U dialled", upstream_dialled},
    {"U none", upstream_none},          {"U closed", upstream_closed},      {"U open", upstream_open},
    {"U take-chunks", upstream_chunks}, {"U write-count", upstream_writes}, {NULL, NULL},
};
