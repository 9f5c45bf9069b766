/* session.h: one client's session, as the files of session/ see it: its parts, its door (session_advance) and
 * its end. What each part does is left to the file of its name. Private to session/. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <sys/queue.h>

#include "chain/chain.h"
#include "session/exchange.h"
#include "session/server.h"
#include "smtp/line.h"

struct authentication;
struct body;
struct introduction;
struct leg;
struct transaction;

/* What a phase's step came to. */
enum step {
    STEP_AGAIN, /* something moved: call again */
    STEP_WAIT,  /* nothing to do until a wire, an alarm or a filter reports */
    STEP_CLOSE  /* the session is over */
};

/* Where the session stands toward its client. The table in phase.c gives each its step and its time limit. */
enum phase {
    PHASE_PREFACE,   /* who is it? a PROXY header is awaited */
    PHASE_HANDSHAKE, /* the client's side becomes encrypted */
    PHASE_GREET,     /* no banner yet: asking the chain, connecting */
    PHASE_COMMAND,   /* commands and replies */
    PHASE_BODY,      /* the client sends message content */
    PHASE_COMMIT,    /* the end of data has been read: filters, then the upstream, decide */
    PHASE_AUTH,      /* an opaque SASL dialogue */
    PHASE_LINGER,    /* the last reply is on its way; nothing is read any more */
    PHASE_COUNT
};

/* A reply that is kept to be given later; text lives in the struct, lines of it separated by LF. */
struct kept_reply {
    unsigned code; /* 0: none */
    char enhanced[12];
    char text[512];
};

/* Facts are set by the verb that establishes them and cleared by the verbs that RFC 5321 says reset them. */
struct session {
    LIST_ENTRY(session) link;
    struct server *server;
    struct world *world;
    struct settings *settings;

    struct wire client;
    struct leg *leg; /* the upstream side; NULL: not connected */
    struct chain_run chain;
    struct alarm alarm;
    uint64_t alarm_at; /* when it rings; 0: not set */
    uint64_t waiting;  /* since when the present wait for the client lasts */
    uint64_t held;     /* since when it is not the client that is waited for; 0: it is */
    uint64_t progress; /* its octets (received + sent) at `waiting`, for limits that progress renews */

    enum phase phase;
    struct line line;
    size_t line_octets; /* of the client's buffer: the command line under way, not yet consumed */
    struct exchanges exchanges;
    struct exchange *current;  /* parsed, not yet forwarded or answered; owned until then */
    struct exchange *greeting; /* XCLIENT, which the banner answers; NULL: the banner answers nothing */
    struct transaction *transaction;
    struct body *body; /* while content is on its way */

    struct introduction *introduction;     /* what is known of the client beside its address; NULL: nothing */
    struct authentication *authentication; /* of the AUTH under way or accepted; NULL: none */
    char *helo;                            /* the client's name; NULL before HELO or EHLO */
    char *helo_told;                       /* what a filter has the upstream told instead; NULL: nothing */
    char *mechanisms;                      /* SASL mechanisms offered; NULL: none */
    uint64_t offered;                      /* bits of enum keyword offered to this client */
    uint64_t size_limit;                   /* octets offered by SIZE; 0: none */
    uint16_t mail_allowance;               /* octets by which what is offered lengthens a MAIL line */
    uint16_t rcpt_allowance;
    struct kept_reply *barred; /* a filter refused CONNECT or HELO: the answer to every later command */
    uint32_t transactions;
    uint32_t commits; /* messages whose end of data awaits the upstream's reply */
    bool extended;    /* EHLO rather than HELO */
    bool authenticated;
    bool closing;    /* the reply at the end of the queue is the last */
    bool draining;   /* end when the transaction is over */
    bool advancing;  /* inside session_advance() */
    bool again;      /* something asked for another round */
    bool blocked;    /* something found no room in a wire: worth another round once bytes have left */
    bool quit;       /* the client said QUIT: nobody needs to linger */
    bool asking;     /* a question is parked with the chain */
    bool welcomed;   /* CONNECT has been answered by the chain */
    bool greeted;    /* the banner has been said */
    bool overrun;    /* too many sessions: only 421 */
    bool introduces; /* may say who the client is (xclient_from) */

    struct ip peer;     /* the client, by a balancer's word if need be */
    struct ip via;      /* who has connected */
    struct ip local;    /* what the client connected to */
    struct ip original; /* as in struct arrival */
    const struct settings_listener *listener;
    char id[16]; /* NUL-terminated */
};

/* A session on an open carrier; listed in its server. NULL: no memory. */
struct session *session_new(struct server *server, const struct arrival *arrival, const struct wire_ops *ops,
                            void *carrier);
/* The one door: every wire, alarm, dial and filter stores its result and calls this with the session. May
 * free it. */
void session_advance(void *owner);
/* Asks for another round of session_advance() from inside one. */
static inline void session_again(struct session *session)
{
    session->again = true;
}
/* Tears everything down at once: upstream without an end of data, client without a reply. Frees the session.
 */
void session_free(struct session *session);
/* Ends politely with a reply of its own, e.g. 421 on a time limit; the upstream transaction is abandoned. */
void session_end(struct session *session, unsigned code, const char *enhanced, const char *text);
/* Asks the chain, or, while a question is parked, what has become of it: the caller comes again with the same
 * question until the verdict is not PENDING. */
enum verdict session_ask(struct session *session, const struct chain_question *question,
                         struct decision *out);
/* Nothing of this session can be told to the client any more. */
bool session_client_lost(const struct session *session);

/* The text kept for later; cut to fit. */
void kept_reply_set(struct kept_reply *kept, unsigned code, struct span enhanced, struct span text);

/* The chain's facts callback; owner is the session. */
void session_facts(void *owner, struct filter_facts *out);

#endif
