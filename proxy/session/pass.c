/* pass.c: the end of the message as filters see it, pass after pass. What is shown of it is left to
 * body_show.c, what edits do to it to the sink. */
#include "session/pass.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>

#include "base/mem.h"
#include "session/body_private.h"
#include "session/deadline.h"

#define SLICE_OCTETS 16384 /* read at a time */
#define SLICES       4     /* then it is the others' turn */

/* A pass behind the first. */
struct pass {
    struct turn turn;
    unsigned left; /* slices in this turn */
    bool ended;    /* all of the content has been shown */
    char slice[SLICE_OCTETS];
};

static enum step finish_field(struct session *session)
{
    struct span name, value;
    enum header_event event;

    header_finish(&session->body->reading.header, &name, &value, &event);
    if (event == HEADER_ERROR)
        body_refuse(session, 552, SPAN("5.3.4"), SPAN("Header section exceeds the limits"));
    if (event == HEADER_FIELD)
        return body_show_field(session, name, value);
    return event == HEADER_END ? body_end_headers(session) : STEP_AGAIN;
}

/* The message ended inside its header section. */
static enum step finish_headers(struct session *session)
{
    struct body *body = session->body;

    while (!body_over(body) && !body->reading.headers_done) {
        enum step step = body->reading.header.done ? body_end_headers(session) : finish_field(session);
        if (step == STEP_WAIT)
            return STEP_WAIT;
    }
    return STEP_AGAIN;
}

/* The filters' last word on the message. */
static enum step ask_finally(struct session *session)
{
    struct body *body = session->body;
    struct chain_question question = {.event = FILTER_END_OF_MESSAGE};

    if (body_resolve(session) == STEP_WAIT || finish_headers(session) == STEP_WAIT ||
        body_end_parts(session) == STEP_WAIT)
        return STEP_WAIT;
    if (body_over(body) || body->reading.final_asked)
        return STEP_AGAIN;
    body->reading.final_asked = true;
    return body_ask(session, &question);
}

/* WAIT: others first. */
static enum step read_slice(struct session *session)
{
    struct body *body = session->body;
    struct pass *pass = body->pass;
    long n;

    if (pass->turn.taken)
        return STEP_WAIT;
    if (pass->left == 0) {
        pass->left = SLICES;
        deadline_restart(session); /* it is nobody but us who takes his time */
        session->world->ops->turn_take(session->world, &pass->turn);
        return STEP_WAIT;
    }
    pass->left--;
    n = body->sink->ops->read(body->sink, pass->slice, sizeof(pass->slice));
    if (n < 0)
        body_failed(session, (int)n);
    else if (n == 0)
        pass->ended = true;
    else
        reading_next_piece(&body->reading, span_of(pass->slice, (size_t)n));
    return STEP_AGAIN;
}

/* Shows what is left of the content. */
static enum step show_rest(struct session *session)
{
    struct body *body = session->body;

    if (body_resolve(session) == STEP_WAIT)
        return STEP_WAIT;
    while (!body_over(body) && !body->pass->ended) {
        if (body->reading.piece.len == 0) {
            if (read_slice(session) == STEP_WAIT)
                return STEP_WAIT;
        } else {
            if (body_show_piece(session) == STEP_WAIT)
                return STEP_WAIT;
            reading_next_piece(&body->reading, span_of(NULL, 0));
        }
    }
    return STEP_AGAIN;
}

/* The message becomes what the filters of this pass have made of it; those of the next one begin at its
 * front. What came in kept to the limits: what filters have added need not. */
static void begin(struct session *session)
{
    struct body *body = session->body;

    if (!body_edit(session))
        return;
    pass_end(session);
    reading_end(&body->reading);
    chain_next_pass(&session->chain);
    body->reading = (struct reading){
        .header = {.field_limit = SIZE_MAX, .section_limit = SIZE_MAX, .count_limit = UINT_MAX},
        .interests = chain_pass_interests(&session->chain)};
    body->pass = mem_alloc(sizeof(*body->pass));
    if (body->pass == NULL) {
        body_failed(session, -ENOMEM);
        return;
    }
    body->pass->turn.run = session_advance;
    body->pass->turn.owner = session;
    body->pass->left = SLICES;
}

enum step pass_step(struct session *session)
{
    struct body *body = session->body;

    while (!body_over(body)) {
        if (body->pass != NULL && show_rest(session) == STEP_WAIT)
            return STEP_WAIT;
        if (ask_finally(session) == STEP_WAIT)
            return STEP_WAIT;
        if (body_over(body) || !chain_pass_left(&session->chain))
            break;
        begin(session);
    }
    return STEP_AGAIN;
}

void pass_end(struct session *session)
{
    struct pass *pass = session->body->pass;

    if (pass == NULL)
        return;
    session->world->ops->turn_leave(session->world, &pass->turn);
    session->body->pass = NULL;
    mem_free(pass);
}
