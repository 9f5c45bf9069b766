/* sink_front.c: what comes before SMTP, or beneath it: the PROXY header of a balancer, and TLS. Records and
 * certificates are left to tls/. */
#include "sink/sink_session.h"
#include "smtp/proxy_header.h"
#include "tls/tls.h"

static void add_address(struct text *text, const struct ip *ip)
{
    ip_print(text, ip);
    text_format(text, " port %u", ip->port);
}

static void begin_tls(struct sink_session *session, enum sink_phase resume)
{
    session->phase = SINK_TLS_BEGIN;
    session->resume = resume;
}

static void enter(struct sink_session *session)
{
    if (session->server->options.tls_implicit)
        begin_tls(session, SINK_GREETING);
    else
        session->phase = SINK_GREETING;
}

void sink_front_begin(struct sink_session *session)
{
    if (session->server->options.proxy)
        session->phase = SINK_PROXY;
    else
        enter(session);
}

/* Whoever should have sent a header and did not is told nothing (PROXY protocol 2: the receiver must not go
 * on). */
enum sink_step sink_front_proxy_step(struct sink_session *session)
{
    struct proxy_header header;
    char bytes[2 * IP_TEXT_MAX + 40];
    struct text text = TEXT(bytes);
    long n = proxy_header_read(buf_data(&session->wire.in), &header);

    if (n == 0)
        return SINK_WAIT;
    if (n < 0) {
        sink_session_event(session, n == PROXY_HEADER_ABSENT ? "no PROXY header" : "malformed PROXY header");
        sink_session_close(session);
        return SINK_AGAIN;
    }
    if (header.local) {
        sink_session_event(session, "PROXY for no client");
    } else {
        add_address(&text, &header.source);
        text_add(&text, SPAN(" to "));
        add_address(&text, &header.destination);
        sink_session_event(session, "PROXY for %.*s", (int)text.len, text.ptr);
        session->peer = header.source;
    }
    buf_consume(&session->wire.in, (size_t)n);
    enter(session);
    return SINK_AGAIN;
}

/* RFC 3207 4: what was said so far is forgotten. */
void sink_front_starttls(struct sink_session *session, const struct command *command)
{
    static const struct reply ready = {220, "2.0.0", "Begin"};
    static const struct reply twice = {503, "5.5.1", "TLS is in use already"};

    (void)command;
    if (tls_stage(&session->wire) != TLS_ABSENT) {
        sink_session_reply(session, &twice);
        return;
    }
    sink_session_reply(session, &ready);
    sink_session_forget(session);
    begin_tls(session, SINK_COMMAND);
}

/* The reply to STARTTLS goes along in plaintext, unless something before it is still under way. */
enum sink_step sink_front_begin_step(struct sink_session *session)
{
    struct sink_server *server = session->server;

    if (session->wire.in_flight != 0)
        return SINK_WAIT;
    sink_session_note_write(session);
    session->phase = SINK_HANDSHAKE;
    if (tls_accept(&session->wire, server->world, server->options.tls) != 0)
        sink_session_close(session);
    return SINK_AGAIN;
}

enum sink_step sink_front_handshake_step(struct sink_session *session)
{
    struct tls_facts facts;

    if (tls_stage(&session->wire) != TLS_UP)
        return SINK_WAIT;
    tls_facts(&session->wire, &facts);
    sink_session_event(session, "%s with %s%s, server name \"%.*s\", certificate \"%s\"", facts.version,
                       facts.cipher, facts.resumed ? ", resumed" : "", (int)facts.name.len,
                       facts.name.ptr != NULL ? facts.name.ptr : "", facts.fingerprint);
    session->phase = session->resume;
    return SINK_AGAIN;
}
