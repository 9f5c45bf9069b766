/* mailbox.h: ordinary mail, the same in every run: plain text, HTML, quoted-printable and base64 attachments.
 */
#ifndef BENCH_MAILBOX_H
#define BENCH_MAILBOX_H

#include "postern/span.h"

struct mailbox {
    char *octets;
    size_t len, size;
    struct span *messages;
    size_t count;
};

/* Messages of about as many octets together. */
void mailbox_make(struct mailbox *mailbox, size_t octets);
void mailbox_free(struct mailbox *mailbox);
/* A word that looks like those in the mail; from 2000 on it is in none of it. */
void mailbox_word(unsigned n, char out[16]);

#endif
