/* script.h: what every session of a run says and expects to hear, prepared once. Saying it is left to client.
 */
#ifndef BENCH_SCRIPT_H
#define BENCH_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/* One write, and the replies to await before the next. */
struct step {
    const char *text; /* the script's */
    size_t length;
    unsigned expect[5]; /* reply codes, ended by 0 */
    bool delivers;      /* the first reply takes over a message */
    bool opens;         /* behind the reply, messages begin */
    bool encrypts;      /* behind the reply, the handshake of TLS begins */
};

enum script_kind {
    SCRIPT_LOCK_STEP, /* every command waits for the reply to the one before */
    SCRIPT_PIPELINED, /* groups as RFC 2920 3.1 allows: MAIL RCPT DATA; message MAIL RCPT DATA; message QUIT
                       */
    SCRIPT_HOLD,      /* EHLO, and nothing further */
};

struct script {
    struct step *steps;
    size_t count;
    char *message, *group, *farewell; /* text of the steps that carry a message */
};

/* What is in a message. */
enum script_content {
    SCRIPT_TEXT,
    SCRIPT_ATTACHMENT /* a text, and as much in an attachment in base64 */
};

/* messages: per session, with SCRIPT_PIPELINED at least 1; size: octets of a message, its dot line not
 * counted; starttls: STARTTLS and a second EHLO behind the first (RFC 3207). */
void script_init(struct script *script, enum script_kind kind, size_t messages, size_t size,
                 enum script_content content, bool starttls);
void script_free(struct script *script);

#endif
