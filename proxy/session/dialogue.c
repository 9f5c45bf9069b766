/* dialogue.c: the client's commands one after the other: ask about each, check it, ask about its meaning,
 * proceed. What each verb is, is in verbs.c. */
#include "session/dialogue.h"

#include <errno.h>

#include "base/mem.h"
#include "session/deadline.h"
#include "session/envelope.h"
#include "session/handshake.h"
#include "session/journal.h"
#include "session/quarantine.h"
#include "session/transaction.h"
#include "session/verbs.h"

#define EXCHANGES_MAX 256 /* commands of one client whose replies are awaited */

/* The command has an answer, or is on its way: the next line may be looked at. */
static enum step done(struct session *session)
{
    session->current = NULL;
    deadline_restart(session);
    return STEP_AGAIN;
}

static enum step answer(struct session *session, struct exchange *exchange, const struct reply *reply)
{
    exchange_say(session, exchange, reply);
    return done(session);
}

/* As the filters are shown it. Of an unknown command the verb has been kept, too; AUTH is not shown. */
static struct filter_command shown(const struct exchange *exchange)
{
    const struct verb_row *row = exchange->row;
    struct span arguments = span_str(exchange->arguments);
    size_t len = strcspn(exchange->arguments, " ");

    if (row == verbs_row(VERB_UNKNOWN))
        return (struct filter_command){span_first(arguments, len), span_trim(span_skip(arguments, len)),
                                       false};
    if ((row->flags & VERB_SECRET) != 0)
        arguments = SPAN("");
    return (struct filter_command){span_str(row->name), arguments, row != verbs_row(VERB_FOREIGN)};
}

static enum step ask_command(struct session *session, struct exchange *exchange)
{
    struct chain_question question = {.event = FILTER_COMMAND};
    struct decision decision;
    const struct verb_row *row = exchange->row;

    if (session->barred != NULL && (row->flags & VERB_WHEN_BARRED) == 0) {
        const struct kept_reply *kept = session->barred;
        exchange_answer(session, exchange, kept->code, kept->enhanced, span_str(kept->text));
        return done(session);
    }
    question.command = shown(exchange);
    if ((chain_interests(session->settings->chain) & 1u << FILTER_COMMAND) != 0) {
        switch (session_ask(session, &question, &decision)) {
        case VERDICT_PENDING:
            return STEP_WAIT;
        case VERDICT_CONTINUE:
            break;
        default:
            journal_refused(session, row->name, &decision);
            /* A refused BDAT is still followed by its octets. */
            if (row == verbs_row(VERB_BDAT) && decision.verdict != VERDICT_DISCONNECT) {
                verb_bdat_refuse(session, exchange, decision.code, decision.enhanced, decision.text);
                return done(session);
            }
            exchange_decide(session, exchange, &decision);
            return done(session);
        }
    }
    exchange->stage = STAGE_CHECK;
    return STEP_AGAIN;
}

static bool interested(const struct session *session, enum filter_event event)
{
    return event != FILTER_EVENTS && (chain_interests(session->settings->chain) & 1u << event) != 0;
}

/* Verbs that must not be judged before all earlier replies are known. DATA is one of them only if a filter
 * wants to know the recipients, or may change them; otherwise it may end a pipelined group (RFC 2920 3.1).
 * MAIL behind an undecided MAIL is, too. */
static bool must_be_alone(const struct session *session, const struct verb_row *row)
{
    if ((row->flags & VERB_ALONE) != 0)
        return true;
    if (row->event == FILTER_DATA && (interested(session, FILTER_DATA) || envelope_may_change(session)))
        return true;
    return row->event == FILTER_MAIL && session->transaction != NULL &&
           session->transaction->state == TRANSACTION_PENDING;
}

