/* record.h: a filter that decides nothing and writes down every event it is shown. */
#ifndef SMUGGLE_RECORD_H
#define SMUGGLE_RECORD_H

#include "lab.h"
#include "postern/filter.h"

/* "record" in proxy.yaml. DATA is left out: to be asked about it would hold it back until all earlier replies
 * are known. */
extern const struct filter record_filter;

/* What all of them have been shown since record_clear(), in streams: between these the order may depend
 * on when octets come. Headers, content and body are without messages that
 * were given up, content and body without marks between pieces. */
enum record_stream {
    RECORD_EVENTS,
    RECORD_REPLIES,
    RECORD_HEADERS,
    RECORD_CONTENT,
    RECORD_BODY,
    RECORD_STREAMS
};

struct record {
    struct lab_bytes streams[RECORD_STREAMS];
};

extern struct record record;

void record_clear(void);
void record_copy(struct record *to);
bool record_same(const struct record *a, const struct record *b);
void record_free(struct record *copy);

#endif
