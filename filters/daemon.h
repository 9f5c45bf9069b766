/* daemon.h: shows a message to a daemon while it arrives, and hears its answer: the first of several
 * addresses that takes the connection. What is said to it and what the answer means is left to each filter.
 */
#ifndef FILTERS_DAEMON_H
#define FILTERS_DAEMON_H

#include "postern/filter_io.h"

#define DAEMON_PARTS  3
#define DAEMON_ANSWER 4096 /* octets of an answer that are kept; more of it is an error */

enum daemon_too_large { TOO_LARGE_REJECT, TOO_LARGE_TEMPFAIL, TOO_LARGE_PASS };

/* Stands first in the filter's configuration. */
struct daemon_config {
    struct option_strings addresses;
    uint64_t connect_limit; /* ms for each address */
    uint64_t max_size;      /* octets of content */
    int too_large;          /* enum daemon_too_large */
};

/* What the daemon has said. */
struct daemon_answer {
    struct span text; /* all of it, up to the end of the connection */
    bool complete;    /* behind the whole message, and nothing broke; else it is about what it has seen */
};

struct daemon_calls {
    /* What the answer comes to; replies, reasons and edits are those of the question that waits for it. */
    enum verdict (*judge)(struct filter_ctx *ctx, const struct daemon_answer *answer);
    /* What a message comes to that is larger than max_size: daemon_too_large(), and more if need be. */
    enum verdict (*too_large)(struct filter_ctx *ctx);
};

/* One message; stands first in the filter's message state, zeroed at its begin. */
struct daemon {
    const struct daemon_calls *calls;
    struct filter_channel *channel;
    size_t next;   /* address to be tried */
    uint64_t seen; /* octets of content */
    struct span parts[DAEMON_PARTS];
    unsigned part, count; /* being sent, of */
    int error;            /* negative errno that ended the connection, or the last attempt at one */
    bool connected;
    bool waiting; /* a question is PENDING */
    bool last;    /* the parts are the last ones */
    bool over;    /* nothing more comes from the daemon */
    size_t answer_len;
    char answer[DAEMON_ANSWER];
};

/* The keys of struct daemon_config, of which `config` has one called daemon; and the defaults of max_size and
 * too_large. */
#define DAEMON_OPTIONS(config, size, otherwise)                                                              \
    {.key = "address",                                                                                       \
     .type = OPTION_STRINGS,                                                                                 \
     .offset = offsetof(config, daemon.addresses),                                                           \
     .required = true,                                                                                       \
     .help = "Where the daemon listens: host:port, or unix:/path of a socket that Postern's user may use; "  \
             "of several the first that takes the connection."},                                             \
        {.key = "connect_limit",                                                                             \
         .type = OPTION_DURATION,                                                                            \
         .offset = offsetof(config, daemon.connect_limit),                                                   \
         .fallback = "3s",                                                                                   \
         .min = 1,                                                                                           \
         .max = 86400000,                                                                                    \
         .help = "Time for a connection to each address; all of them together have time_limit."},            \
        {.key = "max_size",                                                                                  \
         .type = OPTION_SIZE,                                                                                \
         .offset = offsetof(config, daemon.max_size),                                                        \
         .fallback = (size),                                                                                 \
         .min = 1,                                                                                           \
         .max = INT64_MAX,                                                                                   \
         .help = "Octets of a message that are shown to the daemon."},                                       \
    {                                                                                                        \
        .key = "too_large", .type = OPTION_ENUM, .offset = offsetof(config, daemon.too_large),               \
        .fallback = (otherwise), .words = daemon_too_large_words,                                            \
        .help = "What becomes of a message that is larger, or larger than the daemon takes; pass is logged." \
    }
extern const char *const daemon_too_large_words[];

/* Complains about addresses that are none. 0 or -1. */
int daemon_config_check(const struct daemon_config *config, struct filter_setup *setup);

/* content more octets of the message have come, and these parts are to be sent; they must stay as they are
 * until the question is answered. The verdict for the question: CONTINUE, PENDING, or what was decided
 * meanwhile. */
enum verdict daemon_send(struct filter_ctx *ctx, const struct daemon_calls *calls, size_t content,
                         const struct span *parts, unsigned count);
/* Nothing follows these parts, perhaps none; `finish`: nor anything else on this connection. The verdict for
 * the question: PENDING, or what was decided. */
enum verdict daemon_end(struct filter_ctx *ctx, const struct span *parts, unsigned count, bool finish);
/* The verdict on a message that is larger than the daemon is shown or takes: by too_large, ACCEPT for pass.
 */
enum verdict daemon_too_large(struct filter_ctx *ctx);
/* The filter's cancel and on_abort. */
void daemon_cancelled(struct filter_ctx *ctx);
void daemon_close(struct filter_ctx *ctx);

#endif
