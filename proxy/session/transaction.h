/* transaction.h: a mail transaction: its reverse-path, its recipients, what became of it. Counted references,
 * because replies may come after its end. Forwarding is left to the verbs. */
#ifndef SESSION_TRANSACTION_H
#define SESSION_TRANSACTION_H

#include "base/arena.h"
#include "session/session.h"

struct recipient {
    struct recipient *next;
    struct span address;    /* re-serialised */
    struct span instead;    /* what the upstream is told; absent: the address */
    struct span reply;      /* text of the answer the client got */
    struct span parameters; /* of RCPT, printed; kept only where the envelope may be told again */
    const char *filter;     /* that refused, added or removed it, or NULL */
    unsigned code;          /* of that answer, or the upstream's to an added one; 0: not yet */
    bool added;             /* by a filter, at the end of the message */
    bool removed;           /* likewise: the upstream is not to have it */
};

/* It is in the envelope: the client has been told so, or a filter has added it. */
static inline bool recipient_stands(const struct recipient *recipient)
{
    return !recipient->removed && (recipient->added || recipient->code / 100 == 2);
}

/* How far the upstream has been told an envelope once more. */
enum telling { TELLING_RSET, TELLING_MAIL, TELLING_RCPT };

enum transaction_state {
    TRANSACTION_PENDING, /* MAIL forwarded, not answered */
    TRANSACTION_OPEN,
    TRANSACTION_REFUSED, /* MAIL was refused */
    TRANSACTION_BROKEN   /* the upstream that had it is gone */
};

struct transaction {
    unsigned references;
    enum transaction_state state;
    struct arena arena;
    struct session *session;  /* outlives it */
    struct span reverse_path; /* re-serialised, empty for <> */
    struct span instead;      /* what the upstream is told; absent: the reverse-path */
    struct span parameters;   /* of MAIL, as the client gave them */
    struct span mail_line;    /* composed MAIL for the upstream, CRLF included */
    struct recipient *first, *last;
    unsigned asked;             /* RCPT commands that passed the filters */
    unsigned accepted;          /* recipients the upstream accepted */
    uint64_t size;              /* octets of content */
    uint64_t started;           /* world_now() */
    struct recipient *to_tell;  /* TELLING_RCPT: the next */
    unsigned untold;            /* replies awaited to what has been told again */
    enum telling telling;       /* what is to be told next */
    struct kept_reply not_told; /* code != 0: the upstream does not take the envelope, and says so */
    bool stale;                 /* the upstream holds another envelope than the message is to have */
    bool edited;                /* the filters' edits of the envelope have been made */
    bool smtputf8;
    bool binary;        /* BODY=BINARYMIME */
    bool answered_here; /* MAIL was accepted before an upstream was asked (connect: rcpt) */
    bool at_upstream;   /* MAIL has been forwarded */
    bool discarded;
    bool quarantined; /* the message is to be kept: see quarantine.h */
    bool logged;
    bool in_doubt;       /* the end of data was sent, its reply never came */
    bool client_gone;    /* the client did not hear the final reply */
    const char *verdict; /* "relayed", "rejected", …: for the log */
    struct span filter;  /* that decided */
    struct span reason;
    const char *keeper;      /* that wants the message kept, */
    struct span kept_for;    /* and why */
    struct kept_reply final; /* the reply to the message */
    char id[20];             /* NUL-terminated */
};

/* A transaction with one reference and a fresh id; NULL: no memory. */
struct transaction *transaction_new(struct session *session);
struct transaction *transaction_ref(struct transaction *transaction);
/* The last one writes the summary line. */
void transaction_unref(struct transaction *transaction);

/* A recipient whose RCPT is about to be forwarded or answered; NULL: the arena is full (452 4.3.1). */
struct recipient *transaction_add_recipient(struct transaction *transaction, struct span address);
/* A filter has rewritten the recipient's address, or with NULL the reverse-path; the span lies in the arena.
 */
void transaction_rewrite(struct transaction *transaction, struct recipient *recipient, struct span address);
/* The answer to a recipient, for the log. */
void transaction_answer_recipient(struct transaction *transaction, struct recipient *recipient, unsigned code,
                                  struct span text);
/* What became of the message, for the log; the first call counts. */
void transaction_note(struct transaction *transaction, const char *verdict, const char *filter,
                      struct span reason, unsigned code, struct span text);
/* A filter's decision, noted. */
void transaction_note_decision(struct transaction *transaction, const struct decision *decision);

/* Ends the session's transaction, if any: the chain is told, the summary logged. `aborted`: not by an
 * accepted message. */
void transaction_end(struct session *session, bool aborted);

#endif
