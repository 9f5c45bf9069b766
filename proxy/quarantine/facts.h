/* facts.h: what is known of a kept message beside its octets, as a JSON object. Files are left to draft.c and
 * entry.c, where the facts come from to the session. */
#ifndef QUARANTINE_FACTS_H
#define QUARANTINE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/span.h"

struct facts_recipient {
    struct span address;    /* what the upstream is to be told, without angle brackets */
    struct span parameters; /* of RCPT, space-separated; may be absent */
    struct span given;      /* what the client said, where that is something else */
};

/* Absent facts are {NULL, 0}, false or 0. */
struct facts {
    struct span id;
    struct span time; /* RFC 3339 */
    struct span session;
    struct span client, client_name; /* address and name */
    uint64_t client_port;
    struct span helo;
    bool extended; /* EHLO rather than HELO */
    struct span listener;
    struct span tls_version, tls_cipher, tls_subject;
    struct span authentication, identity; /* mechanism, and who */
    struct span reverse_path;             /* present and empty for <> */
    struct span reverse_path_given;       /* what the client said, where that is something else */
    struct span parameters;               /* of MAIL, space-separated: SMTPUTF8, BODY=8BITMIME */
    bool smtputf8, binary;
    const struct facts_recipient *recipients;
    size_t recipient_count;
    struct span filter, reason; /* why it is kept */
    uint64_t size;              /* octets that the client sent */
    struct span upstream;       /* that it was meant for, as proxy.yaml names it */
    struct span destination;    /* address:port that the client meant to reach, of a redirected connection */
};

/* The facts as a file holds them, or on one line, without its end; NUL-terminated, to be freed with
 * mem_free(). NULL: no memory. Octets that are no UTF-8 are taken for Latin-1, NUL becomes '?'. */
char *facts_print(const struct facts *facts, bool line, size_t *len);

/* Facts read from a file; they and all they point to live until facts_close(). */
struct facts_file {
    struct facts facts;
    struct facts_recipient *recipients;
    void *document;
};

/* 0, -ENOMEM, or -EBADMSG when these are no facts: no JSON object, a value of another type than it should
 * have, no id, no reverse-path, no recipients. Keys that are not known are passed over. */
int facts_open(struct facts_file *file, struct span json);
void facts_close(struct facts_file *file);

#endif
