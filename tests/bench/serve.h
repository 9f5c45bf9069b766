/* serve.h: one SMTP conversation of the sink: octets in, replies out, everything accepted. Sockets are left
 * to sink. */
#ifndef BENCH_SERVE_H
#define BENCH_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outbox.h"

/* Of all conversations. */
struct serve_tally {
    uint64_t sessions, messages, bytes; /* octets of messages, without the dot line */
    const char *refuse;                 /* a verb that is answered 550, or NULL */
};

enum serve_stage { SERVE_COMMAND, SERVE_DATA, SERVE_CHUNK, SERVE_END };

struct serve {
    enum serve_stage stage;
    bool last_chunk;
    uint64_t chunk_left;
    size_t line_length; /* of the command line under way */
    size_t tail_length; /* of the message's last octets, in which its end may have begun */
    char tail[4];
    char line[1000];
};

void serve_greet(struct serve *serve, struct outbox *outbox);

/* Takes all octets. After SERVE_END the connection is to be closed. */
void serve_octets(struct serve *serve, const char *octets, size_t length, struct outbox *outbox,
                  struct serve_tally *tally);

#endif
