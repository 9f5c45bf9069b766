/* body.c: content on its way from the client's framing to a sink. The chain is left to body_show.c, the end
 * of the message to body_commit.c, what the upstream hears to the sinks. */
#include "session/body.h"

#include <errno.h>

#include "base/mem.h"
#include "session/body_private.h"
#include "session/leg.h"
#include "session/pass.h"
#include "session/phase.h"
#include "session/quarantine.h"
#include "session/trace.h"
#include "session/transaction.h"
#include "session/verbs.h"

struct body *body_new(struct session *session, bool chunked)
{
    const struct settings *settings = session->settings;
    struct body *body = mem_alloc(sizeof(*body));

    if (body == NULL)
        return NULL;
    body->chunked = chunked;
    body->dot.policy = (enum dot_policy)settings->line_endings;
    body->dot.line_limit = (uint32_t)settings->limits.text_line;
    body->reading.interests = chain_pass_interests(&session->chain);
    body->reading.hops = settings->limits.hops;
    body->reading.header.field_limit = settings->limits.header_field;
    body->reading.header.section_limit = settings->limits.header_size;
    body->reading.header.count_limit = (unsigned)settings->limits.header_count;
    body->discarded = session->transaction != NULL && session->transaction->discarded;
    session->body = body;
    return body;
}

static void close_sink(struct body *body)
{
    if (body->sink != NULL)
        body->sink->ops->free(body->sink);
    body->sink = NULL;
}

bool body_holds_leg(const struct session *session)
{
    const struct body *body = session->body;

    return body != NULL && !body->handed_over && body->opening;
}

/* The upstream knows that content is to come: it cannot be told anything else any more. */
static bool upstream_asked(const struct body *body)
{
    return body->opening || (body->sink != NULL && !body->late);
}

void reading_end(struct reading *reading)
{
    header_free(&reading->header);
    mime_free(reading->mime);
    reading->mime = NULL;
}

void reading_next_piece(struct reading *reading, struct span piece)
{
    reading->piece = piece;
    reading->headed = reading->parted = 0;
    reading->asked = false;
}

void body_free(struct session *session)
{
    struct body *body = session->body;

    if (body == NULL)
        return;
    pass_end(session);
    quarantine_end(session);
    if (body_holds_leg(session))
        leg_abandon(session);
    session->body = NULL;
    session->client.paused = false;
    if (body->questioning) {
        chain_cancel(&session->chain);
        session->asking = false;
    }
    close_sink(body);
    reading_end(&body->reading);
    mem_free(body);
}

void body_open(struct session *session, enum sink_framing framing)
{
    struct body *body = session->body;
    bool spool = chain_holds(session->settings->chain) != CHAIN_HOLDS_NOTHING;

    body->sink = spool ? sink_spool_new(session, framing) : sink_stream_new(session, framing);
    body->opening = body->opening || (framing == SINK_DOT && !body->late);
    if (body->sink == NULL)
        body_refuse(session, 452, SPAN("4.3.1"), SPAN("Out of memory, try again later"));
    else if (!spool)
        body_release(session);
    session_again(session);
}

/* What the piece under way has of the header section is held as well, so that all of it can be edited. */
static int sink_section(struct body *body)
{
    while (body->sunk < body->reading.headed) {
        struct span left = span_of(body->reading.piece.ptr + body->sunk, body->reading.headed - body->sunk);
        long n = body->sink->ops->write(body->sink, left);
        if (n <= 0)
            return n < 0 ? (int)n : -EIO;
        body->sunk += (size_t)n;
    }
    return 0;
}

bool body_edit(struct session *session)
{
    struct body *body = session->body;
    bool fields_full = false, body_full = false;
    const struct header_edit *edits = chain_header_edits(&session->chain, &fields_full);
    struct hold *new_body = chain_new_body(&session->chain, &body_full);
    int error = 0;

    if (fields_full || body_full) {
        body_refuse(session, 452, SPAN("4.3.1"), SPAN("No room for changes of the message, try again later"));
        return false;
    }
    if (edits != NULL)
        error = sink_section(body);
    if (error == 0)
        error = body->sink->ops->edit(body->sink, edits, body->reading.header.octets, new_body);
    if (error != 0)
        body_failed(session, error);
    return error == 0;
}

void body_release(struct session *session)
{
    struct body *body = session->body;
    char bytes[2048];
    struct text text = TEXT(bytes);
    int error;

    if (body->released || body->sink == NULL)
        return;
    body->released = true;
    if (body->sink->ops->edit != NULL && !body_edit(session))
        return;
    trace_print(session, &text);
    error = body->sink->ops->release(body->sink, text_span(&text));
    if (error != 0)
        body_failed(session, error);
}

void body_refuse(struct session *session, unsigned code, struct span enhanced, struct span text)
{
    struct body *body = session->body;
    bool begun = upstream_asked(body);

    if (body_over(body) || quarantine_busy(session)) /* which says itself what comes of it */
        return;
    kept_reply_set(&body->refusal, code, enhanced, text);
    transaction_note(session->transaction, code < 500 ? "tempfailed" : "rejected", NULL, span_of(NULL, 0),
                     code, text);
    close_sink(body);
    if (begun)
        leg_abandon(session);
    if (body_chunk_waits(body))
        body_answer_chunk(session);
    session_again(session);
}