/* The reply to a verb that the facts do not allow now (RFC 5321 4.1.4), or NULL. */
static const struct reply *out_of_order(const struct session *session, const struct verb_row *row)
{
    static const struct reply no_helo = {503, "5.5.1", "Send HELO or EHLO first"};
    static const struct reply no_mail = {503, "5.5.1", "Need MAIL first"};
    static const struct reply nested = {503, "5.5.1", "A transaction is under way"};
    static const struct reply no_tls = {530, "5.7.0", "Must issue a STARTTLS command first"};

    if ((row->flags & VERB_WITHOUT_TLS) == 0 && session->listener->tls == CLIENT_TLS_REQUIRED &&
        !handshake_done(session))
        return &no_tls;
    if (row->keyword != KEYWORD_NONE && (session->offered >> row->keyword & 1u) == 0)
        return &row->otherwise;
    if ((row->flags & VERB_NEEDS_HELO) != 0 && session->helo == NULL)
        return &no_helo;
    if ((row->flags & VERB_NEEDS_TRANSACTION) != 0 && session->transaction == NULL)
        return &no_mail;
    if ((row->flags & VERB_NO_TRANSACTION) != 0 && session->transaction != NULL)
        return &nested;
    return NULL;
}

/* A transaction whose MAIL the upstream refused ends here, between commands, because a filter may still be
 * thinking about one of them. Where the client has been told that its MAIL was good, its RCPTs must hear
 * otherwise first. */
static void drop_refused(struct session *session)
{
    const struct transaction *transaction = session->transaction;

    if (transaction != NULL && transaction->state == TRANSACTION_REFUSED && !transaction->answered_here)
        transaction_end(session, true);
}

static enum step check(struct session *session, struct exchange *exchange)
{
    const struct verb_row *row = exchange->row;
    const struct reply *reply;

    if (must_be_alone(session, row) && TAILQ_FIRST(&session->exchanges.list) != exchange)
        return STEP_WAIT;
    drop_refused(session);
    reply = out_of_order(session, row);
    if (reply != NULL)
        return answer(session, exchange, reply);
    if (row->check != NULL && !row->check(session, exchange, span_str(exchange->arguments)))
        return done(session);
    exchange->stage = interested(session, row->event) ? STAGE_ASK : STAGE_PROCEED;
    return STEP_AGAIN;
}

static enum step ask(struct session *session, struct exchange *exchange)
{
    struct chain_question question = {.event = exchange->row->event};
    struct decision decision;

    if (!exchange->row->question(session, exchange, &question)) {
        exchange->stage = STAGE_PROCEED;
        return STEP_AGAIN;
    }
    switch (session_ask(session, &question, &decision)) {
    case VERDICT_PENDING:
        return STEP_WAIT;
    case VERDICT_QUARANTINE:
        quarantine_decided(exchange->transaction, &decision);
        __attribute__((fallthrough));
    case VERDICT_CONTINUE:
        if (decision.path.ptr != NULL && question.event == FILTER_HELO)
            (void)exchange_compose(exchange, decision.path);
        else if (decision.path.ptr != NULL)
            transaction_rewrite(exchange->transaction, exchange->recipient, decision.path);
        exchange->stage = STAGE_PROCEED;
        return STEP_AGAIN;
    default:
        if (exchange->row->refused != NULL)
            exchange->row->refused(session, exchange, &decision);
        else
            exchange_decide(session, exchange, &decision);
        return exchange->stage == STAGE_PROCEED ? STEP_AGAIN : done(session);
    }
}

static enum step proceed(struct session *session, struct exchange *exchange)
{
    return exchange->row->proceed(session, exchange) == PROCEED_DONE ? done(session) : STEP_WAIT;
}

static enum step go_on(struct session *session)
{
    static enum step (*const stages[])(struct session *, struct exchange *) = {
        [STAGE_ASK_COMMAND] = ask_command,
        [STAGE_CHECK] = check,
        [STAGE_ASK] = ask,
        [STAGE_PROCEED] = proceed,
    };

    return stages[session->current->stage](session, session->current);
}

/* Octets a command line may have: the base limit, lengthened by what the offered extensions allow, or for
 * AUTH's initial response (RFC 4954 4). */
