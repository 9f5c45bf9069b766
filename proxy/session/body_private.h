/* body_private.h: what the files of body share. Private to them. */
#ifndef SESSION_BODY_PRIVATE_H
#define SESSION_BODY_PRIVATE_H

#include "session/body.h"

/* True when no content goes on any more. */
static inline bool body_over(const struct body *body)
{
    return body->refusal.code != 0 || body->discarded;
}

/* True when a chunk has been read and waits for nothing but its answer. */
static inline bool body_chunk_waits(const struct body *body)
{
    return body->chunk_read && !body->last && body->exchange != NULL;
}

/* The next piece of content to be shown, empty: none yet. */
void reading_next_piece(struct reading *reading, struct span piece);
/* Frees what a reading holds. */
void reading_end(struct reading *reading);

/* Somebody who reads now cares for the event. */
static inline bool body_wants(const struct body *body, enum filter_event event)
{
    return (body->reading.interests >> event & 1u) != 0;
}
/* Asks; what a filter decides against the message has been dealt with when this returns AGAIN. WAIT: parked.
 */
enum step body_ask(struct session *session, const struct chain_question *question);
/* What has become of the parked question, if there is one. */
enum step body_resolve(struct session *session);
/* One header field: loops are detected, the chain is asked. */
enum step body_show_field(struct session *session, struct span name, struct span value);
/* The header section is over: the chain is asked, a sink that only waited for this is released. */
enum step body_end_headers(struct session *session);
/* What filters have changed in this pass is carried out. False: the message has been refused. */
bool body_edit(struct session *session);
/* The sink may let content flow, our and the filters' header fields first. */
void body_release(struct session *session);
/* The parts of the piece under way, then those that end with the message. WAIT: a filter thinks. */
enum step body_show_parts(struct session *session);
enum step body_end_parts(struct session *session);
/* The piece under way passes the filters: CONTENT, then the header section's events, then BODY. WAIT: a
 * filter thinks. */
enum step body_show_piece(struct session *session);
/* Nothing of the message goes on; the client will be told that it was taken. */
void body_discard(struct session *session);
/* A negative errno from a sink. */
void body_failed(struct session *session, int error);
/* The message does not go on to the upstream; its exchange has been answered. */
void body_complete(struct session *session);
/* A BDAT chunk has been read. */
enum step body_end_chunk(struct session *session);
/* Answers the chunk that has been read: with the refusal, if there is one. */
void body_answer_chunk(struct session *session);

#endif
