/* chain.h: asks a chain of filters about each event, adds up verdicts, parks and resumes. What a verdict does
 * to the session is left to session/; what a filter decides is left to filters/. */
#ifndef CHAIN_CHAIN_H
#define CHAIN_CHAIN_H

#include "base/arena.h"
#include "base/hold.h"
#include "base/world.h"
#include "mail/header_edit.h"
#include "postern/filter.h"
#include "smtp/ehlo.h"

enum chain_mode { CHAIN_ENFORCE, CHAIN_OBSERVE };
/* QUARANTINE where the question is about a message; about a recipient alone, or the session, it is TEMPFAIL.
 * SHUTDOWN: 421, and the connection is closed. */
enum chain_failure {
    CHAIN_FAIL_TEMPFAIL,
    CHAIN_FAIL_PASS,
    CHAIN_FAIL_REJECT,
    CHAIN_FAIL_QUARANTINE,
    CHAIN_FAIL_SHUTDOWN
};
/* What a REJECT of a message is. Of a recipient alone, or of the session, it is what it is. */
enum chain_reject { CHAIN_REJECT_REJECT, CHAIN_REJECT_QUARANTINE };

/* One filter as configured; all pointers live as long as the configuration generation. */
struct chain_member {
    const struct filter *filter;
    const char *name; /* as logged: the `name` key, or the filter's own */
    void *config;
    unsigned interests; /* bits 1u << enum filter_event */
    unsigned edits;     /* FILTER_EDITS_* */
    enum chain_mode mode;
    enum chain_failure on_failure;
    enum chain_reject on_reject;
    uint64_t time_limit; /* milliseconds for one PENDING question */
};

/* A configured chain: immutable once sessions use it, shared by all threads (its counters are atomic). */
struct chain;

struct chain *chain_new(void);
/* Appends; copies *member. 0, or -1 when memory is short. Interest in events without a callback is dropped.
 */
int chain_add(struct chain *chain, const struct chain_member *member);
/* Calls shut() of every filter and frees. NULL is a no-op. */
void chain_free(struct chain *chain);
/* Union over all members. An event nobody is interested in need not be asked. */
unsigned chain_interests(const struct chain *chain);
unsigned chain_edits(const struct chain *chain);

/* How much of a message must be held back for what the chain may do to it. */
enum chain_hold { CHAIN_HOLDS_NOTHING, CHAIN_HOLDS_HEADERS, CHAIN_HOLDS_MESSAGE };
enum chain_hold chain_holds(const struct chain *chain);

/* What one filter has done since its configuration was loaded. A refusal counts as rejected (5xx), tempfailed
 * (4xx, DISCONNECT included), discarded or quarantined; one not carried out for mode observe as observed. */
struct chain_counts {
    const char *name;
    uint64_t asked, rejected, tempfailed, discarded, quarantined, failed, observed;
};

/* The n-th filter's counts; false past the end. Any thread. */
bool chain_counts(const struct chain *chain, unsigned n, struct chain_counts *out);

/* What a question came to. After QUARANTINE no filter is asked about the message any more. Spans are valid
 * until the next chain_ call on the same run. */
struct decision {
    enum verdict
        verdict; /* CONTINUE, REJECT, TEMPFAIL, DISCARD, QUARANTINE, DISCONNECT or PENDING, never another */
    const char *filter;   /* the member that decided, NULL for CONTINUE */
    unsigned code;        /* reply for REJECT, TEMPFAIL, DISCONNECT; always set, fits the verdict.
                             FILTER_REPLY: non-zero when the reply was rewritten */
    const char *enhanced; /* fits the code; NULL only for a rewritten reply without one */
    struct span text;     /* one harmless line without codes */
    struct span reason;   /* for the log; may be absent */
    struct span path; /* MAIL, RCPT, HELO with CONTINUE or QUARANTINE: what the upstream is told instead, in
                         the message's arena;     absent: nothing else */
};

/* What a filter changes in the envelope, in the message's arena. */
enum envelope_edit_kind { ENVELOPE_SENDER, ENVELOPE_ADD, ENVELOPE_DELETE };

struct envelope_edit {
    struct envelope_edit *next;
    enum envelope_edit_kind kind;
    const void *editor;     /* the chain's own */
    const char *filter;     /* the member that made it */
    struct span address;    /* as address_print() prints it */
    struct span parameters; /* as params_print() prints them; empty: none given */
};

