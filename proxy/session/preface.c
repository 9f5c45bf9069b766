/* preface.c: what comes before the greeting: is the client redirected to us, who is it by a balancer's word,
 * and is it to be encrypted from the first octet. Whoever fails here is closed without a word: it may not
 * even speak SMTP. */
#include "session/preface.h"

#include "session/handshake.h"
#include "session/journal.h"
#include "session/phase.h"
#include "session/server_private.h"
#include "smtp/proxy_header.h"

static enum step turn_away(struct session *session, const char *why)
{
    journal_event(session, LOG_LEVEL_WARN, "turned-away", span_str(why));
    return STEP_CLOSE;
}

/* The client is who the header says; LOCAL and UNKNOWN speak for the balancer itself. */
static void adopt(struct session *session, const struct proxy_header *header)
{
    if (header->local)
        return;
    session->peer = header->source;
    session->local = header->destination;
}

/* From listed networks a header must come first (the specification forbids guessing); from others none is
 * read: it would be an early talker's. */
static enum step read_header(struct session *session)
{
    struct span data = buf_data(&session->client.in);
    struct proxy_header header;
    long n;

    if (data.len == 0)
        return session->client.eof ? STEP_CLOSE : STEP_WAIT;
    n = proxy_header_read(data, &header);
    if (n == 0)
        return session->client.eof ? turn_away(session, "PROXY header cut short") : STEP_WAIT;
    if (n < 0)
        return turn_away(session, n == PROXY_HEADER_ABSENT ? "no PROXY header" : "malformed PROXY header");
    adopt(session, &header);
    buf_consume(&session->client.in, (size_t)n);
    return STEP_AGAIN;
}

/* The connection was made to us, not to whom we stand in front of: relaying it could only lead back here. */
static bool not_redirected(const struct session *session)
{
    return session->listener->transparent != TRANSPARENT_NO && session->original.family == 0;
}

/* Behind a balancer it is its client that speaks to us, and is trusted with XCLIENT or not. */
static enum step begin(struct session *session)
{
    const struct option_networks *trusted = &session->listener->xclient_from;

    session->introduces = option_networks_match(trusted, session->peer.family, session->peer.bytes);
    server_admit(session->server, session);
    journal_connected(session);
    if (session->listener->tls != CLIENT_TLS_IMPLICIT) {
        phase_enter(session, PHASE_GREET);
        return STEP_AGAIN;
    }
    if (session->overrun)
        return turn_away(session, "too many connections");
    phase_enter(session, PHASE_HANDSHAKE);
    return STEP_AGAIN;
}

enum step preface_step(struct session *session)
{
    const struct settings_listener *listener = session->listener;
    bool listed = option_networks_match(&listener->proxy_from, session->via.family, session->via.bytes);

    if (not_redirected(session))
        return turn_away(session, "not redirected to this transparent listener");
    if (listener->proxy_required && !listed)
        return turn_away(session, "not a balancer of proxy_from");
    if (listed) {
        enum step step = read_header(session);
        if (step != STEP_AGAIN)
            return step;
    }
    return begin(session);
}
