/* verb_starttls.c: STARTTLS (RFC 3207). The handshake is left to handshake.c. */
#include "session/handshake.h"
#include "session/journal.h"
#include "session/phase.h"
#include "session/verbs.h"

/* Whatever the client has sent behind the command was not meant to be protected by it, or is another's: it
 * must not be taken for something said inside TLS (CVE-2011-0411). */
static bool something_behind(const struct session *session)
{
    return buf_len(&session->client.in) > session->line_octets;
}

bool verb_starttls_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    static const struct reply twice = {503, "5.5.1", "TLS is active already"};
    static const struct reply injected = {554, "5.5.0", "Commands behind STARTTLS"};
    bool offered = (session->offered >> KEYWORD_STARTTLS & 1u) != 0;

    if (handshake_done(session)) {
        exchange_say(session, exchange, &twice);
        return false;
    }
    if (!offered) {
        exchange_say(session, exchange, &exchange->row->otherwise);
        return false;
    }
    if (!verb_plain_check(session, exchange, arguments))
        return false;
    if (something_behind(session)) {
        journal_event(session, LOG_LEVEL_WARN, "injection",
                      span_skip(buf_data(&session->client.in), session->line_octets));
        session->closing = true;
        exchange_say(session, exchange, &injected);
        return false;
    }
    return true;
}

enum proceed verb_starttls_proceed(struct session *session, struct exchange *exchange)
{
    exchange_answer(session, exchange, 220, "2.0.0", SPAN("Ready to start TLS"));
    phase_enter(session, PHASE_HANDSHAKE);
    return PROCEED_DONE;
}
