/* verb_helo.c: HELO and EHLO (RFC 5321 4.1.1.1): who the client says it is, and what it is offered. Computing
 * the offer is left to capabilities.c. */
#include <errno.h>

#include "base/mem.h"
#include "session/body.h"
#include "session/capabilities.h"
#include "session/journal.h"
#include "session/leg.h"
#include "session/transaction.h"
#include "session/verbs.h"

static bool is_ehlo(const struct exchange *exchange)
{
    return exchange->row == verbs_row(VERB_EHLO);
}

bool verb_helo_check(struct session *session, struct exchange *exchange, struct span arguments)
{
    static const struct reply wrong = {501, "5.5.4", "Need a domain or an address literal"};
    const struct settings_limits *limits = &session->settings->limits;
    struct address_limits sizes = {limits->local_part, limits->domain, limits->path};

    if (address_helo(arguments, &sizes, true) == 0)
        return true;
    exchange_say(session, exchange, &wrong);
    return false;
}

bool verb_helo_question(struct session *session, struct exchange *exchange, struct chain_question *question)
{
    (void)session;
    question->helo = span_str(exchange->arguments);
    return true;
}

void verb_helo_refused(struct session *session, struct exchange *exchange, const struct decision *decision)
{
    journal_refused(session, exchange->row->name, decision);
    if (decision->verdict != VERDICT_DISCONNECT) {
        mem_free(session->barred);
        session->barred = mem_alloc(sizeof(*session->barred));
        if (session->barred != NULL)
            kept_reply_set(session->barred, decision->code, span_str(decision->enhanced), decision->text);
        else
            session->closing = true;
    }
    exchange_decide(session, exchange, decision);
}

/* The name on the line that was composed for the upstream when a filter gave it another; else the client's.
 */
static struct span told_name(const struct exchange *exchange)
{
    size_t verb = strlen(exchange->row->name) + 1;

    if (exchange->line == NULL)
        return span_str(exchange->arguments);
    return span_of(exchange->line + verb, exchange->line_len - verb - 2);
}

/* The client has a new name; everything that hung on the old one is over (RFC 5321 4.1.4: as RSET). */
static bool introduced(struct session *session, const struct exchange *exchange)
{
    struct span name = span_str(exchange->arguments), told = told_name(exchange);
    char *own = mem_copy(name), *instead = span_eq(name, told) ? NULL : mem_copy(told);

    if (own == NULL || (instead == NULL && !span_eq(name, told))) {
        mem_free(own);
        mem_free(instead);
        return false;
    }
    body_free(session);
    transaction_end(session, true);
    mem_free(session->helo);
    mem_free(session->helo_told);
    session->helo = own;
    session->helo_told = instead;
    session->extended = is_ehlo(exchange);
    session->offered = 0;
    session->size_limit = 0;
    session->mail_allowance = session->rcpt_allowance = 0;
    mem_free(session->mechanisms);
    session->mechanisms = NULL;
    return true;
}

static void offer(struct session *session, struct exchange *exchange, const struct ehlo *upstream)
{
    char bytes[4096];
    struct text text = TEXT(bytes);
    struct ehlo out;

    if (!session->extended) {
        exchange_answer(session, exchange, 250, NULL, span_str(session->settings->hostname));
        return;
    }
    capabilities_offer(session, upstream, &out);
    ehlo_print(&text, &out, span_str(session->settings->hostname), SPAN("at your service"));
    exchange_answer_lines(session, exchange, text_span(&text));
}

static void replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct ehlo caps;

    if (reply == NULL || reply->code != 250) {
        exchange_relay_or_fail(session, exchange, reply);
        return;
    }
    if (!introduced(session, exchange)) {
        exchange_answer(session, exchange, 421, "4.3.0", SPAN("Out of memory, closing"));
        session->closing = true;
        return;
    }
    leg_greeted(session, reply, &caps);
    offer(session, exchange, &caps);
}

/* Without an upstream yet: answered from what an upstream was last seen to offer. */
static enum proceed answer_late(struct session *session, struct exchange *exchange, const struct ehlo *known)
{
    if (introduced(session, exchange)) {
        offer(session, exchange, known);
    } else {
        exchange_answer(session, exchange, 421, "4.3.0", SPAN("Out of memory, closing"));
        session->closing = true;
    }
    return PROCEED_DONE;
}

enum proceed verb_helo_proceed(struct session *session, struct exchange *exchange)
{
    const struct ehlo *known = capabilities_known(session);

    if (session->body != NULL) { /* chunks so far are void (RFC 5321 4.1.4: as RSET) */
        body_free(session);
        leg_reset(session);
        transaction_end(session, true);
    }
    if (session->leg == NULL && session->settings->connect != CONNECT_EARLY &&
        (known != NULL || !is_ehlo(exchange)))
        return answer_late(session, exchange, known);
    if (!exchange_compose(exchange, span_str(exchange->arguments))) {
        exchange_answer(session, exchange, 421, "4.3.0", SPAN("Out of memory, closing"));
        session->closing = true;
        return PROCEED_DONE;
    }
    exchange->replied = replied;
    exchange->limit = session->settings->timeouts.helo;
    return verb_forwarded(session, exchange, leg_forward_helo(session, exchange));
}
