/* sink_content.c: the message: DATA and BDAT until it is stored or refused. Where it goes is left to the
 * store. */
#include <stdio.h>

#include "sink/sink_session.h"

void sink_content_reset(struct sink_session *session)
{
    struct sink_store *store = session->server->options.store;

    if (session->transaction.letter != NULL)
        store->ops->abort(store, session->transaction.letter);
    session->transaction = (struct sink_transaction){0};
    session->times[SINK_AT_BODY] = 0;
    arena_reset(&session->arena);
}

static void begin_letter(struct sink_session *session)
{
    struct sink_transaction *transaction = &session->transaction;
    struct sink_store *store = session->server->options.store;

    transaction->letter = store->ops->begin(store, &transaction->envelope);
    transaction->store_failed = transaction->letter == NULL;
}

static bool too_big(const struct sink_session *session)
{
    uint64_t limit = session->server->options.size;

    return limit != 0 && session->transaction.octets > limit;
}

/* A piece of content. What can no longer be stored is only counted. */
static void take(struct sink_session *session, struct span content)
{
    struct sink_transaction *transaction = &session->transaction;
    struct sink_store *store = session->server->options.store;

    transaction->octets += content.len;
    if (transaction->letter == NULL || transaction->dot.faults != 0)
        return;
    if (too_big(session) || store->ops->write(store, transaction->letter, content) != 0) {
        transaction->store_failed = !too_big(session);
        store->ops->abort(store, transaction->letter);
        transaction->letter = NULL;
    }
}

/* Asks the script in the middle of the content; true when it wants the session to wait or to end. */
static bool interrupted(struct sink_session *session)
{
    if (session->transaction.octets == session->times[SINK_AT_BODY] || session->transaction.answered)
        return false;
    switch (sink_session_script(session, SINK_AT_BODY)) {
    case SINK_SCRIPT_NOTHING:
        return false;
    case SINK_SCRIPT_LATER:
        return true;
    case SINK_SCRIPT_DONE:
        session->transaction.answered = true;
        return session->phase == SINK_CLOSING;
    }
    return false;
}

void sink_content_data(struct sink_session *session)
{
    static const struct reply go = {354, NULL, "End data with <CR><LF>.<CR><LF>"};
    static const struct reply full = {452, "4.3.1", "Cannot store a message now"};

    begin_letter(session);
    if (session->transaction.letter == NULL) {
        sink_content_reset(session);
        sink_session_reply(session, &full);
        return;
    }
    session->transaction.dot = (struct dot_reader){.policy = DOT_REJECT};
    session->phase = SINK_CONTENT;
    sink_session_reply(session, &go);
}

/* One run of content at a time, so that the script can interrupt. */
enum sink_step sink_content_step(struct sink_session *session)
{
    enum dot_event event;
    struct span in, run;

    if (interrupted(session))
        return session->delaying ? SINK_WAIT : SINK_AGAIN;
    in = buf_data(&session->wire.in);
    if (in.len == 0)
        return SINK_WAIT;
    size_t n = dot_read(&session->transaction.dot, in, &run, &event);
    if (event == DOT_CONTENT)
        take(session, run);
    if (event == DOT_END)
        session->phase = SINK_END;
    buf_consume(&session->wire.in, n);
    return SINK_AGAIN;
}

void sink_content_chunk(struct sink_session *session, const struct sink_chunk *chunk)
{
    struct sink_transaction *transaction = &session->transaction;

    session->chunk = *chunk;
    session->phase = SINK_CHUNK;
    if (chunk->unwanted) {
        transaction->spoilt = transaction->open;
    } else if (!transaction->chunked) {
        transaction->chunked = true;
        begin_letter(session);
    }
}

/* All octets of a chunk have been read. */
static void chunk_read(struct sink_session *session)
{
    const struct sink_chunk *chunk = &session->chunk;
    char text[80];

    session->phase = SINK_COMMAND;
    if (chunk->refusal != NULL) {
        sink_session_reply(session, chunk->refusal);
    } else if (!chunk->unwanted && chunk->last) {
        session->phase = SINK_END;
    } else if (!chunk->unwanted && !session->transaction.answered) {
        snprintf(text, sizeof(text), "%llu octets received", (unsigned long long)chunk->size);
        sink_session_reply(session, &(struct reply){250, "2.0.0", text});
    }
}

enum sink_step sink_content_chunk_step(struct sink_session *session)
{
    struct sink_chunk *chunk = &session->chunk;
    struct span in;

    if (!chunk->unwanted && interrupted(session))
        return session->delaying ? SINK_WAIT : SINK_AGAIN;
    if (chunk->left == 0) {
        chunk_read(session);
        return SINK_AGAIN;
    }
    in = buf_data(&session->wire.in);
    if (in.len == 0)
        return SINK_WAIT;
    in = span_first(in, chunk->left < in.len ? (size_t)chunk->left : in.len);
    if (!chunk->unwanted)
        take(session, in);
    chunk->left -= in.len;
    buf_consume(&session->wire.in, in.len);
    return SINK_AGAIN;
}

/* Why the message is not taken; NULL: it is, and it is durable. */
static const struct reply *judge(struct sink_session *session)
{
    static const struct reply dirty = {554, "5.6.0", "Bare CR, bare LF or NUL in the message"};
    static const struct reply big = {552, "5.3.4", "Message too big"};
    static const struct reply full = {452, "4.3.1", "Could not store the message"};
    struct sink_transaction *transaction = &session->transaction;
    struct sink_store *store = session->server->options.store;
    struct sink_letter *letter = transaction->letter;

    if (transaction->dot.faults != 0)
        return &dirty;
    if (too_big(session))
        return &big;
    if (transaction->store_failed || letter == NULL)
        return &full;
    transaction->letter = NULL;
    return store->ops->commit(store, letter) == 0 ? NULL : &full;
}

enum sink_step sink_content_end_step(struct sink_session *session)
{
    const struct reply *refusal;

    if (!session->transaction.answered) {
        switch (sink_session_script(session, SINK_AT_EOM)) {
        case SINK_SCRIPT_LATER:
            return SINK_WAIT;
        case SINK_SCRIPT_DONE:
            session->transaction.answered = true;
            break;
        case SINK_SCRIPT_NOTHING:
            break;
        }
    }
    refusal = session->transaction.answered ? NULL : judge(session);
    if (!session->transaction.answered && refusal == NULL) {
        session->phase = SINK_STORED;
        return SINK_AGAIN;
    }
    if (refusal != NULL)
        sink_session_reply(session, refusal);
    if (session->phase == SINK_END)
        session->phase = SINK_COMMAND;
    sink_session_event(session, "message of %llu octets refused",
                       (unsigned long long)session->transaction.octets);
    sink_content_reset(session);
    return SINK_AGAIN;
}

enum sink_step sink_content_stored_step(struct sink_session *session)
{
    static const struct reply stored = {250, "2.0.0", "Message stored"};
    enum sink_scripted scripted = sink_session_script(session, SINK_AT_STORED);

    if (scripted == SINK_SCRIPT_LATER)
        return SINK_WAIT;
    sink_session_event(session, "message of %llu octets stored",
                       (unsigned long long)session->transaction.octets);
    if (scripted == SINK_SCRIPT_NOTHING)
        sink_session_reply(session, &stored);
    if (session->phase == SINK_STORED)
        session->phase = SINK_COMMAND;
    sink_content_reset(session);
    sink_server_stored(session->server);
    return SINK_AGAIN;
}
