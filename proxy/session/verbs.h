/* verbs.h: what each verb is: when it is legal, what filters are asked, what is done. Each verb's functions
 * are in its own file. */
#ifndef SESSION_VERBS_H
#define SESSION_VERBS_H

#include "session/leg.h"
#include "session/session.h"
#include "smtp/ehlo.h"

/* When a verb is legal, and how it stands in a pipelined group. */
#define VERB_NEEDS_HELO        0x01u
#define VERB_NEEDS_TRANSACTION 0x02u
#define VERB_NO_TRANSACTION    0x04u
#define VERB_ALONE             0x08u  /* waits for every earlier reply before it is even checked */
#define VERB_ENDS_GROUP        0x10u  /* RFC 2920 3.1 */
#define VERB_SECRET            0x20u  /* its arguments go to no filter and no log */
#define VERB_INVITES_CONTENT   0x80u  /* a client that does not wait for 354 sends content behind it */
#define VERB_WHEN_BARRED       0x40u  /* allowed although a filter refused the session */
#define VERB_WITHOUT_TLS       0x100u /* allowed before STARTTLS where that is required (RFC 3207 4) */

/* What proceed came to. */
enum proceed {
    PROCEED_DONE, /* answered, or forwarded */
    PROCEED_WAIT  /* call again on the next round: no upstream yet, no room, group not over */
};

struct verb_row {
    const char *name;
    unsigned flags;
    enum keyword keyword;    /* forwarded only when this is offered; KEYWORD_NONE: always */
    struct reply otherwise;  /* the answer when it is not */
    enum filter_event event; /* asked between check and proceed; FILTER_EVENTS: none */
    /* Parses and validates; false: it has answered. NULL: nothing to check. */
    bool (*check)(struct session *session, struct exchange *exchange, struct span arguments);
    /* Fills the question for `event`; false: there is none this time. */
    bool (*question)(struct session *session, struct exchange *exchange, struct chain_question *question);
    /* A filter decided against it (never CONTINUE or PENDING): answers, or sets STAGE_PROCEED to go on all
     * the same. NULL: exchange_decide(). */
    void (*refused)(struct session *session, struct exchange *exchange, const struct decision *decision);
    enum proceed (*proceed)(struct session *session, struct exchange *exchange);
};

const struct verb_row *verbs_row(enum verb verb);
/* Replies that answer no command: the greeting, the end of data, a 421 of our own. */
extern const struct verb_row verbs_greeting, verbs_end_of_data, verbs_closing;

/* What forwarding came to, as proceed says it; with no upstream to be had the command is refused. */
enum proceed verb_forwarded(struct session *session, struct exchange *exchange, enum leg_forward came_to);

bool verb_helo_check(struct session *, struct exchange *, struct span);
bool verb_helo_question(struct session *, struct exchange *, struct chain_question *);
void verb_helo_refused(struct session *, struct exchange *, const struct decision *);
enum proceed verb_helo_proceed(struct session *, struct exchange *);

bool verb_mail_check(struct session *, struct exchange *, struct span);
bool verb_mail_question(struct session *, struct exchange *, struct chain_question *);
void verb_mail_refused(struct session *, struct exchange *, const struct decision *);
enum proceed verb_mail_proceed(struct session *, struct exchange *);

bool verb_rcpt_check(struct session *, struct exchange *, struct span);
bool verb_rcpt_question(struct session *, struct exchange *, struct chain_question *);
void verb_rcpt_refused(struct session *, struct exchange *, const struct decision *);
enum proceed verb_rcpt_proceed(struct session *, struct exchange *);

bool verb_data_check(struct session *, struct exchange *, struct span);
bool verb_data_question(struct session *, struct exchange *, struct chain_question *);
void verb_data_refused(struct session *, struct exchange *, const struct decision *);
enum proceed verb_data_proceed(struct session *, struct exchange *);
/* Asks the upstream for content in our own name; session->body hears the answer. WAIT: call again. */
enum leg_forward verb_data_ask(struct session *session);

bool verb_bdat_check(struct session *, struct exchange *, struct span);
bool verb_bdat_question(struct session *, struct exchange *, struct chain_question *);
void verb_bdat_refused(struct session *, struct exchange *, const struct decision *);
enum proceed verb_bdat_proceed(struct session *, struct exchange *);
/* A BDAT that a filter refused: its octets are still read. */
void verb_bdat_refuse(struct session *session, struct exchange *exchange, unsigned code, const char *enhanced,
                      struct span text);

bool verb_starttls_check(struct session *, struct exchange *, struct span);
enum proceed verb_starttls_proceed(struct session *, struct exchange *);

#define VERB_XCLIENT_ATTRIBUTES  "NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"
#define VERB_XFORWARD_ATTRIBUTES "NAME ADDR PORT PROTO HELO IDENT SOURCE"
enum proceed verb_xclient_proceed(struct session *, struct exchange *);
enum proceed verb_xforward_proceed(struct session *, struct exchange *);

bool verb_auth_check(struct session *, struct exchange *, struct span);
enum proceed verb_auth_proceed(struct session *, struct exchange *);
enum step verb_auth_step(struct session *);

bool verb_plain_check(struct session *, struct exchange *, struct span);
bool verb_optional_check(struct session *, struct exchange *, struct span);
enum proceed verb_rset_proceed(struct session *, struct exchange *);
enum proceed verb_noop_proceed(struct session *, struct exchange *);
enum proceed verb_quit_proceed(struct session *, struct exchange *);
enum proceed verb_help_proceed(struct session *, struct exchange *);
enum proceed verb_pass_proceed(struct session *, struct exchange *);
enum proceed verb_hidden_proceed(struct session *, struct exchange *);
enum proceed verb_foreign_proceed(struct session *, struct exchange *);

#endif
