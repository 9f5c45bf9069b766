/* introduction.h: what is known of a client beside its address: its name, and what a server in front of us
 * has told. Telling the upstream is left to identity.c. */
#ifndef SESSION_INTRODUCTION_H
#define SESSION_INTRODUCTION_H

#include "session/session.h"
#include "smtp/xclient.h"

/* Owned by its session. */
struct introduction {
    struct naming naming; /* its name being looked up */
    char *name;           /* found, or told by XCLIENT; NULL: not known yet */
    char *login;          /* told by XCLIENT; NULL: none */
    char *forwarded;      /* the decoded values of an XFORWARD: what `values` point to */
    struct xclient values;
};

/* Made when first asked for; NULL: no memory. */
struct introduction *introduction_of(struct session *session);
/* Forgets it, and withdraws a lookup of the name. */
void introduction_forget(struct session *session);
/* What XFORWARD has told holds for one transaction (XFORWARD_README). */
void introduction_end_transaction(struct session *session);
/* Is the client's name known, if only as not to be found? False: it is being looked up, and the session will
 * be advanced. */
bool introduction_named(struct session *session);
/* The name, confirmed or told by XCLIENT; absent when there is none, or none is known. */
struct span introduction_name(const struct session *session);
/* Whom the client meant to reach. */
const struct ip *introduction_destination(const struct session *session);

/* Attributes with room for those that are printed. */
struct introduction_values {
    struct xclient as;
    char bytes[4][IP_TEXT_MAX + 8];
};

/* For XCLIENT, with the name the client introduces itself by. */
void introduction_fill(const struct session *session, struct span helo, bool extended,
                       struct introduction_values *out);
/* For XFORWARD. */
void introduction_fill_forward(const struct session *session, const struct transaction *transaction,
                               struct introduction_values *out);

#endif
