/* verb_rcpt.c: RCPT (RFC 5321 4.1.1.3): one more recipient of the transaction. Its beginning is left to
 * verb_mail.c. */
#include "session/body.h"
#include "session/envelope.h"
#include "session/leg.h"
#include "session/path_reply.h"
#include "session/recipient.h"
#include "session/transaction.h"
#include "session/verb_mail.h"
#include "session/verb_rcpt.h"
#include "session/verbs.h"
#include "smtp/params.h"

static const struct reply no_memory = {452, "4.3.1", "Out of memory, try again later"};

/* rcpt = "RCPT TO:" Forward-path [SP Rcpt-parameters]; a space before the path is tolerated: what goes on is
 * printed anew. */
static const struct reply *parse(const struct session *session, struct span arguments, struct path *path,
                                 struct params *params, struct span *parameters)
{
    static const struct reply syntax = {501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]"};
    const struct settings_limits *limits = &session->settings->limits;
    struct address_limits sizes = {limits->local_part, limits->domain, limits->path};
    struct span rest;
    int n;

    if (!span_starts_nocase(arguments, SPAN("TO:")))
        return &syntax;
    rest = span_trim(span_skip(arguments, 3));
    n = address_forward_path(rest, &sizes, session->transaction->smtputf8, path);
    if (n < 0)
        return path_reply(n, false);
    rest = span_skip(rest, (size_t)n);
    if (rest.len != 0 && rest.ptr[0] != ' ')
        return &syntax;
    *parameters = span_trim(rest);
    n = params_parse(rest, PARAM_OF_RCPT, session->offered, params);
    return n < 0 ? path_params_reply(n) : NULL;
}

static void answer_recipient(struct session *session, struct exchange *exchange, const struct reply *reply)
{
    transaction_answer_recipient(exchange->transaction, exchange->recipient, reply->code,
                                 span_str(reply->text));
    recipient_heard_here(session, exchange, reply->code, span_str(reply->enhanced), span_str(reply->text));
}

static const struct reply *not_now(const struct session *session)
{
    static const struct reply too_many = {452, "4.5.3", "Too many recipients"};
    static const struct reply in_message = {503, "5.5.1", "A message is under way"};
    static const struct reply broken = {451, "4.4.2", "Lost the mail server, start the transaction again"};
    const struct transaction *transaction = session->transaction;

    if (session->body != NULL)
        return &in_message;
    if (transaction->state == TRANSACTION_BROKEN)
        return &broken;
    if (transaction->asked >= (uint64_t)session->settings->limits.recipients)
        return &too_many;
    return NULL;
}

/* For an upstream that may have to be told of the recipient again. */
static bool keep_parameters(const struct session *session, struct recipient *recipient,
                            const struct params *params)
{
    char bytes[2048];
    struct text text = TEXT(bytes);

    if (params->count == 0 || !envelope_may_change(session))
        return true;
    (void)params_print(&text, params, UINT64_MAX);
    recipient->parameters = arena_copy(&session->transaction->arena, text_span(&text));
    return !text.cut && recipient->parameters.ptr != NULL;
}

bool verb_rcpt_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    char bytes[1024];
    struct text text = TEXT(bytes);
    struct path path;
    struct params params = {0};
    struct span parameters;
    const struct reply *reply = not_now(session);

    if (reply == NULL)
        reply = parse(session, arguments, &path, &params, &parameters);
    if (reply != NULL) {
        exchange_say(session, exchange, reply);
        return false;
    }
    address_print(&text, &path);
    exchange_belongs(exchange, session->transaction);
    exchange->recipient = transaction_add_recipient(session->transaction, text_span(&text));
    if (exchange->recipient == NULL || text.cut || !keep_parameters(session, exchange->recipient, &params)) {
        exchange_say(session, exchange, &no_memory);
        return false;
    }
    return true;
}

bool verb_rcpt_question(struct session *session, struct exchange *exchange, struct chain_question *question)
{
    struct path path;
    struct params params;
    struct span parameters = {NULL, 0};

    (void)parse(session, span_str(exchange->arguments), &path, &params,
                &parameters); /* it has been good before */
    path_question(exchange->recipient->address, parameters, &question->path);
    return true;
}

void verb_rcpt_refused(struct session *session, struct exchange *exchange, const struct decision *decision)
{
    struct transaction *transaction = exchange->transaction;

    if (decision->verdict == VERDICT_DISCARD) {
        transaction_note_decision(transaction, decision);
        transaction->discarded = true;
        exchange->recipient->code = 250;
        transaction->asked++;
        transaction->accepted++;
        exchange_answer(session, exchange, 250, "2.1.5", SPAN("Ok"));
        return;
    }
    exchange->recipient->filter = decision->filter;
    transaction_answer_recipient(transaction, exchange->recipient, decision->code, decision->text);
    exchange_decide(session, exchange, decision);
}

/* MAIL was refused by the upstream after this RCPT had been looked at. */
static void refuse_as_mail(struct session *session, struct exchange *exchange)
{
    struct transaction *transaction = exchange->transaction;
    struct span text = span_str(transaction->final.text);

    transaction_answer_recipient(transaction, exchange->recipient, transaction->final.code, text);
    recipient_heard_here(session, exchange, transaction->final.code, span_of(NULL, 0), text);
}

