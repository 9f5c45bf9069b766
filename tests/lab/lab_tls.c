/* lab_tls.c: the test's end of a connection speaks TLS: a wire of its own, in a world of its own, carried by
 * what the pipe carries. */
#include "lab_tls.h"

#include <assert.h>
#include <stdlib.h>

#include "tls/tls_private.h"

struct lab_tls {
    struct lab_shell shell;
    struct lab_pipe *pipe;
    struct lab lab;        /* where the test's end lives */
    struct lab_pipe *line; /* there: carries ciphertext */
    struct wire wire;      /* there: plaintext */
    size_t fed;            /* octets of shell.from that the line has got */
    size_t taken;          /* octets of line->from that the shell has got */
    size_t said;           /* octets of pipe->to that the wire has got */
    size_t record;         /* octets of them at a time; 0: all */
    bool holds;            /* the connection outlives close_notify */
};

static struct lab_tls *tls_of(const struct lab_pipe *pipe)
{
    return (struct lab_tls *)pipe->shell;
}

static void hear(struct lab_tls *tls)
{
    struct span s = buf_data(&tls->wire.in);

    lab_bytes_add(&tls->pipe->from, s);
    buf_consume(&tls->wire.in, s.len);
}

/* Each piece is sent by itself, and is a record by itself. */
static void say(struct lab_tls *tls)
{
    struct span s = lab_bytes_from(&tls->pipe->to, tls->said);
    size_t room;

    while (s.len != 0 && wire_alive(&tls->wire) && (room = wire_put_room(&tls->wire)) != 0) {
        struct span piece = span_first(s, tls->record != 0 && tls->record < room ? tls->record : room);
        (void)wire_put(&tls->wire, piece);
        tls->said += piece.len;
        s = span_skip(s, piece.len);
        if (tls->record != 0 && tls_stage(&tls->wire) == TLS_UP)
            wire_update(&tls->wire);
    }
}

static void advance(void *owner)
{
    struct lab_tls *tls = owner;

    hear(tls);
    say(tls);
    if (tls->pipe->ended && tls->said == tls->pipe->to.len)
        wire_finish(&tls->wire);
    wire_update(&tls->wire);
}

/* What the proxy has sent, and that it sends no more. */
static void feed(struct lab_tls *tls)
{
    const struct lab_pipe *pipe = tls->pipe;

    if (tls->line->ended)
        return;
    lab_pipe_send(tls->line, lab_bytes_from(&tls->shell.from, tls->fed));
    tls->fed = tls->shell.from.len;
    if (pipe->closed && pipe->aborted)
        lab_pipe_reset(tls->line);
    else if (pipe->closed || pipe->finished)
        lab_pipe_end(tls->line);
}

/* What is for the proxy. A handshake that has failed, or that the test does not wait for, ends as it is. */
static void take(struct lab_tls *tls)
{
    enum tls_stage stage = tls_stage(&tls->wire);

    lab_bytes_add(&tls->shell.to, lab_bytes_from(&tls->line->from, tls->taken));
    tls->taken = tls->line->from.len;
    if (stage == TLS_FAILED)
        lab_pipe_close(tls->pipe);
    if (stage != TLS_UP ? tls->pipe->ended : tls->line->finished && !tls->holds)
        tls->shell.ended = true;
}

static size_t progress(const struct lab_tls *tls)
{
    return tls->fed + tls->taken + tls->said + tls->pipe->from.len + tls->shell.over + tls->shell.ended;
}

static bool step(struct lab_pipe *pipe)
{
    struct lab_tls *tls = tls_of(pipe);
    size_t before = progress(tls);

    if (tls->shell.ended && tls->line->ended)
        return false;
    pipe->lab->beyond = true;
    tls->lab.now = pipe->lab->now;
    feed(tls);
    if (!tls->shell.ended)
        advance(tls);
    lab_run(&tls->lab);
    tls->shell.over = tls->line->ended;
    if (!tls->shell.ended)
        take(tls);
    pipe->lab->beyond = false;
    return progress(tls) != before;
}

static void destroy(struct lab_pipe *pipe)
{
    struct lab_tls *tls = tls_of(pipe);

    wire_close(&tls->wire, true);
    lab_free(&tls->lab);
    free(tls);
}

static struct lab_tls *begin(struct lab_pipe *pipe, size_t from)
{
    struct lab_tls *tls = calloc(1, sizeof(*tls));

    assert(tls != NULL && !pipe->ended);
    lab_init(&tls->lab, pipe->lab->chance); /* which goes on as without TLS */
    tls->shell.step = step;
    tls->shell.free = destroy;
    tls->pipe = pipe;
    tls->said = pipe->to.len;
    tls->line = lab_pipe_new(&tls->lab, (struct lab_manner){0});
    lab_pipe_cover(pipe, &tls->shell, from);
    wire_init(&tls->wire, &tls->lab.pool, advance, tls);
    lab_pipe_join(tls->line, &tls->wire);
    return tls;
}

void lab_tls_connect(struct lab_pipe *pipe, struct tls_client *client, struct tls_cache *cache)
{
    struct lab_tls *tls = begin(pipe, pipe->from.len);
    int failed;

    pipe->lab->beyond = true;
    failed = tls_connect(&tls->wire, &tls->lab.world, client, cache);
    pipe->lab->beyond = false;
    assert(failed == 0);
}

void lab_tls_accept(struct lab_pipe *pipe, struct tls_server *server, size_t from)
{
    struct lab_tls *tls = begin(pipe, from);
    int failed;

    pipe->lab->beyond = true;
    failed = tls_accept(&tls->wire, &tls->lab.world, server);
    pipe->lab->beyond = false;
    assert(failed == 0);
}

enum tls_stage lab_tls_stage(const struct lab_pipe *pipe)
{
    return pipe->shell != NULL ? tls_stage(&tls_of(pipe)->wire) : TLS_ABSENT;
}

const char *lab_tls_failure(const struct lab_pipe *pipe)
{
    return pipe->shell != NULL ? tls_failure(&tls_of(pipe)->wire) : "";
}

void lab_tls_facts(const struct lab_pipe *pipe, struct tls_facts *out)
{
    assert(lab_tls_stage(pipe) == TLS_UP);
    tls_facts(&tls_of(pipe)->wire, out);
}

const void *lab_tls_owner(const struct lab_pipe *pipe)
{
    const struct wire *wire = pipe->wire;
    const struct tls *tls;

    if (wire == NULL || wire->advance != tls_advance)
        return wire != NULL ? wire->owner : NULL;
    tls = wire->owner;
    return tls->above != NULL ? tls->above->owner : NULL;
}

void lab_tls_records(struct lab_pipe *pipe, size_t octets)
{
    tls_of(pipe)->record = octets;
}

void lab_tls_notify(struct lab_pipe *pipe)
{
    struct lab_tls *tls = tls_of(pipe);

    tls->holds = true;
    wire_finish(&tls->wire);
    (void)step(pipe);
}
