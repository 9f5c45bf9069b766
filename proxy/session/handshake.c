/* handshake.c: the client's side becomes encrypted; what STARTTLS makes the session forget is left to
 * renew.c. */
#include "session/handshake.h"

#include "session/journal.h"
#include "session/phase.h"
#include "session/renew.h"
#include "tls/tls.h"

bool handshake_done(const struct session *session)
{
    return tls_stage(&session->client) == TLS_UP;
}

/* The 220 has been queued, and nothing else is: it leaves in plaintext, all that follows does not. */
static enum step begin(struct session *session)
{
    struct wire *wire = &session->client;

    if (session->exchanges.count != 0 || wire->in_flight != 0) {
        session->blocked = true;
        return STEP_WAIT;
    }
    return tls_accept(wire, session->world, session->listener->tls_server) == 0 ? STEP_WAIT : STEP_CLOSE;
}

static enum step finish(struct session *session)
{
    journal_encrypted(session, "client", &session->client);
    if (session->greeted)
        renew_session(session);
    phase_enter(session, PHASE_GREET);
    return STEP_AGAIN;
}

enum step handshake_step(struct session *session)
{
    switch (tls_stage(&session->client)) {
    case TLS_ABSENT:
        return begin(session);
    case TLS_SHAKING:
        return STEP_WAIT;
    case TLS_UP:
        return finish(session);
    case TLS_FAILED:
        break;
    }
    return STEP_CLOSE;
}
