/* chain_lab.h: a session that asks a chain in the lab's world, where channels lead to the test. */
#ifndef CHAIN_LAB_H
#define CHAIN_LAB_H

#include "base/arena.h"
#include "base/mem.h"
#include "chain/chain.h"
#include "lab.h"
#include "test.h"

/* A chain made elsewhere; the session is its only user. */
struct lab_session {
    struct lab lab;
    struct chain *chain;
    struct chain_run run;
    struct arena arena;
    struct filter_facts facts; /* as told to filters */
    unsigned resumed;          /* times resumed() was called */
};

static inline void lab_session_facts(void *owner, struct filter_facts *out)
{
    *out = ((struct lab_session *)owner)->facts;
}

static inline void lab_session_resumed(void *owner)
{
    ((struct lab_session *)owner)->resumed++;
}

static inline void lab_session_begin(struct lab_session *session, struct chain *chain)
{
    *session = (struct lab_session){.chain = chain};
    lab_init(&session->lab, 1);
    session->facts.session = SPAN("s1");
    arena_init(&session->arena, 65536);
    chain_run_init(&session->run, chain, &session->lab.world, session, lab_session_facts,
                   lab_session_resumed);
}

/* Asserts that nothing is left of the session. */
static inline void lab_session_end(struct lab_session *session)
{
    chain_run_free(&session->run);
    arena_reset(&session->arena);
    lab_free(&session->lab);
}

static inline void lab_session_message(struct lab_session *session)
{
    arena_reset(&session->arena);
    chain_message_begin(&session->run, &session->arena);
}

static inline enum verdict lab_session_ask(struct lab_session *session, enum filter_event event,
                                           struct span bytes, struct decision *out)
{
    struct chain_question question = {.event = event};

    if (event == FILTER_CONTENT)
        question.bytes = bytes;
    return chain_ask(&session->run, &question, out);
}

/* Runs the lab, `ms` of its time at most, until the parked question is answered or nothing can happen. */
static inline enum verdict lab_session_await(struct lab_session *session, uint64_t ms, struct decision *out)
{
    unsigned before = session->resumed;

    lab_run(&session->lab);
    if (session->resumed == before)
        lab_pass(&session->lab, ms);
    if (session->resumed == before)
        return VERDICT_PENDING;
    return chain_result(&session->run, out);
}

/* Lets memory fail for all allocations but the first `n`. mem_set_gate(NULL, NULL) ends it. */
static inline bool lab_memory(void *left, size_t size)
{
    unsigned *n = left;

    (void)size;
    if (*n == 0)
        return false;
    (*n)--;
    return true;
}

#endif