static size_t line_limit(const struct session *session, const struct verb_row *row)
{
    const struct settings_limits *limits = &session->settings->limits;
    size_t mail = session->mail_allowance, rcpt = session->rcpt_allowance;

    if (row == verbs_row(VERB_MAIL))
        return limits->command_line + mail;
    if (row == verbs_row(VERB_RCPT))
        return limits->command_line + rcpt;
    if (row == verbs_row(VERB_AUTH) || (row == NULL && session->mechanisms != NULL))
        return limits->auth_line;
    return limits->command_line + (row == NULL ? (mail > rcpt ? mail : rcpt) : 0);
}

/* A line that is no command: what is wrong with it (RFC 5321 2.3.8, 4.5.3.1.4). */
static const struct reply *fault_reply(unsigned faults)
{
    static const struct reply too_long = {500, "5.5.2", "Line too long"};
    static const struct reply line_end = {500, "5.5.2", "Bare CR or LF in command"};
    static const struct reply nul = {501, "5.5.2", "NUL in command"};

    if ((faults & LINE_TOO_LONG) != 0)
        return &too_long;
    return (faults & LINE_NUL) != 0 ? &nul : &line_end;
}

static enum step begin(struct session *session, struct span line, unsigned faults)
{
    struct command command = {.verb = VERB_UNKNOWN};
    const struct verb_row *row;
    struct exchange *exchange;
    struct span kept;

    (void)command_parse(line, &command);
    row = verbs_row(command.verb);
    if (faults != 0 && (command.verb == VERB_DATA || command.verb == VERB_BDAT))
        session->closing = true; /* what follows may be meant as content */
    if (faults == 0 && line.len + 2 > line_limit(session, row))
        faults = LINE_TOO_LONG;
    exchange = exchange_add(session, row);
    kept = command.arguments;
    if (command.verb == VERB_UNKNOWN && command.name.len != 0)
        kept = span_of(command.name.ptr, (size_t)(kept.ptr + kept.len - command.name.ptr));
    if (exchange != NULL)
        exchange->arguments = mem_copy(kept);
    if (exchange == NULL || exchange->arguments == NULL) {
        session_end(session, 421, "4.3.0", "Out of memory, closing");
        return STEP_AGAIN;
    }
    session->current = exchange;
    if (faults != 0)
        return answer(session, exchange, fault_reply(faults));
    return go_on(session);
}

/* The client ended its direction: what it sent before is still answered, and heard (half-close). */
static enum step end_of_input(struct session *session)
{
    if (!session->client.eof || session->exchanges.count != 0)
        return STEP_WAIT;
    session->closing = true;
    return STEP_AGAIN;
}

static enum step next_line(struct session *session)
{
    struct span data = buf_data(&session->client.in), line = {NULL, 0};
    unsigned faults = 0;
    size_t n;

    if (data.len == 0)
        return end_of_input(session);
    n = line_next(&session->line, data, line_limit(session, NULL), &line, &faults);
    if (n == 0)
        return end_of_input(session);
    if (line.ptr != NULL) {
        enum step step;
        /* The line is copied into the exchange before its bytes are consumed. */
        session->line_octets = n;
        step = begin(session, line, faults);
        session->line_octets = 0;
        buf_consume(&session->client.in, n);
        return step == STEP_CLOSE ? STEP_CLOSE : STEP_AGAIN;
    }
    buf_consume(&session->client.in, n);
    return STEP_AGAIN;
}

enum step dialogue_step(struct session *session)
{
    const struct exchange *last = TAILQ_LAST(&session->exchanges.list, exchange_list);

    if (session->current != NULL)
        return go_on(session);
    if (session->closing)
        return STEP_WAIT;
    if (session->draining && session->transaction == NULL && session->exchanges.count == 0) {
        session_end(session, 421, "4.3.2", "Service is shutting down");
        return STEP_AGAIN;
    }
    if (session->exchanges.count >= EXCHANGES_MAX || (last != NULL && last->ends_group && !last->answered))
        return STEP_WAIT;
    return next_line(session);
}
