/* trace.h: the envelope of a stored message written down, as header fields or as JSON. Where it goes is left
 * to maildir.c. */
#ifndef SINK_TRACE_H
#define SINK_TRACE_H

#include "sink/sink_store.h"

/* Text that grows; zeroed at the start. ptr is freed with mem_free(). */
struct trace {
    char *ptr;
    size_t len;
    size_t size;
    bool failed; /* out of memory; nothing more is taken */
};

/* Return-Path, Delivered-To and X-Original-To for each recipient, and Received (RFC 5321 4.4), lines ending
 * in LF. wall: milliseconds since the epoch. */
void trace_fields(struct trace *trace, const struct sink_envelope *envelope, struct span id, uint64_t wall);
/* One JSON object with LF behind it. */
void trace_json(struct trace *trace, const struct sink_envelope *envelope);

#endif
