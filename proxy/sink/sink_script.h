/* sink_script.h: where and how the sink misbehaves on demand. Carrying it out is left to sink_session.c. */
#ifndef SINK_SINK_SCRIPT_H
#define SINK_SINK_SCRIPT_H

#include <stdint.h>

#include "postern/span.h"

/* Where a session can be made to misbehave. */
enum sink_point {
    SINK_AT_CONNECT,
    SINK_AT_HELO,
    SINK_AT_EHLO,
    SINK_AT_STARTTLS,
    SINK_AT_AUTH,
    SINK_AT_MAIL,
    SINK_AT_RCPT,
    SINK_AT_DATA,
    SINK_AT_BDAT,
    SINK_AT_BODY,   /* in the middle of the content */
    SINK_AT_EOM,    /* the final dot or the last chunk has come; the message is not stored yet */
    SINK_AT_STORED, /* the message is stored; its 250 has not been sent */
    SINK_AT_RSET,
    SINK_AT_NOOP,
    SINK_AT_VRFY,
    SINK_AT_ETRN,
    SINK_AT_HELP,
    SINK_AT_QUIT,
    SINK_POINTS,
    SINK_AT_NOWHERE = SINK_POINTS /* what cannot be scripted */
};

enum sink_act {
    SINK_PROCEED, /* as a good server would */
    SINK_REPLY,   /* `code` and `text`; 421 closes */
    SINK_GARBAGE, /* bytes that are no reply */
    SINK_DROP,    /* close without a reply */
    SINK_RESET    /* the same with a TCP reset */
};

struct sink_action {
    enum sink_act act;
    unsigned code;
    struct span text; /* may begin with an enhanced code; absent: a default */
    uint64_t delay;   /* milliseconds before it */
};

struct sink_rule {
    enum sink_point point;
    uint64_t nth; /* 0: every time; at BODY: the octets of content that must have come */
    struct sink_action action;
};

#define SINK_RULES_MAX 64

/* Zeroed: no rule. Embedded by value. */
struct sink_script {
    struct sink_rule rules[SINK_RULES_MAX];
    unsigned count;
};

/* Reads "POINT[#N]=ACTION" and appends it; the bytes of `rule` must outlive the script. ACTION is
 * reject[:CODE[ TEXT]], tempfail[:CODE[ TEXT]], delay:DURATION, garbage, drop or reset. NULL, or what is
 * wrong. */
const char *sink_script_add(struct sink_script *script, struct span rule);

/* What is to be done now that a session has come to `point` more than `before` and up to `now` times (at
 * BODY: octets of content): delays add up, of the other actions the last one counts. */
struct sink_action sink_script_at(const struct sink_script *script, enum sink_point point, uint64_t before,
                                  uint64_t now);

#endif
