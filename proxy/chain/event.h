/* event.h: what is known of each event: its name, its callback, the verdicts it may be answered with. What a
 * verdict does is left to ask.c. Private to chain/. */
#ifndef CHAIN_EVENT_H
#define CHAIN_EVENT_H

#include "postern/filter.h"

struct event_row {
    const char *name;  /* in the log */
    size_t callback;   /* offset in struct filter */
    unsigned verdicts; /* bits 1u << enum verdict */
    bool of_message;   /* ACCEPT, SKIP and failure count for the message, else for the session */
    bool of_content;   /* asked in the filter's pass over the message */
};

extern const struct event_row event_rows[FILTER_EVENTS];

static inline unsigned event_bit(enum filter_event event)
{
    return 1u << event;
}

/* True when the event may be answered so; a verdict outside the enumeration never may. */
static inline bool event_allows(enum filter_event event, enum verdict verdict)
{
    return (unsigned)verdict <= VERDICT_FAIL && (event_rows[event].verdicts >> verdict & 1u) != 0;
}

/* The verdict in lower case, for the log. */
const char *event_verdict_name(enum verdict verdict);

#endif
