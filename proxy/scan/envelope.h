/* envelope.h: whom a stored message came from and whom it went to, as far as its header tells. Reading the
 * header section is left to mail/header. */
#ifndef SCAN_ENVELOPE_H
#define SCAN_ENVELOPE_H

#include "base/arena.h"

#define ENVELOPE_RECIPIENTS 100 /* further ones are left out */

/* Zeroed, then filled. Mailboxes without angle brackets; they live in the arena. */
struct envelope {
    struct span reverse_path; /* empty: <> */
    struct span recipients[ENVELOPE_RECIPIENTS];
    size_t count;
};

/* The reverse-path is that of Return-Path, else the first mailbox of From, else <>. The recipients are those
 * of Delivered-To, else of To, else postmaster alone. What is no mailbox of RFC 5321, or needs SMTPUTF8, is
 * passed over. False: no memory. */
bool envelope_read(struct envelope *envelope, struct span content, struct arena *arena);

#endif
