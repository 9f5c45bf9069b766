/* verb_misc.c: the verbs that carry no mail: RSET, NOOP, QUIT, HELP, VRFY, EXPN, ETRN, and those that are
 * refused. */
#include "session/body.h"
#include "session/leg.h"
#include "session/transaction.h"
#include "session/verbs.h"

bool verb_plain_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    static const struct reply wrong = {501, "5.5.4", "This command takes no argument"};

    if (arguments.len == 0)
        return true;
    exchange_say(session, exchange, &wrong);
    return false;
}

/* VRFY, EXPN, ETRN relayed: one argument string of harmless octets. */
bool verb_optional_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    static const struct reply wrong = {501, "5.5.4", "Bad argument"};
    bool good = arguments.len != 0 && address_utf8_valid(arguments);

    for (size_t i = 0; i < arguments.len; i++)
        good = good && (unsigned char)arguments.ptr[i] >= ' ' && arguments.ptr[i] != 0x7f;
    if (good)
        return true;
    exchange_say(session, exchange, &wrong);
    return false;
}

/* RSET, NOOP and QUIT go on without what the client wrote behind them. */
static bool compose(struct exchange *exchange)
{
    bool with_argument = exchange->row->check == verb_optional_check;

    return exchange_compose(exchange, with_argument ? span_str(exchange->arguments) : SPAN(""));
}

static bool connected(const struct session *session)
{
    return session->leg != NULL && !body_holds_leg(session) &&
           (session->leg->state == LEG_READY || session->leg->state == LEG_GREETED);
}

/* Through to the upstream if there is one that listens, so that it does not think its client asleep; answered
 * here if not. */
static enum proceed forward_or_say(struct session *session, struct exchange *exchange,
                                   exchange_replied *replied)
{
    /* An upstream that is not told must not be left in another state than its client believes. */
    if (connected(session) && !compose(exchange))
        leg_abandon(session);
    if (!connected(session)) {
        exchange_say(session, exchange, &exchange->row->otherwise);
        return PROCEED_DONE;
    }
    exchange->replied = replied;
    if (leg_forward_greeted(session, exchange) == LEG_WAIT)
        return PROCEED_WAIT;
    return PROCEED_DONE;
}

enum proceed verb_rset_proceed(struct session *session, struct exchange *exchange)
{
    if (session->transaction != NULL) {
        body_free(session);
        exchange_belongs(exchange, session->transaction);
        transaction_end(session, true);
    }
    return forward_or_say(session, exchange, exchange_relay_or_fail);
}

enum proceed verb_noop_proceed(struct session *session, struct exchange *exchange)
{
    return forward_or_say(session, exchange, exchange_relay_or_fail);
}

static void quit_replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    if (reply != NULL && reply->code == 221)
        exchange_relay(session, exchange, reply);
    else
        exchange_say(session, exchange, &exchange->row->otherwise);
}

enum proceed verb_quit_proceed(struct session *session, struct exchange *exchange)
{
    enum proceed result;

    body_free(session);
    transaction_end(session, true);
    result = forward_or_say(session, exchange, quit_replied);
    if (result == PROCEED_DONE) {
        session->closing = true;
        session->quit = true;
    }
    return result;
}

enum proceed verb_help_proceed(struct session *session, struct exchange *exchange)
{
    char bytes[480];
    struct text text = TEXT(bytes);

    text_add(&text, span_str(session->settings->hostname));
    text_add(&text, SPAN(" understands EHLO HELO MAIL RCPT DATA RSET NOOP QUIT VRFY HELP"));
    exchange_answer(session, exchange, 214, "2.0.0", text_span(&text));
    return PROCEED_DONE;
}

enum proceed verb_pass_proceed(struct session *session, struct exchange *exchange)
{
    if (body_holds_leg(session) || !compose(exchange)) {
        exchange_say(session, exchange, &exchange->row->otherwise);
        return PROCEED_DONE;
    }
    return verb_forwarded(session, exchange, leg_forward(session, exchange));
}

enum proceed verb_forwarded(struct session *session, struct exchange *exchange, enum leg_forward came_to)
{
    if (came_to == LEG_NONE)
        leg_refuse(session, exchange);
    return came_to == LEG_WAIT ? PROCEED_WAIT : PROCEED_DONE;
}

enum proceed verb_hidden_proceed(struct session *session, struct exchange *exchange)
{
    exchange_say(session, exchange, &exchange->row->otherwise);
    return PROCEED_DONE;
}

/* Another protocol's bytes must not be taken for mail commands. */
enum proceed verb_foreign_proceed(struct session *session, struct exchange *exchange)
{
    session->closing = true;
    return verb_hidden_proceed(session, exchange);
}
