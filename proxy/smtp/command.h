/* command.h: a command line becomes a verb and its arguments. Legality in a session is left to session/verbs.
 */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include "postern/span.h"

/* Every verb that is known by name; what is done with it is session/verbs' table. */
enum verb {
    VERB_UNKNOWN,
    VERB_HELO,
    VERB_EHLO,
    VERB_MAIL,
    VERB_RCPT,
    VERB_DATA,
    VERB_BDAT,
    VERB_RSET,
    VERB_NOOP,
    VERB_QUIT,
    VERB_HELP,
    VERB_VRFY,
    VERB_EXPN,
    VERB_STARTTLS,
    VERB_AUTH,
    VERB_ETRN,
    VERB_ATRN,
    VERB_TURN,
    VERB_BURL,
    VERB_XCLIENT,
    VERB_XFORWARD,
    VERB_SEND,
    VERB_SOML,
    VERB_SAML,
    VERB_VERB,
    VERB_ONEX,
    VERB_CLIENTID,
    VERB_XEXCH50,
    VERB_X_EXPS,
    VERB_X_LINK2STATE,
    VERB_X_ANONYMOUSTLS,
    VERB_FOREIGN, /* another protocol's first line: GET, POST, CONNECT, "Name: value", a TLS ClientHello
 */
    VERB_COUNT
};

struct command {
    enum verb verb;
    struct span name;      /* as written */
    struct span arguments; /* after the verb and the spaces behind it, trailing spaces removed */
};

/* Splits one line (without CRLF). 0, or -1 when there is no verb at all (empty line, first octet not a
 * letter); out->verb is then VERB_UNKNOWN or VERB_FOREIGN. Verbs compare without regard to case (RFC
 * 5321 2.4). */
int command_parse(struct span line, struct command *out);
/* The verb in upper case; "?" for UNKNOWN and FOREIGN. */
const char *command_name(enum verb verb);
/* The verb of that name, or VERB_UNKNOWN. */
enum verb command_verb(struct span name);

#endif
