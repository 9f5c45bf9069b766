/* exchange.h: a client command and its reply, in a FIFO: replies leave in order, whoever made them. What is
 * forwarded, and when, is left to leg.c and the verbs. */
#ifndef SESSION_EXCHANGE_H
#define SESSION_EXCHANGE_H

#include <sys/queue.h>

#include "smtp/command.h"
#include "smtp/reply.h"

struct session;
struct transaction;
struct exchange;
struct decision;
struct heard;

/* How far the command under way has come: check, ask, proceed. */
enum exchange_stage { STAGE_ASK_COMMAND, STAGE_CHECK, STAGE_ASK, STAGE_PROCEED };

/* An upstream reply has come for a forwarded exchange, or, with reply == NULL, none will ever come: the
 * handler answers the exchange with exchange_relay() or exchange_answer() (an internal one: not at all). */
typedef void exchange_replied(struct session *session, struct exchange *exchange,
                              const struct reply_in *reply);

/* Owned by the FIFO from exchange_add() on, or by the leg when internal; freed when its reply has left. */
struct exchange {
    TAILQ_ENTRY(exchange) link;   /* in the session's FIFO */
    TAILQ_ENTRY(exchange) expect; /* in the leg's queue of awaited replies */
    const struct verb_row *row;
    exchange_replied *replied;
    struct transaction *transaction; /* a reference, or NULL */
    struct recipient *recipient;     /* RCPT: its record in the transaction */
    struct heard *heard;             /* RCPT: its answer, which filters are asked about; NULL: none yet */
    char *line;                      /* composed for the upstream; NULL: nothing to forward */
    char *reply;                     /* printed, waiting for its turn */
    char *arguments;                 /* as the client wrote them; NULL: none kept */
    uint32_t line_len;
    uint32_t reply_len;
    uint64_t limit; /* milliseconds the upstream may take */
    enum exchange_stage stage;
    bool forwarded; /* the upstream's reply is awaited */
    bool answered;
    bool internal;   /* ours: the client never hears of it */
    bool ends_group; /* nothing is forwarded behind it before its reply (RFC 2920 3.1) */
};

TAILQ_HEAD(exchange_list, exchange);

/* Embedded by value in the session. */
struct exchanges {
    struct exchange_list list;
    unsigned count;
};

void exchanges_init(struct exchanges *exchanges);
/* Frees all. Forwarded ones must have been taken from the leg before. */
void exchanges_free(struct exchanges *exchanges);

/* A new exchange at the end of the session's FIFO; NULL: no memory. */
struct exchange *exchange_add(struct session *session, const struct verb_row *row);
/* A new internal exchange, in no FIFO. */
struct exchange *exchange_internal(exchange_replied *replied);
void exchange_free(struct exchange *exchange);
/* What goes to the upstream: a copy of a complete line, CRLF included. False: no memory. */
bool exchange_set_line(struct exchange *exchange, struct span line);
/* The same, composed of the verb and the client's arguments (none when empty); a line already composed stays.
 */
bool exchange_compose(struct exchange *exchange, struct span arguments);
/* The exchange belongs to this transaction (a reference is taken). */
void exchange_belongs(struct exchange *exchange, struct transaction *transaction);

/* Answers with a reply made here: printed, shown to the chain's REPLY filters, sent in its turn. line is
 * untrusted. */
void exchange_answer(struct session *session, struct exchange *exchange, unsigned code, const char *enhanced,
                     struct span line);
void exchange_say(struct session *session, struct exchange *exchange, const struct reply *reply);
/* Answers with the upstream's reply. */
void exchange_relay(struct session *session, struct exchange *exchange, const struct reply_in *reply);
/* Answers with a filter's decision. */
void exchange_decide(struct session *session, struct exchange *exchange, const struct decision *decision);
/* Answers with complete reply lines that need no rewriting (EHLO). */
void exchange_answer_lines(struct session *session, struct exchange *exchange, struct span lines);
/* Sends a reply that is no exchange's end (the 334 lines of AUTH); the exchange must be the only one. */
bool exchange_interim(struct session *session, const struct reply_in *reply);

/* Moves answered replies at the head of the FIFO into the client's buffer. True when one moved. */
bool exchanges_emit(struct session *session);

/* The default way to handle an upstream reply: relay it, or 451 when there will be none. */
exchange_replied exchange_relay_or_fail;
/* For internal exchanges whose reply nobody needs. */
exchange_replied exchange_ignore;

#endif
