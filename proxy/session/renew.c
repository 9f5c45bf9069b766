/* renew.c: what STARTTLS and XCLIENT make a session forget. */
#include "session/renew.h"

#include "base/mem.h"
#include "session/authentication.h"
#include "session/body.h"
#include "session/introduction.h"
#include "session/leg.h"
#include "session/transaction.h"

static bool mirrors(const struct session *session)
{
    return session->leg != NULL && session->leg->state != LEG_FAILED &&
           leg_upstream(session)->tls == UPSTREAM_TLS_MIRROR;
}

void renew_session(struct session *session)
{
    body_free(session);
    transaction_end(session, true);
    introduction_end_transaction(session); /* XFORWARD may have come before any */
    if (session->authenticated || mirrors(session))
        leg_close(session);
    mem_free(session->helo);
    mem_free(session->helo_told);
    session->helo = session->helo_told = NULL;
    session->extended = false;
    session->authenticated = false;
    authentication_forget(session);
    session->offered = 0;
    session->size_limit = 0;
    session->mail_allowance = session->rcpt_allowance = 0;
    mem_free(session->mechanisms);
    session->mechanisms = NULL;
    mem_free(session->barred);
    session->barred = NULL;
    chain_run_reset(&session->chain);
    session->welcomed = false;
}
