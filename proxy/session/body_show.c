/* body_show.c: shows content to the chain: raw pieces, header fields, body; and what a filter's verdict does
 * to the message. Where content comes from and goes to is left to body.c. */
#include "session/body_private.h"

#include <errno.h>

#include "session/quarantine.h"
#include "session/transaction.h"

static void decided(struct session *session, const struct decision *decision)
{
    if (decision->verdict == VERDICT_QUARANTINE) {
        quarantine_decided(session->transaction, decision);
        return;
    }
    transaction_note_decision(session->transaction, decision);
    if (decision->verdict == VERDICT_DISCARD) {
        body_discard(session);
        return;
    }
    if (decision->verdict == VERDICT_DISCONNECT)
        session->closing = true;
    body_refuse(session, decision->code, span_str(decision->enhanced), decision->text);
}

enum step body_resolve(struct session *session)
{
    struct body *body = session->body;
    struct decision decision;
    enum verdict verdict;

    if (!body->questioning)
        return STEP_AGAIN;
    verdict = session_ask(session, &body->question, &decision);
    if (verdict == VERDICT_PENDING)
        return STEP_WAIT;
    body->questioning = false;
    if (verdict != VERDICT_CONTINUE)
        decided(session, &decision);
    return STEP_AGAIN;
}

enum step body_ask(struct session *session, const struct chain_question *question)
{
    if (!body_wants(session->body, question->event))
        return STEP_AGAIN;
    session->body->question = *question;
    session->body->questioning = true;
    return body_resolve(session);
}

enum step body_show_field(struct session *session, struct span name, struct span value)
{
    struct chain_question question = {.event = FILTER_HEADER};
    const struct reading *reading = &session->body->reading;

    if (reading->hops != 0 && reading->header.received > reading->hops) {
        body_refuse(session, 554, SPAN("5.4.6"), SPAN("Routing loop: too many Received fields"));
        return STEP_AGAIN;
    }
    question.header.name = name;
    question.header.value = value;
    return body_ask(session, &question);
}

enum step body_end_headers(struct session *session)
{
    struct body *body = session->body;
    struct chain_question question = {.event = FILTER_END_OF_HEADERS};
    struct span tail = header_tail(&body->reading.header);

    if (!body->reading.end_of_headers) {
        body->reading.end_of_headers = true;
        if (body_ask(session, &question) == STEP_WAIT)
            return STEP_WAIT;
    }
    if (body_over(body))
        return STEP_AGAIN;
    if (chain_holds(session->settings->chain) != CHAIN_HOLDS_MESSAGE)
        body_release(session);
    if (!body->reading.tail_done) {
        body->reading.tail_done = true;
        question.event = FILTER_BODY;
        question.bytes = tail;
        if (tail.len != 0 && body_ask(session, &question) == STEP_WAIT)
            return STEP_WAIT;
    }
    body->reading.headers_done = true;
    return STEP_AGAIN;
}

static enum step show_headers(struct session *session)
{
    struct body *body = session->body;
    struct span name, value;
    enum header_event event;

    if (body->reading.header.done)
        return body_end_headers(session);
    body->reading.headed += header_read(
        &body->reading.header, span_skip(body->reading.piece, body->reading.headed), &name, &value, &event);
    switch (event) {
    case HEADER_FIELD:
        return body_show_field(session, name, value);
    case HEADER_END:
        return body_end_headers(session);
    case HEADER_ERROR:
        if (body->reading.header.error == HEADER_NO_MEMORY)
            body_failed(session, -ENOMEM);
        else
            body_refuse(session, 552, SPAN("5.3.4"), SPAN("Header section exceeds the limits"));
        return STEP_AGAIN;
    case HEADER_MORE:
        break;
    }
    return STEP_AGAIN;
}

/* The piece passes the filters: CONTENT, then the header section's events, then BODY, then the parts. WAIT: a
 * filter thinks. */
enum step body_show_piece(struct session *session)
{
    struct body *body = session->body;
    struct chain_question question = {.event = FILTER_CONTENT};

    if (!body->reading.asked) {
        body->reading.asked = true;
        question.bytes = body->reading.piece;
        if (body_ask(session, &question) == STEP_WAIT)
            return STEP_WAIT;
    }
    while (!body_over(body) && !body->reading.headers_done &&
           (body->reading.headed < body->reading.piece.len || body->reading.header.done))
        if (show_headers(session) == STEP_WAIT)
            return STEP_WAIT;
    if (!body_over(body) && body->reading.headed != body->reading.piece.len) {
        question.event = FILTER_BODY;
        question.bytes = span_skip(body->reading.piece, body->reading.headed);
        body->reading.headed = body->reading.piece.len;
        if (body_ask(session, &question) == STEP_WAIT)
            return STEP_WAIT;
    }
    return body_show_parts(session);
}
