/* client.h: the client's side of one milter connection: opened, negotiated and introduced when it is first
 * needed, then one event after the other, each with its answer. Which events there are is left to milter.c,
 * what is edited to edits.c. */
#ifndef FILTERS_MILTER_CLIENT_H
#define FILTERS_MILTER_CLIENT_H

#include "filters/milter/config.h"
#include "filters/milter/transport.h"
#include "postern/filter_io.h"

/* What the milter is told of in one question of the chain. Spans stay as they are until it is answered. */
struct milter_event {
    char command;
    struct filter_path path;   /* MAIL, RCPT */
    bool refused;              /* RCPT: by the upstream, */
    struct filter_reply reply; /* with this */
    struct span name, value;   /* HEADER; HELO, UNKNOWN: name alone */
    struct span octets;        /* BODY: what has not been taken yet */
};

/* The state of the filter in one session. */
struct milter_client {
    struct milter_link *link; /* NULL: there is no connection */
    size_t address;           /* being tried, or in use */
    struct milter_reader reader;
    struct milter_writer out; /* packets on their way, or put off, and behind them the BODY being gathered */
    size_t sent;              /* octets of out */
    size_t answered;          /* octets of out, while several packets are answered in one go */
    size_t body_at;           /* where in out the BODY being gathered begins */
    uint32_t actions, steps;  /* as agreed */
    uint32_t lied;            /* actions that were tried although not agreed on */
    map_set macros[MILTER_STAGES];
    struct milter_event event; /* asked about */
    struct span message_id;
    uint64_t body;        /* octets of the new body so far */
    uint64_t since;       /* when the question was asked, ms */
    enum verdict verdict; /* once decided */
    uint8_t version;      /* as agreed; 0: not yet */
    char awaiting;        /* the command that has not been answered yet; 0: none */
    bool connected;       /* the connection has been made */
    bool asked;           /* a question is PENDING */
    bool told;            /* the event has been sent, or need not be */
    bool decided;         /* verdict is the answer */
    bool met, greeted;    /* CONNECT, HELO have been told */
    bool gathering;       /* out ends in a BODY that is not whole */
    bool put_off;         /* what is in out is told together with what follows */
    bool parting;         /* with it the session is over for the milter */
    bool tried;           /* a connection has been attempted in this session */
    bool failed;          /* and was lost, for the reason given */
    bool accepted;        /* the milter is done with the session */
    bool in_message;      /* it takes part in the message under way */
    bool in_content;      /* its content has begun */
    bool interrupted;     /* it did, until the client greeted anew */
    bool over;            /* and has decided about it */
    bool new_body;        /* body edits: begun, */
    bool new_body_ended;  /* and something else was edited behind them */
    bool quarantine;
    char why[160]; /* failed; or the reason to quarantine */
};

/* Asks the milter about an event; the verdict, or PENDING. A connection is opened for it if `open`, otherwise
 * the event passes when there is none. */
enum verdict milter_ask(struct filter_ctx *ctx, const struct milter_event *event, bool open);

/* A message begins: what failed before is tried again. */
void milter_begin(struct milter_client *client);
/* The message under way is over, whatever became of it; the milter is told if it does not know. */
void milter_abort(struct filter_ctx *ctx, struct milter_client *client);
/* The client greets within a message, which ends it unless the greeting is refused: the milter, which is
 * asked first, knows no such thing and is told that it has ended. */
void milter_interrupt(struct filter_ctx *ctx, struct milter_client *client);
/* The question is withdrawn: the connection, whose answer nobody waits for, is closed. */
void milter_cancelled(struct filter_ctx *ctx, struct milter_client *client);
/* Says goodbye and frees. */
void milter_close(struct filter_ctx *ctx, struct milter_client *client);

/* --- for edits.c ---------------------------------------------------------------------------------------- */

/* The milter has failed for this reason, printed as by printf: the connection is closed. Returns FAIL. */
enum verdict milter_fail(struct filter_ctx *ctx, struct milter_client *client, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
