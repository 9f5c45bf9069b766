/* leg.h: the upstream side of a session: connecting, greeting, EHLO, and which exchange the next reply
 * belongs to. What commands mean is left to the verbs. */
#ifndef SESSION_LEG_H
#define SESSION_LEG_H

#include "session/session.h"
#include "smtp/ehlo.h"

enum leg_state {
    LEG_DIALLING,  /* an address is being tried */
    LEG_SECURING,  /* a TLS handshake is under way */
    LEG_GREETING,  /* connected; 220 awaited */
    LEG_PREPARING, /* an EHLO of ours, STARTTLS */
    LEG_GREETED,   /* ready for the client's EHLO or HELO */
    LEG_READY,     /* EHLO or HELO answered */
    LEG_FAILED     /* no upstream could be had: `failure` says what to answer */
};

/* What the upstream has been told about the client, by XCLIENT or XFORWARD. */
enum leg_told {
    TOLD_NOTHING,
    TOLD_ASKING, /* an EHLO of ours asks what may be told */
    TOLD_ASKED,  /* it is known what may be told */
    TOLD_PARTLY, /* a command's reply is awaited */
    TOLD_ALL
};

/* Owned by its session. */
struct leg {
    struct wire wire;
    struct dial dial;
    struct reply_reader reader;
    struct exchange_list expected; /* forwarded, oldest first */
    unsigned outstanding;          /* their number */
    unsigned candidate;            /* upstream being tried, index into settings->upstreams */
    enum leg_state state;
    uint64_t offers;   /* bits of enum keyword it offers */
    uint64_t deadline; /* for the next reply; 0: none is awaited */
    uint64_t quiet;    /* since when none is */
    uint64_t progress; /* octets it had taken at `blocked` */
    uint64_t blocked;  /* since when it takes no more octets */
    bool spoiled;      /* its state is unknown: good for nothing but closing */
    bool upgrade;      /* STARTTLS has been accepted: TLS begins behind that reply */
    enum leg_told told;
    char *told_helo;     /* the name it has been told with XCLIENT */
    uint64_t may_tell;   /* bits of enum xclient_attribute that it takes */
    uint32_t introduced; /* the transaction, of session->transactions, that XFORWARD has been sent for */
    bool plain;          /* TLS has failed where it is opportunistic: this time without */
    struct kept_reply *failure;
    char *greeting; /* text of the 220 line, when it is to be shown */
};

/* The upstream that the leg is connected to, or being connected to; valid unless LEG_FAILED. */
const struct settings_upstream *leg_upstream(const struct session *session);

/* Begins to connect. The leg then exists, perhaps already LEG_FAILED; NULL: no memory. */
struct leg *leg_open(struct session *session);
/* Lets go without a word. Awaited replies must have been failed before, unless the session itself ends. */
void leg_close(struct session *session);
/* Reads what the upstream has sent and gives each reply to its exchange. True when something moved. */
bool leg_collect(struct session *session);
/* The upstream failed or is not to be trusted further: every awaited reply fails, the leg is closed; the next
 * one is tried when it was lost while we introduced the client. */
void leg_lose(struct session *session, const char *why);
/* The present candidate is no good, and nothing has been entrusted to it: the next one is tried. */
void leg_skip(struct session *session);
/* The same by our own decision: a message is abandoned without its end of data. */
void leg_abandon(struct session *session);

enum leg_forward {
    LEG_FORWARDED, /* on its way; exchange->replied will be called */
    LEG_WAIT,      /* not now; ask again on the next round */
    LEG_NONE       /* no upstream to be had; *session->leg->failure or 451 says why: leg_refuse() answers */
};

/* Is the upstream ready for mail? Connects and introduces the client if need be. FORWARDED: yes. */
enum leg_forward leg_reach(struct session *session);
/* Sends exchange->line when the upstream is ready (connecting first if need be) and the pipelining rules
 * allow. */
enum leg_forward leg_forward(struct session *session, struct exchange *exchange);
/* As leg_forward() for EHLO and HELO, before which the upstream is told who the client is, if it is to be. */
enum leg_forward leg_forward_helo(struct session *session, struct exchange *exchange);
/* As leg_forward() for what needs no more than the greeting. */
enum leg_forward leg_forward_greeted(struct session *session, struct exchange *exchange);
/* What is known of why there is no upstream: 4xx, or the upstream's own greeting. Drops the leg. */
void leg_give_up(struct session *session, struct kept_reply *why);
/* The same, answering with it. */
void leg_refuse(struct session *session, struct exchange *exchange);

/* Appends the exchange to those awaiting a reply; its bytes have been or will be queued by the caller. */
void leg_expect(struct session *session, struct exchange *exchange);
/* Says a line of our own, CRLF included, whose reply only `replied` hears; leg_expect() has been called, so
 * the exchange is the leg's. NULL: no memory or no room, and nothing was said. */
struct exchange *leg_say(struct session *session, struct span line, exchange_replied *replied);
/* The same for EHLO or HELO with a name. */
struct exchange *leg_say_helo(struct session *session, struct span name, bool extended,
                              exchange_replied *replied);
/* Ends a transaction that the upstream has open, in our own name: RSET, its reply heard by nobody. */
void leg_reset(struct session *session);
/* The upstream offers it, now. */
bool leg_offers(const struct session *session, enum keyword keyword);
/* The upstream's side is encrypted, and the upstream is who it should be. */
bool leg_verified(const struct session *session);
/* An EHLO (or HELO) reply has come: the leg is ready, its capabilities are remembered. *caps is filled. */
void leg_greeted(struct session *session, const struct reply_in *reply, struct ehlo *caps);

#endif