/* The world failed: no disk, no memory, or a connection that is gone. */
void body_failed(struct session *session, int error)
{
    if (error == -ENOMEM || error == -ENOSPC)
        body_refuse(session, 452, SPAN("4.3.1"), SPAN("No room for the message, try again later"));
    else
        body_refuse(session, 451, SPAN("4.3.0"), SPAN("Cannot handle the message now, try again later"));
}

/* Nothing of the message goes on; the client will be told that it was taken. */
void body_discard(struct session *session)
{
    struct body *body = session->body;
    bool begun = upstream_asked(body);

    body->discarded = true;
    close_sink(body);
    if (begun)
        leg_abandon(session);
}

static enum step sink_piece(struct session *session)
{
    struct body *body = session->body;
    long n;

    while (!body_over(body) && body->sunk < body->reading.piece.len) {
        n = body->sink->ops->write(body->sink, span_skip(body->reading.piece, body->sunk));
        if (n < 0) {
            body_failed(session, (int)n);
        } else if (n == 0) {
            session->blocked = true;
            return STEP_WAIT;
        } else {
            body->sunk += (size_t)n;
        }
    }
    return STEP_AGAIN;
}

/* Moves the piece on. AGAIN: it has passed (or is dropped) and its input is used up. */
static enum step pass_piece(struct session *session)
{
    struct body *body = session->body;
    size_t input = body->input;

    if (body_resolve(session) == STEP_WAIT || body_show_piece(session) == STEP_WAIT ||
        sink_piece(session) == STEP_WAIT)
        return STEP_WAIT;
    reading_next_piece(&body->reading, span_of(NULL, 0));
    body->input = body->sunk = 0;
    buf_consume(&session->client.in, input);
    return STEP_AGAIN;
}

static void take_piece(struct session *session, struct span run, size_t input)
{
    struct body *body = session->body;
    struct transaction *transaction = session->transaction;
    uint64_t limit = session->settings->limits.message_size;

    if (transaction != NULL)
        transaction->size += run.len;
    if (transaction != NULL && limit != 0 && transaction->size > limit)
        body_refuse(session, 552, SPAN("5.3.4"), SPAN("Message size exceeds the limit"));
    if (body_over(body)) {
        buf_consume(&session->client.in, input);
        return;
    }
    body->reading.piece = run;
    body->input = input;
}

static void refuse_unclean(struct session *session, unsigned faults)
{
    if (faults != 0)
        body_refuse(session, 550, SPAN("5.6.11"),
                    (faults & DOT_NUL) != 0 ? SPAN("NUL in message") : SPAN("Bare CR or LF in message"));
}

/* Bare CR, bare LF and NUL never leave the proxy; the message is refused after its true end. */
static void check_faults(struct session *session, unsigned faults)
{
    if ((faults & DOT_LONG_LINE) != 0)
        body_refuse(session, 554, SPAN("5.6.0"), SPAN("Line too long"));
    else if (session->settings->line_endings == DOT_REJECT)
        refuse_unclean(session, faults);
}

static enum step read_dot(struct session *session, struct span data)
{
    struct body *body = session->body;
    struct span run = {NULL, 0};
    enum dot_event event;
    size_t n = dot_read(&body->dot, data, &run, &event);

    check_faults(session, body->dot.faults);
    if (event == DOT_CONTENT) {
        take_piece(session, run, n);
        return STEP_AGAIN;
    }
    buf_consume(&session->client.in, n);
    if (event == DOT_END) {
        body->ended = true;
        body->exchange = exchange_add(session, &verbs_end_of_data);
        if (body->exchange == NULL) {
            session->client.error = -ENOMEM;
            return STEP_CLOSE;
        }
        exchange_belongs(body->exchange, session->transaction);
        phase_enter(session, PHASE_COMMIT);
    }
    return STEP_AGAIN;
}

void body_chunk(struct session *session, struct exchange *exchange, uint64_t size, bool last)
{
    struct body *body = session->body;

    body->exchange = exchange;
    body->chunk_left = size;
    body->last = last;
    body->chunk_read = false;
    body->unanswered = 0;
}

/* Pieces of a chunk are made large: few BDAT commands of ours, each with its octets at hand. */
static enum step read_chunk(struct session *session, struct span data)
{
    struct body *body = session->body;
    size_t want = session->world->pool->block_size / 2;
    struct span run = span_first(data, body->chunk_left < SIZE_MAX ? (size_t)body->chunk_left : SIZE_MAX);

    if (body->chunk_left == 0)
        return body_end_chunk(session);
    if (data.len == 0 ||
        (run.len < want && run.len < body->chunk_left && !body_over(body) && !session->client.eof))
        return STEP_WAIT;
    body->chunk_left -= run.len;
    if (!body_over(body) && body->sink->framing == SINK_DOT)
        refuse_unclean(session, clean_check(&body->clean, run));
    take_piece(session, run, run.len);
    return STEP_AGAIN;
}

enum step body_step(struct session *session)
{
    struct body *body = session->body;
    struct span data;
    enum step step;

    if (body->reading.piece.len != 0)
        step = pass_piece(session);
    else {
        data = buf_data(&session->client.in);
        if (body->chunked)
            step = read_chunk(session, data);
        else
            step = data.len != 0 ? read_dot(session, data) : STEP_WAIT;
    }
    if (session->body == NULL)
        return step;
    /* Bytes that a piece points at must not be moved by what arrives behind them. */
    session->client.paused = session->body->reading.piece.len != 0;
    if (step == STEP_WAIT && session->client.eof && session->body->reading.piece.len == 0)
        return STEP_CLOSE; /* the message was cut off: the upstream never hears its end */
    return step;
}
