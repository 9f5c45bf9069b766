/* phase.c: which step each phase runs and how long the client may take; the steps are in the files of their
 * names. */
#include "session/phase.h"

#include <errno.h>

#include "session/body.h"
#include "session/deadline.h"
#include "session/dialogue.h"
#include "session/greet.h"
#include "session/handshake.h"
#include "session/leg.h"
#include "session/preface.h"
#include "session/verbs.h"

#define LINGER_MS 2000 /* for the client to read the last reply before the socket goes */

static uint64_t no_limit(const struct settings_timeouts *timeouts)
{
    (void)timeouts;
    return 0;
}

static uint64_t handshake_limit(const struct settings_timeouts *timeouts)
{
    return timeouts->handshake;
}

static uint64_t command_limit(const struct settings_timeouts *timeouts)
{
    return timeouts->command;
}

static uint64_t block_limit(const struct settings_timeouts *timeouts)
{
    return timeouts->data_block;
}

static uint64_t linger_limit(const struct settings_timeouts *timeouts)
{
    (void)timeouts;
    return LINGER_MS;
}

static enum step linger_step(struct session *session);

static const struct {
    const char *name;
    enum step (*step)(struct session *session);
    uint64_t (*limit)(const struct settings_timeouts *timeouts);
} phases[PHASE_COUNT] = {
    [PHASE_PREFACE] = {"preface", preface_step, handshake_limit},
    [PHASE_HANDSHAKE] = {"handshake", handshake_step, handshake_limit},
    [PHASE_GREET] = {"greet", greet_step, no_limit},
    [PHASE_COMMAND] = {"command", dialogue_step, command_limit},
    [PHASE_BODY] = {"body", body_step, block_limit},
    [PHASE_COMMIT] = {"commit", body_commit_step, no_limit},
    [PHASE_AUTH] = {"auth", verb_auth_step, command_limit},
    [PHASE_LINGER] = {"linger", linger_step, linger_limit},
};

void phase_enter(struct session *session, enum phase phase)
{
    session->phase = phase;
    deadline_restart(session);
    session_again(session);
}

uint64_t phase_limit(const struct session *session)
{
    /* While replies are awaited it is not the client that takes its time. */
    if (session->phase == PHASE_COMMAND && session->exchanges.count != 0)
        return 0;
    return phases[session->phase].limit(&session->settings->timeouts);
}

/* The last reply is on its way: FIN behind it, then what the client still sends is read and dropped, so that
 * no reset overtakes the reply. */
static enum step linger_step(struct session *session)
{
    struct wire *wire = &session->client;

    buf_clear(&wire->in);
    if (wire->error != 0 || (wire->eof && buf_len(&wire->out) == 0))
        return STEP_CLOSE;
    if (session->quit && buf_len(&wire->out) == 0)
        return STEP_CLOSE;
    session->blocked = true;
    if (!session->quit)
        wire_finish(wire);
    return STEP_WAIT;
}

/* A client that cannot hear us: before the end of data is on its way upstream, nothing is owed to anybody;
 * after it, the upstream's answer is still awaited, for the log (invariant: what happened to a message is
 * known or said to be in doubt). */
static bool nobody_left(struct session *session)
{
    return session_client_lost(session) && session->commits == 0;
}

/* A message under way is read to its end and answered, whoever wants the session closed. */
static bool between_messages(const struct session *session)
{
    return session->phase == PHASE_GREET || session->phase == PHASE_COMMAND;
}

enum step phase_step(struct session *session)
{
    if (nobody_left(session))
        return STEP_CLOSE;
    if (session_client_lost(session))
        return STEP_WAIT;
    if (session->closing && session->exchanges.count == 0 && between_messages(session)) {
        leg_close(session);
        phase_enter(session, PHASE_LINGER);
    }
    return phases[session->phase].step(session);
}
