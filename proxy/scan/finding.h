/* finding.h: what became of a message in a trial, and who decided it: read from the log of its session.
 * Printing is left to the program. */
#ifndef SCAN_FINDING_H
#define SCAN_FINDING_H

#include <stdint.h>

#include "base/text.h"

#define FINDING_NOTES 8 /* kept of one message; further ones are counted */

/* A short text that owns its octets. */
struct finding_text {
    size_t len;
    char bytes[512];
};

/* A filter that observes would have decided so, or one has failed. */
struct finding_note {
    bool failed;
    struct finding_text filter;
    struct finding_text what; /* the verdict, the edit, or what a failure leads to */
    struct finding_text at;   /* the event; empty: an edit */
    struct finding_text reason;
    struct finding_text where; /* the field or part of the message; empty: not one of them alone */
};

/* Zeroed before each message. */
struct finding {
    struct finding_text verdict; /* of the transaction, as the log calls it */
    struct finding_text filter;  /* that decided; empty: none did */
    struct finding_text reason;
    struct finding_text where;   /* as in a note */
    struct finding_text at;      /* the command that was refused, or "message"; empty: nothing was */
    struct finding_text reply;   /* to the client, without its code */
    struct finding_text refused; /* "mailbox=code(filter: reply)" of each recipient */
    unsigned code;
    unsigned recipients, recipients_refused;
    struct finding_note notes[FINDING_NOTES];
    unsigned count; /* of notes, those that were not kept included */
    uint64_t size;  /* octets as stored */
    uint64_t ns;    /* from connecting to the end of the session */
};

static inline struct span finding_span(const struct finding_text *text)
{
    return (struct span){text->bytes, text->len};
}

/* Cut to its room. */
void finding_set(struct finding_text *text, struct span s);
/* A line of the log. */
void finding_hear(struct finding *finding, struct span line);
/* What the client was answered last: to `at`, when that was a refusal. */
void finding_answered(struct finding *finding, const char *at, unsigned code, struct span text);
/* The session is over: the verdict is one of "accepted", "partly" (some recipients were refused),
 * "rejected", "tempfailed", "discarded", or "lost" when the session ended without an answer. */
void finding_settle(struct finding *finding);
/* Anything but "accepted". */
bool finding_refused(const struct finding *finding);
bool finding_lost(const struct finding *finding);

#endif
