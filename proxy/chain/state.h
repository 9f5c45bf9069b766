/* state.h: what one session keeps of its filters, and the configured chain as its parts see it. Private to
 * chain/. */
#ifndef CHAIN_STATE_H
#define CHAIN_STATE_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "chain/answer.h"
#include "chain/chain.h"
#include "chain/event.h"

/* One filter as configured, and what it has done so far. */
struct member {
    struct chain_member as;
    struct {
        atomic_uint_fast64_t asked, rejected, tempfailed, discarded, quarantined, failed, observed;
    } counts;
};

/* The members first … end-1, and what any of them is interested in. */
struct pass {
    unsigned first, end;
    unsigned interests;
    unsigned edits; /* of the header section and the body, by those that do not only observe */
};

struct chain {
    struct member *members;
    unsigned count;
    unsigned edits;
    struct pass everyone; /* asked about all that is not content */
    struct pass *passes;  /* one at least */
    unsigned pass_count;
};

/* The pass that a question belongs to now. */
static inline const struct pass *pass_now(const struct chain_run *run, enum filter_event event)
{
    return event_rows[event].of_content ? &run->chain->passes[run->pass] : &run->chain->everyone;
}

/* Changes of the header section, oldest first. */
struct header_edits {
    struct header_edit *first, *last;
};

/* One filter in one session. Tens of thousands of these wait in idle sessions: what a question needs only
 * while it is open hangs on pointers. */
struct filter_ctx {
    struct chain_state *state;
    void *session;       /* made when the filter first asks for it */
    void *message;       /* in the message's arena, likewise */
    struct timer *timer; /* NULL: none set */
    LIST_HEAD(, filter_channel) channels;
    LIST_HEAD(, filter_bell) bells;
    uint16_t skipped;    /* bits of events it wants no more of in this message */
    bool asked : 1;      /* on_close is due */
    bool out : 1;        /* ACCEPTed the connection */
    bool in_message : 1; /* has been asked about this message */
    bool past : 1;       /* done with this message: ACCEPTed, failed, or observed to refuse it */
    bool ended : 1;      /* has answered on_end_of_message */
    bool decided : 1;    /* with a refusal of its own */
    bool lost_edit : 1;  /* there was no room for a change */
};

/* A callback being run; lives on the stack of whoever runs it. */
struct visit {
    enum filter_event event;               /* FILTER_EVENTS: not a question */
    struct filter_reply *reply;            /* FILTER_REPLY: as it stands now */
    const struct chain_question *question; /* NULL: not a question */
    struct filter_facts facts;             /* filled when asked for */
};

/* Made at the first question that interests a filter. */
struct chain_state {
    struct chain_run *run;
    struct visit *visit;    /* the callback that is running, or NULL */
    struct parked *parked;  /* the question that waits, or NULL */
    struct answer *answer;  /* what the filter asked last said; NULL: nothing */
    struct answer *rewrite; /* as answer, for FILTER_REPLY, which may be asked while a question waits */
    struct span path, path_before;    /* of the MAIL, RCPT or HELO asked about, as the filter asked last, and
                                         those    before it, have rewritten it */
    struct helo_name *names;          /* that filters have the upstream told at HELO */
    struct header_edits edits, later; /* of the filters of this pass; of those whose pass has not come */
    struct new_body *bodies;          /* that filters of this pass write */
    struct envelope_edit *envelope, *last_envelope; /* oldest first */
    bool quarantined;                               /* the message: nobody is asked about it any more */
    struct filter_ctx members[];
};

_Static_assert(FILTER_EVENTS <= 16, "skipped holds one bit for each event");

/* NULL when memory is short. */
struct chain_state *state_make(struct chain_run *run);
/* Calls on_close of every filter that has been asked, and frees. */
void state_close(struct chain_state *state);
/* The message under way is over for every filter. */
void state_end_message(struct chain_state *state, bool aborted);

static inline struct member *ctx_member(const struct filter_ctx *ctx)
{
    return &ctx->state->run->chain->members[ctx - ctx->state->members];
}

/* Runs a callback that is no question; NULL is a no-op. */
void ctx_tell(struct filter_ctx *ctx, void (*callback)(struct filter_ctx *ctx));
/* The event that a callback of ctx running now is about, its parked one included; FILTER_EVENTS: none. */
enum filter_event ctx_event(const struct filter_ctx *ctx);

static inline void count_up(atomic_uint_fast64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

#endif
