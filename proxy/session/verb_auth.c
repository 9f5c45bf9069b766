/* verb_auth.c: AUTH (RFC 4954): an opaque dialogue between client and upstream. Nothing of it is logged; who
 * the client is by it, authentication.c keeps. */
#include "session/authentication.h"
#include "session/deadline.h"
#include "session/leg.h"
#include "session/phase.h"
#include "session/verbs.h"
#include "smtp/chars.h"

/* initial-response = base64 / "=" */
static bool is_response(struct span s)
{
    if (span_eq(s, SPAN("=")) || span_eq(s, SPAN("*")))
        return true;
    for (size_t i = 0; i < s.len; i++)
        if (!chars_is(s.ptr[i], CHAR_BASE64))
            return false;
    return true;
}

static struct span first_word(struct span s, struct span *rest)
{
    const char *space = s.len != 0 ? memchr(s.ptr, ' ', s.len) : NULL;
    size_t n = space != NULL ? (size_t)(space - s.ptr) : s.len;

    *rest = span_trim(span_skip(s, n));
    return span_first(s, n);
}

static bool mechanism_offered(const struct session *session, struct span mechanism)
{
    struct span rest = span_trim(span_str(session->mechanisms));

    while (rest.len != 0)
        if (span_eq_nocase(first_word(rest, &rest), mechanism))
            return true;
    return false;
}

bool verb_auth_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    static const struct reply twice = {503, "5.5.1", "Already authenticated"};
    static const struct reply unknown = {504, "5.5.4", "Mechanism not offered"};
    static const struct reply malformed = {501, "5.5.2", "Malformed initial response"};
    struct span rest, mechanism = first_word(arguments, &rest);
    const struct reply *reply = NULL;

    if (session->authenticated)
        reply = &twice;
    else if (mechanism.len == 0 || !mechanism_offered(session, mechanism))
        reply = &unknown;
    else if (!is_response(rest) || span_eq(rest, SPAN("*")))
        reply = &malformed;
    if (reply != NULL)
        exchange_say(session, exchange, reply);
    else
        authentication_begin(session, mechanism, rest);
    return reply == NULL;
}

static void replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    if (reply != NULL && reply->code == 334 && exchange_interim(session, reply)) {
        phase_enter(session, PHASE_AUTH);
        return;
    }
    if (reply != NULL && reply->code == 235)
        session->authenticated = true;
    authentication_end(session, session->authenticated);
    phase_enter(session, PHASE_COMMAND);
    if (reply != NULL && reply->code / 100 == 3) {
        leg_lose(session, "unexpected reply to AUTH"); /* it takes what comes next for a response */
        reply = NULL;
    }
    exchange_relay_or_fail(session, exchange, reply);
}

enum proceed verb_auth_proceed(struct session *session, struct exchange *exchange)
{
    if (!exchange_compose(exchange, span_str(exchange->arguments))) {
        session_end(session, 421, "4.3.0", "Out of memory, closing");
        return PROCEED_DONE;
    }
    exchange->replied = replied;
    return verb_forwarded(session, exchange, leg_forward(session, exchange));
}

/* One line of the client's, passed on if it can be a response; anything else cancels the dialogue ("*", RFC
 * 4954 4), whose answer then ends the exchange. */
static bool pass_on(struct session *session, struct span line, unsigned faults)
{
    bool good = faults == 0 && is_response(line);

    if (good)
        authentication_response(session, line);
    return wire_put(&session->leg->wire, good ? line : SPAN("*")) &&
           wire_put(&session->leg->wire, SPAN("\r\n"));
}

/* Without an upstream the dialogue ends too, but only now: the client owed a line, which must not be taken
 * for a command. */
static void take_response(struct session *session, struct exchange *exchange, struct span line,
                          unsigned faults)
{
    if (session->leg != NULL && !pass_on(session, line, faults))
        leg_lose(session, "no room for a SASL response");
    if (session->leg != NULL) {
        leg_expect(session, exchange);
        return;
    }
    authentication_end(session, false);
    phase_enter(session, PHASE_COMMAND);
    exchange_relay_or_fail(session, exchange, NULL);
}

enum step verb_auth_step(struct session *session)
{
    struct exchange *exchange = TAILQ_FIRST(&session->exchanges.list);
    struct span data = buf_data(&session->client.in), line = {NULL, 0};
    unsigned faults = 0;
    size_t n;

    if (exchange->forwarded)
        return STEP_WAIT;
    n = data.len != 0 ? line_next(&session->line, data, session->settings->limits.auth_line, &line, &faults)
                      : 0;
    if (n == 0)
        return session->client.eof ? STEP_CLOSE : STEP_WAIT;
    if (line.ptr != NULL)
        take_response(session, exchange, line, faults);
    buf_consume(&session->client.in, n);
    return STEP_AGAIN;
}
