/* verb_mail.c: MAIL (RFC 5321 4.1.1.2): a transaction begins. Recipients are left to verb_rcpt.c. */
#include "session/identity.h"
#include "session/leg.h"
#include "session/path_reply.h"
#include "session/transaction.h"
#include "session/verb_mail.h"
#include "session/verbs.h"
#include "smtp/params.h"

struct parsed {
    struct path path;
    struct params params;
};

/* mail = "MAIL FROM:" Reverse-path [SP Mail-parameters]; a space before the path is tolerated: what goes on
 * is printed anew. */
static const struct reply *parse(const struct session *session, struct span arguments, struct parsed *out)
{
    static const struct reply syntax = {501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]"};
    const struct settings_limits *limits = &session->settings->limits;
    struct address_limits sizes = {limits->local_part, limits->domain, limits->path};
    bool utf8 = (session->offered >> KEYWORD_SMTPUTF8 & 1u) != 0;
    struct span rest;
    int n;

    if (!span_starts_nocase(arguments, SPAN("FROM:")))
        return &syntax;
    rest = span_trim(span_skip(arguments, 5));
    n = address_reverse_path(rest, &sizes, utf8, &out->path);
    if (n < 0)
        return path_reply(n, true);
    rest = span_skip(rest, (size_t)n);
    if (rest.len != 0 && rest.ptr[0] != ' ')
        return &syntax;
    n = params_parse(rest, PARAM_OF_MAIL, session->offered, &out->params);
    if (n < 0)
        return path_params_reply(n);
    if (out->path.utf8 && !out->params.smtputf8)
        return path_reply(ADDRESS_NEEDS_UTF8, true);
    return NULL;
}

static const struct reply *over_limits(const struct session *session, const struct params *params)
{
    static const struct reply too_big = {552, "5.3.4", "Message size exceeds the limit"};
    static const struct reply too_many = {452, "4.5.3", "Too many transactions in this session"};
    int64_t most = session->settings->limits.transactions;

    if (most != 0 && session->transactions >= (uint64_t)most)
        return &too_many;
    if (params->has_size && session->size_limit != 0 && params->size > session->size_limit)
        return &too_big;
    return NULL;
}

static struct transaction *open_transaction(struct session *session, const struct parsed *parsed)
{
    char bytes[2048];
    struct text text = TEXT(bytes);
    struct transaction *transaction = transaction_new(session);

    if (transaction == NULL)
        return NULL;
    address_print(&text, &parsed->path);
    transaction->reverse_path = arena_copy(&transaction->arena, text_span(&text));
    text.len = 0;
    (void)params_print(&text, &parsed->params, UINT64_MAX);
    transaction->parameters = arena_copy(&transaction->arena, span_trim(text_span(&text)));
    transaction->smtputf8 = parsed->params.smtputf8;
    transaction->binary = parsed->params.binary;
    if (text.cut || transaction->reverse_path.ptr == NULL || transaction->parameters.ptr == NULL) {
        transaction_unref(transaction);
        return NULL;
    }
    return transaction;
}

bool verb_mail_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    static const struct reply no_memory = {452, "4.3.1", "Out of memory, try again later"};
    struct parsed parsed;
    const struct reply *reply = parse(session, arguments, &parsed);

    if (reply == NULL)
        reply = over_limits(session, &parsed.params);
    if (reply == NULL) {
        session->transaction = open_transaction(session, &parsed);
        if (session->transaction == NULL)
            reply = &no_memory;
    }
    if (reply != NULL) {
        exchange_say(session, exchange, reply);
        return false;
    }
    session->transactions++;
    exchange_belongs(exchange, session->transaction);
    chain_message_begin(&session->chain, &session->transaction->arena);
    return true;
}

bool verb_mail_question(struct session *session, struct exchange *exchange, struct chain_question *question)
{
    struct transaction *transaction = exchange->transaction;

    (void)session;
    path_question(transaction->reverse_path, transaction->parameters, &question->path);
    return true;
}

void verb_mail_refused(struct session *session, struct exchange *exchange, const struct decision *decision)
{
    transaction_note_decision(session->transaction, decision);
    if (decision->verdict == VERDICT_DISCARD) {
        session->transaction->discarded = true;
        session->transaction->state = TRANSACTION_OPEN;
        exchange_answer(session, exchange, 250, "2.1.0", SPAN("Ok"));
        return;
    }
    transaction_end(session, true);
    exchange_decide(session, exchange, decision);
}