/* A question: the event and what is said about it. */
struct chain_question {
    enum filter_event event;
    union {
        struct filter_command command;
        struct span helo;
        struct filter_path path; /* MAIL, RCPT */
        struct {
            struct filter_path path;
            struct filter_reply reply;
        } recipient;
        struct {
            struct span name, value;
        } header;
        struct span bytes; /* CONTENT, BODY */
        struct {
            struct filter_part is;
            struct filter_piece piece;
        } part;
        struct filter_reply reply;
        struct {
            const struct ehlo *upstream;
            struct ehlo *offer; /* changed in place */
        } capabilities;
    };
};

/* One session's use of a chain. Embedded by value; holds no memory until a filter is asked. Treat as private.
 */
struct chain_run {
    struct chain *chain;
    struct world *world;
    struct arena *arena; /* of the message, NULL outside */
    unsigned pass;       /* over the message, from 0 */
    size_t body_memory;  /* octets of a body that a filter writes which stay in memory; more go into a file */
    void *owner;
    void (*facts)(void *owner, struct filter_facts *out);
    void (*resumed)(void *owner);
    struct chain_state *state;
    uint64_t offers; /* what an edited envelope may hold: as chain_envelope_terms() has told */
    bool utf8;
};

/* facts(owner, out) fills *out (zeroed before) when a filter asks for it. resumed(owner) is called from an
 * alarm, never from inside a chain_ call or a filter, when a PENDING question has moved on: the owner then
 * calls chain_result(), inside resumed() or later, and must not assume that the question is over. */
void chain_run_init(struct chain_run *run, struct chain *chain, struct world *world, void *owner,
                    void (*facts)(void *owner, struct filter_facts *out), void (*resumed)(void *owner));
/* Cancels a pending question, ends a message under way (on_abort), calls on_close, frees. */
void chain_run_free(struct chain_run *run);

/* Asks every interested filter in order. The verdict is also returned. PENDING: ask nothing else until
 * chain_result() says otherwise, but FILTER_REPLY, which never waits; the question's spans must stay valid. A
 * filter that FAILs, or is too slow, counts as its on_failure. In observe mode what would have been is logged
 * and counted, and the question goes on. */
enum verdict chain_ask(struct chain_run *run, const struct chain_question *question, struct decision *out);
/* After resumed(): the outcome of the parked question, possibly PENDING again. */
enum verdict chain_result(struct chain_run *run, struct decision *out);
/* True while a question is parked. */
bool chain_pending(const struct chain_run *run);
/* Withdraws the parked question: cancel() is called, no resumed() follows. No-op without one. */
void chain_cancel(struct chain_run *run);

/* A message begins (at MAIL, before the question) and ends. The arena outlives the message. aborted: it did
 * not get to the end of message, or was refused there: on_abort is called for filters that hold message
 * state. */
void chain_message_begin(struct chain_run *run, struct arena *arena);
void chain_message_end(struct chain_run *run, bool aborted);
/* What filters have changed in the header section in this pass so far, oldest first, as long as the message
 * lasts; NULL when nothing. *full is set when a change was lost for want of room: the message must be
 * answered 452. */
const struct header_edit *chain_header_edits(const struct chain_run *run, bool *full);
/* The body that a filter of this pass has written in place of the one there is, or NULL. The caller may take
 * the octets out of it, for good. *full as above. */
struct hold *chain_new_body(struct chain_run *run, bool *full);

/* Filters that read a message as those before them have made it are asked about it (HEADER to END_OF_MESSAGE)
 * in a pass of their own, when END_OF_MESSAGE has been asked in the pass before; all else is asked as ever.
 * True when a pass follows this one. */
bool chain_pass_left(const struct chain_run *run);
/* It begins: the owner shows the message anew, with the changes of the pass before, which are no longer told.
 */
void chain_next_pass(struct chain_run *run);
/* Somebody in this pass cares for the event. */
bool chain_wants(const struct chain_run *run, enum filter_event event);
/* As that, for all events of content at once, for those who ask often: bits 1u << enum filter_event. */
unsigned chain_pass_interests(const struct chain_run *run);

/* Before END_OF_MESSAGE is asked, where the chain edits envelopes: what the upstream offers (bits of enum
 * keyword), and whether addresses may be internationalised. */
void chain_envelope_terms(struct chain_run *run, uint64_t offers, bool utf8);
/* What filters have changed in the envelope so far, as chain_header_edits(). */
const struct envelope_edit *chain_envelope_edits(const struct chain_run *run, bool *full);

/* A session reset (EHLO again, RSET keeps it; STARTTLS): filters that ACCEPTed the connection are asked
 * again, session state is freed after on_close. */
void chain_run_reset(struct chain_run *run);

#endif
