/* context.h: what is known of one SMTP session that a filter sees (SMFICTX). What happens in it is left to
 * engine.c, what a filter may do with it to rights.c. */
#ifndef FILTERS_LIBMILTER_CONTEXT_H
#define FILTERS_LIBMILTER_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "filters/libmilter/macros.h"
#include "filters/milter/wire.h"
#include "libmilter/mfapi.h"

/* How far the conversation has come, in the order of its steps. */
enum phase {
    PHASE_NEW,  /* nothing has been negotiated */
    PHASE_OPEN, /* the next SMTP session may begin */
    PHASE_IDLE, /* between messages */
    PHASE_MAIL,
    PHASE_RCPT,
    PHASE_DATA,
    PHASE_HEADERS,
    PHASE_EOH,
    PHASE_BODY,
    PHASES
};

/* The callback that is running. */
enum call {
    CALL_NONE,
    CALL_NEGOTIATE,
    CALL_CONNECT,
    CALL_HELO,
    CALL_MAIL,
    CALL_RCPT,
    CALL_DATA,
    CALL_UNKNOWN,
    CALL_HEADER,
    CALL_EOH,
    CALL_BODY,
    CALL_EOM,
    CALL_ABORT,
    CALL_CLOSE
};

/* Where the packets go that the filter sends. say() returns -1 when the mail server has gone, or the packet
 * is too long; `prompt`: it must not wait until the callback has returned. */
struct outlet {
    int (*say)(void *arg, const struct milter_packet *packet, bool prompt);
    void *arg;
};

/* What has been agreed on. */
struct terms {
    uint32_t version;
    uint32_t offered_actions, offered_steps;
    uint32_t actions, steps; /* as the filter wants them */
    uint32_t told_steps;     /* as the mail server is told them */
};

struct smfi_str {
    const struct smfiDesc *filter;
    struct outlet outlet;
    int debug;
    enum phase phase;
    enum call calling;
    bool unanswered; /* the mail server does not wait for what the callback says */
    bool closed;     /* xxfi_close has been called, and no session has begun since */
    struct terms terms;
    struct macros macros;
    char *symbols[MILTER_STAGES]; /* smfi_setsymlist() */
    char *reply;                  /* smfi_setreply() */
    char **arguments;             /* of MAIL and RCPT */
    size_t arguments_size;
    void *private_data;
};

/* NULL when memory is short. The filter must have been through filter_describe(), and outlive the context. */
SMFICTX *context_new(const struct smfiDesc *filter, struct outlet outlet, int debug);
void context_free(SMFICTX *ctx);

/* Makes of what smfi_register() was given what the rest can rely on: callbacks that its version does not have
 * are NULL. -1: it is of a version that cannot be served. */
int filter_describe(struct smfiDesc *filter);
/* The steps that the filter has no callbacks for. */
uint32_t filter_unwanted(const struct smfiDesc *filter);

#endif