/* A filter may have decided meanwhile that the message is discarded: now there will be none. */
static void refused(struct transaction *transaction, unsigned code, struct span text)
{
    transaction->state = TRANSACTION_REFUSED;
    transaction->verdict = NULL;
    transaction->filter = span_of(NULL, 0);
    transaction_note(transaction, "refused", NULL, SPAN("upstream at MAIL"), code, text);
}

static void replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct transaction *transaction = exchange->transaction;
    struct span rest, text = {NULL, 0};

    if (reply != NULL && reply->code / 100 == 2) {
        transaction->state = TRANSACTION_OPEN;
    } else {
        if (reply != NULL) {
            rest = reply->lines;
            reply_next_line(&rest, &text);
        }
        refused(transaction, reply != NULL ? reply->code : 451, text);
    }
    if (!exchange->internal)
        exchange_relay_or_fail(session, exchange, reply);
}

/* What was promised cannot be kept by the upstream that is there now. */
static const struct reply *not_kept(const struct session *session, const struct params *params)
{
    static const struct reply no_tls = {451, "4.7.30", "REQUIRETLS cannot be kept now, try again later"};
    static const struct reply no_utf8 = {550, "5.6.7",
                                         "The mail server does not take internationalised mail now"};
    static const struct reply cannot = {554, "5.6.3", "The mail server cannot take this message now"};

    if (params->requiretls && !leg_offers(session, KEYWORD_REQUIRETLS))
        return &no_tls;
    return params->smtputf8 && !leg_offers(session, KEYWORD_SMTPUTF8) ? &no_utf8 : &cannot;
}

const struct reply *verb_mail_compose(struct session *session, struct transaction *transaction,
                                      struct exchange *exchange)
{
    static const struct reply no_memory = {452, "4.3.1", "Out of memory, try again later"};
    char bytes[4096];
    struct text text = TEXT(bytes);
    char copy[2048];
    struct text from = TEXT(copy);
    struct params params;

    text_add(&text, SPAN("MAIL FROM:<"));
    text_add(&text, transaction->instead.ptr != NULL ? transaction->instead : transaction->reverse_path);
    text_char(&text, '>');
    text_add(&from, transaction->parameters);
    if (params_parse(text_span(&from), PARAM_OF_MAIL, UINT64_MAX, &params) != 0 ||
        params_print(&text, &params, session->leg->offers) != 0)
        return not_kept(session, &params);
    text_add(&text, SPAN("\r\n"));
    return text.cut || !exchange_set_line(exchange, text_span(&text)) ? &no_memory : NULL;
}

/* Nothing goes upstream: the answer is ours, and the transaction goes on. */
static enum proceed answer_here(struct session *session, struct exchange *exchange)
{
    session->transaction->state = TRANSACTION_OPEN;
    session->transaction->answered_here = true;
    exchange_answer(session, exchange, 250, "2.1.0", SPAN("Ok"));
    return PROCEED_DONE;
}

enum leg_forward verb_mail_send(struct session *session, struct exchange *exchange, const struct reply **why)
{
    struct transaction *transaction = session->transaction;
    enum leg_forward reached = leg_reach(session);

    *why = NULL;
    if (reached == LEG_FORWARDED)
        reached = identity_before_mail(session, transaction);
    if (reached != LEG_FORWARDED)
        return reached;
    if (exchange->line == NULL)
        *why = verb_mail_compose(session, transaction, exchange);
    if (*why != NULL)
        return LEG_NONE;
    exchange->replied = replied;
    exchange->limit = session->settings->timeouts.mail;
    reached = leg_forward(session, exchange);
    if (reached == LEG_FORWARDED) {
        transaction->at_upstream = true;
        transaction->state = TRANSACTION_PENDING;
    }
    return reached;
}

enum proceed verb_mail_proceed(struct session *session, struct exchange *exchange)
{
    static const struct reply lost = {451, "4.4.2", "Lost the mail server in mid-command"};
    const struct reply *why = &lost;

    if (session->transaction->discarded ||
        (session->settings->connect == CONNECT_RCPT && session->leg == NULL))
        return answer_here(session, exchange);
    if (session->transaction->state != TRANSACTION_BROKEN) {
        enum leg_forward sent = verb_mail_send(session, exchange, &why);
        if (sent != LEG_NONE)
            return sent == LEG_WAIT ? PROCEED_WAIT : PROCEED_DONE;
    }
    if (why != NULL)
        exchange_say(session, exchange, why);
    else
        leg_refuse(session, exchange);
    transaction_end(session, true);
    return PROCEED_DONE;
}
