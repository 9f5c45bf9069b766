/* maildir.h: messages as files of a Maildir, durable before they are acknowledged. What is acceptable is left
 * to sink_session.c. */
#ifndef SINK_MAILDIR_H
#define SINK_MAILDIR_H

#include "base/world.h"
#include "sink/sink_store.h"

struct maildir;

/* Makes path, path/tmp, path/new and path/cur where missing. With `raw`, content is stored octet for octet
 * and the envelope as JSON in path/envelopes/NAME.json; without, CRLF becomes LF (but for BODY=BINARYMIME)
 * and Return-Path, Delivered-To, X-Original-To and Received fields precede the message. path is copied.
 * Commits block for the time of an fsync. NULL with errno set when that cannot be done. */
struct maildir *maildir_open(const char *path, bool raw, struct world *world);
/* Letters must have been committed or aborted. NULL is a no-op. */
void maildir_close(struct maildir *maildir);
struct sink_store *maildir_store(struct maildir *maildir);

#endif