static void replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    static const struct reply no_mail = {503, "5.5.1", "Need MAIL first"};
    struct transaction *transaction = exchange->transaction;
    struct span rest, text = {NULL, 0};
    bool accepted = reply != NULL && reply->code / 100 == 2;

    if (transaction->state == TRANSACTION_REFUSED && (accepted || transaction->answered_here)) {
        refuse_as_mail(session, exchange);
        return;
    }
    if (accepted && transaction->state != TRANSACTION_OPEN) {
        /* An upstream that takes recipients after it refused MAIL promises nothing. */
        answer_recipient(session, exchange, &no_mail);
        return;
    }
    if (reply != NULL) {
        rest = reply->lines;
        reply_next_line(&rest, &text);
    }
    transaction_answer_recipient(transaction, exchange->recipient, reply != NULL ? reply->code : 451, text);
    if (accepted)
        transaction->accepted++;
    recipient_heard(session, exchange, reply);
}

bool verb_rcpt_compose(struct session *session, struct exchange *exchange, struct span parameters)
{
    const struct recipient *recipient = exchange->recipient;
    char bytes[2048];
    struct text text = TEXT(bytes);
    struct params params;

    if (params_parse(parameters, PARAM_OF_RCPT, UINT64_MAX, &params) != 0)
        return false;
    text_add(&text, SPAN("RCPT TO:<"));
    text_add(&text, recipient->instead.ptr != NULL ? recipient->instead : recipient->address);
    text_char(&text, '>');
    (void)params_print(&text, &params, session->leg->offers); /* none of RCPT's must be kept at any price */
    text_add(&text, SPAN("\r\n"));
    return !text.cut && exchange_set_line(exchange, text_span(&text));
}

static bool compose(struct session *session, struct exchange *exchange)
{
    struct path path;
    struct params params;
    struct span parameters = {NULL, 0};

    return parse(session, span_str(exchange->arguments), &path, &params, &parameters) == NULL &&
           verb_rcpt_compose(session, exchange, parameters);
}

/* MAIL was answered here because no upstream was connected; it goes first now. */
static enum leg_forward send_mail_first(struct session *session, const struct reply **why)
{
    struct transaction *transaction = session->transaction;
    struct exchange *mail;
    enum leg_forward sent;

    *why = NULL;
    if (transaction->at_upstream)
        return LEG_FORWARDED;
    if (leg_reach(session) == LEG_WAIT)
        return LEG_WAIT;
    mail = exchange_internal(NULL);
    if (mail == NULL)
        return LEG_NONE;
    exchange_belongs(mail, transaction);
    sent = verb_mail_send(session, mail, why);
    if (sent != LEG_FORWARDED)
        exchange_free(mail);
    return sent;
}

static enum proceed no_upstream(struct session *session, struct exchange *exchange, const struct reply *why)
{
    struct kept_reply kept;

    if (why != NULL) {
        answer_recipient(session, exchange, why);
        return PROCEED_DONE;
    }
    leg_give_up(session, &kept);
    recipient_heard_here(session, exchange, kept.code, span_str(kept.enhanced), span_str(kept.text));
    return PROCEED_DONE;
}

static enum proceed forward(struct session *session, struct exchange *exchange)
{
    static const struct reply ok = {250, "2.1.5", "Ok"};
    struct transaction *transaction = exchange->transaction;
    const struct reply *why = NULL;
    enum leg_forward sent;

    if (transaction->state == TRANSACTION_REFUSED) {
        refuse_as_mail(session, exchange);
        return PROCEED_DONE;
    }
    if (session->transaction != transaction || transaction->state == TRANSACTION_BROKEN) {
        static const struct reply gone = {451, "4.4.2", "Lost the mail server, start the transaction again"};
        answer_recipient(session, exchange, &gone);
        return PROCEED_DONE;
    }
    if (transaction->discarded) {
        transaction->asked++;
        transaction->accepted++;
        answer_recipient(session, exchange, &ok);
        return PROCEED_DONE;
    }
    sent = send_mail_first(session, &why);
    if (sent == LEG_FORWARDED && exchange->line == NULL && !compose(session, exchange)) {
        answer_recipient(session, exchange, &no_memory);
        return PROCEED_DONE;
    }
    if (sent == LEG_FORWARDED) {
        exchange->replied = replied;
        exchange->limit = session->settings->timeouts.rcpt;
        sent = leg_forward(session, exchange);
    }
    if (sent == LEG_WAIT)
        return PROCEED_WAIT;
    if (sent == LEG_NONE)
        return no_upstream(session, exchange, why);
    transaction->asked++;
    return PROCEED_DONE;
}

/* Forwarded and answered: where filters are asked about the answer, the next command is not looked at before
 * that has been done. */
enum proceed verb_rcpt_proceed(struct session *session, struct exchange *exchange)
{
    if (exchange->heard == NULL && !exchange->forwarded && forward(session, exchange) == PROCEED_WAIT)
        return PROCEED_WAIT;
    return recipient_asked(session) ? recipient_settle(session, exchange) : PROCEED_DONE;
}
