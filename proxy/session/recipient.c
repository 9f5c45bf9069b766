/* recipient.c: asks the filters about a recipient that the upstream has answered for. A recipient that they
 * take back leaves the envelope; telling the upstream so is left to envelope.c. */
#include "session/recipient.h"

#include "base/mem.h"
#include "session/quarantine.h"
#include "session/transaction.h"

#define SHOWN_OCTETS 512 /* of a reply of ours */

/* An answer that waits for the filters. */
struct heard {
    struct reply_in reply; /* lines: the bytes below */
    bool local;            /* made here, not by the upstream */
    char bytes[];
};

bool recipient_asked(const struct session *session)
{
    return (chain_interests(session->settings->chain) & 1u << FILTER_RECIPIENT) != 0;
}

/* Nobody moves the command on any more: the session has got its last word. */
static bool asks_about(const struct session *session, const struct exchange *exchange)
{
    return recipient_asked(session) && session->current == exchange;
}

static void keep(struct session *session, struct exchange *exchange, const struct reply_in *reply, bool local)
{
    struct heard *heard = mem_alloc(sizeof(*heard) + reply->lines.len);

    if (heard == NULL) {
        session_end(session, 421, "4.3.0", "Out of memory, closing");
        return;
    }
    heard->reply = *reply;
    heard->local = local;
    if (reply->lines.len != 0)
        memcpy(heard->bytes, reply->lines.ptr, reply->lines.len);
    heard->reply.lines = span_of(heard->bytes, reply->lines.len);
    exchange->heard = heard;
    session_again(session);
}

void recipient_heard(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    static const struct reply_in nothing = {0};

    if (reply != NULL && reply->code / 100 == 3) {
        leg_lose(session, "intermediate reply out of place");
        reply = NULL;
    }
    if (asks_about(session, exchange))
        keep(session, exchange, reply != NULL ? reply : &nothing, false);
    else
        exchange_relay_or_fail(session, exchange, reply);
}

void recipient_heard_here(struct session *session, struct exchange *exchange, unsigned code,
                          struct span enhanced, struct span text)
{
    char bytes[SHOWN_OCTETS];
    struct text shown = TEXT(bytes);
    struct kept_reply kept;

    kept_reply_set(&kept, code, enhanced, text);
    if (asks_about(session, exchange)) {
        reply_print(&shown, code, kept.enhanced[0] != '\0' ? kept.enhanced : NULL, text, true);
        keep(session, exchange, &(struct reply_in){code, text_span(&shown), 1}, true);
        return;
    }
    exchange_answer(session, exchange, code, kept.enhanced[0] != '\0' ? kept.enhanced : NULL, text);
}

static struct span last_line(const struct heard *heard)
{
    struct span rest = heard->reply.lines, line, last = {NULL, 0};

    while (reply_next_line(&rest, &line))
        last = line;
    return last;
}

static void tell_client(struct session *session, struct exchange *exchange)
{
    const struct heard *heard = exchange->heard;
    struct kept_reply kept;
    struct span enhanced, text;

    if (!heard->local) {
        exchange_relay_or_fail(session, exchange, heard->reply.code != 0 ? &heard->reply : NULL);
        return;
    }
    reply_split_enhanced(last_line(heard), heard->reply.code, &enhanced, &text);
    kept_reply_set(&kept, heard->reply.code, enhanced, span_of(NULL, 0));
    exchange_answer(session, exchange, kept.code, kept.enhanced[0] != '\0' ? kept.enhanced : NULL, text);
}

/* A recipient that the upstream has accepted, or would have, is taken back. */
static void take_back(struct session *session, struct exchange *exchange, const struct decision *decision)
{
    struct transaction *transaction = exchange->transaction;
    struct recipient *recipient = exchange->recipient;

    if (decision->verdict == VERDICT_DISCARD) {
        transaction_note_decision(transaction, decision);
        transaction->discarded = true;
        tell_client(session, exchange);
        return;
    }
    recipient->filter = decision->filter;
    transaction_answer_recipient(transaction, recipient, decision->code, decision->text);
    transaction->accepted--;
    transaction->stale = true;
    exchange_decide(session, exchange, decision);
}

/* What was decided here against a recipient, the upstream has not been asked about. */
static void fill(struct session *session, struct exchange *exchange, struct chain_question *question)
{
    const struct heard *heard = exchange->heard;
    struct chain_question rcpt = {.event = FILTER_RCPT};
    bool answered = !heard->local || heard->reply.code / 100 == 2;

    (void)verb_rcpt_question(session, exchange, &rcpt);
    question->recipient.path = rcpt.path;
    question->recipient.reply = (struct filter_reply){.verb = SPAN("RCPT")};
    if (answered && heard->reply.code != 0) {
        question->recipient.reply.local = heard->local;
        question->recipient.reply.code = heard->reply.code;
        question->recipient.reply.text = last_line(heard);
    }
}

static bool against(enum verdict verdict)
{
    return verdict != VERDICT_CONTINUE && verdict != VERDICT_QUARANTINE;
}

enum proceed recipient_settle(struct session *session, struct exchange *exchange)
{
    struct chain_question question = {.event = FILTER_RECIPIENT};
    struct decision decision;
    enum verdict verdict;

    if (exchange->answered)
        return PROCEED_DONE;
    if (exchange->heard == NULL)
        return PROCEED_WAIT;
    fill(session, exchange, &question);
    verdict = session_ask(session, &question, &decision);
    if (verdict == VERDICT_PENDING)
        return PROCEED_WAIT;
    if (verdict == VERDICT_QUARANTINE)
        quarantine_decided(exchange->transaction, &decision); /* whatever was said of this recipient */
    if (against(verdict) && exchange->heard->reply.code / 100 == 2)
        take_back(session, exchange, &decision);
    else
        tell_client(session, exchange);
    return PROCEED_DONE;
}
