/* envelope.c: what filters change in the envelope comes to be the transaction's, and the upstream is told it
 * anew: RSET, MAIL, RCPT. When that is done is left to verb_data.c, verb_bdat.c and late.c. */
#include "session/envelope.h"

#include "session/identity.h"
#include "session/leg.h"
#include "session/transaction.h"
#include "session/verb_mail.h"
#include "session/verb_rcpt.h"
#include "smtp/params.h"

bool envelope_may_change(const struct session *session)
{
    const struct chain *chain = session->settings->chain;

    return (chain_edits(chain) & (FILTER_EDITS_ENVELOPE | FILTER_QUARANTINES)) != 0 ||
           (chain_interests(chain) & 1u << FILTER_RECIPIENT) != 0;
}

/* --- edits ---------------------------------------------------------------------------------------------- */

/* Domains compare without regard to case (RFC 5321 2.4). */
static bool same_mailbox(struct span a, struct span b)
{
    const char *at = b.len != 0 ? memrchr(b.ptr, '@', b.len) : NULL;
    size_t local = at != NULL ? (size_t)(at - b.ptr) : 0;

    return a.len == b.len && span_eq(span_first(a, local), span_first(b, local)) &&
           span_eq_nocase(span_skip(a, local), span_skip(b, local));
}

static bool is_recipient(const struct recipient *recipient, struct span address)
{
    return recipient_stands(recipient) &&
           (same_mailbox(recipient->address, address) || same_mailbox(recipient->instead, address));
}

static void note_edit(struct recipient *recipient, const struct envelope_edit *edit, struct span what)
{
    recipient->filter = edit->filter;
    recipient->reply = what;
}

static bool add_recipient(struct transaction *transaction, const struct envelope_edit *edit)
{
    struct recipient *added;

    for (const struct recipient *r = transaction->first; r != NULL; r = r->next)
        if (is_recipient(r, edit->address))
            return true;
    added = transaction_add_recipient(transaction, edit->address);
    if (added == NULL)
        return false;
    added->added = true;
    added->parameters = edit->parameters;
    note_edit(added, edit, SPAN("added"));
    transaction->accepted++;
    return true;
}

static void delete_recipient(struct transaction *transaction, const struct envelope_edit *edit)
{
    for (struct recipient *r = transaction->first; r != NULL; r = r->next) {
        if (!recipient_stands(r) || !same_mailbox(r->address, edit->address))
            continue;
        r->removed = true;
        note_edit(r, edit, SPAN("removed"));
        transaction->accepted--;
    }
}

/* The parameters that the edit names, and those that it does not, as the client gave them. */
static bool change_sender(struct transaction *transaction, const struct envelope_edit *edit)
{
    char bytes[4096];
    struct text text = TEXT(bytes);
    struct params params, over;

    (void)params_parse(transaction->parameters, PARAM_OF_MAIL, UINT64_MAX, &params); /* have been good */
    (void)params_parse(edit->parameters, PARAM_OF_MAIL, UINT64_MAX, &over);
    params_override(&params, &over);
    (void)params_print(&text, &params, UINT64_MAX);
    transaction->parameters = arena_copy(&transaction->arena, span_trim(text_span(&text)));
    transaction->instead = edit->address;
    return !text.cut && transaction->parameters.ptr != NULL;
}

static struct span sender(const struct transaction *transaction)
{
    return transaction->instead.ptr != NULL ? transaction->instead : transaction->reverse_path;
}

static bool recipients_differ(const struct transaction *transaction)
{
    for (const struct recipient *r = transaction->first; r != NULL; r = r->next)
        if (r->added != r->removed)
            return true;
    return false;
}

static bool make(struct transaction *transaction, const struct envelope_edit *edit)
{
    switch (edit->kind) {
    case ENVELOPE_SENDER:
        return change_sender(transaction, edit);
    case ENVELOPE_ADD:
        return add_recipient(transaction, edit);
    case ENVELOPE_DELETE:
        delete_recipient(transaction, edit);
        break;
    }
    return true;
}

bool envelope_edit(struct session *session)
{
    struct transaction *transaction = session->transaction;
    struct span from = sender(transaction), with = transaction->parameters;
    bool full = false;
    const struct envelope_edit *edit = chain_envelope_edits(&session->chain, &full);

    if (transaction->edited)
        return true;
    transaction->edited = true;
    for (; edit != NULL && !full; edit = edit->next)
        full = !make(transaction, edit);
    if (!span_eq(from, sender(transaction)) || !span_eq(with, transaction->parameters) ||
        recipients_differ(transaction))
        transaction->stale = true;
    return !full;
}

/* --- telling -------------------------------------------------------------------------------------------- */

static void refuse(struct transaction *transaction, unsigned code, struct span enhanced, struct span text)
{
    if (transaction->not_told.code != 0)
        return;
    kept_reply_set(&transaction->not_told, code, enhanced, text);
    transaction_note(transaction, code < 500 ? "tempfailed" : "rejected", NULL,
                     SPAN("upstream at the changed envelope"), code, text);
}

static void lost(struct transaction *transaction)
{
    refuse(transaction, 451, SPAN("4.4.2"), SPAN("Lost the mail server in mid-command"));
}

static void replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct transaction *transaction = exchange->transaction;
    struct span rest, text = {NULL, 0}, enhanced;

    transaction->untold--;
    session_again(session);
    if (reply == NULL) {
        lost(transaction);
        return;
    }
    rest = reply->lines;
    reply_next_line(&rest, &text);
    if (exchange->recipient != NULL && reply->code >= 400)
        exchange->recipient->filter = NULL; /* it is the upstream's word now */
    transaction_answer_recipient(transaction, exchange->recipient, reply->code, text);
    reply_split_enhanced(text, reply->code, &enhanced, &text);
    if (reply->code >= 400)
        refuse(transaction, reply->code, enhanced, text);
    if (reply->code / 100 == 3) {
        lost(transaction);
        leg_lose(session, "unexpected reply to the envelope");
    }
}

/* An upstream that refuses RSET is in a state that nobody knows. */
static void reset_replied(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    if (reply != NULL && reply->code / 100 != 2) {
        lost(exchange->transaction);
        leg_lose(session, "refused RSET");
    }
    replied(session, exchange, reply != NULL && reply->code / 100 == 2 ? reply : NULL);
}

/* The transaction with the upstream is over: what XFORWARD told with it is, too. */
static bool compose_reset(struct session *session, struct exchange *exchange)
{
    session->leg->introduced = 0;
    exchange->replied = reset_replied;
    exchange->limit = session->settings->timeouts.reply;
    return exchange_set_line(exchange, SPAN("RSET\r\n"));
}

static bool compose_mail(struct session *session, struct exchange *exchange)
{
    struct transaction *transaction = session->transaction;
    const struct reply *why = verb_mail_compose(session, transaction, exchange);

    exchange->limit = session->settings->timeouts.mail;
    if (why != NULL)
        refuse(transaction, why->code, span_str(why->enhanced), span_str(why->text));
    return why == NULL;
}

static bool compose_rcpt(struct session *session, struct exchange *exchange)
{
    struct recipient *recipient = session->transaction->to_tell;

    exchange->recipient = recipient;
    exchange->limit = session->settings->timeouts.rcpt;
    return verb_rcpt_compose(session, exchange, recipient->parameters);
}

static struct recipient *next_standing(struct recipient *recipient)
{
    while (recipient != NULL && !recipient_stands(recipient))
        recipient = recipient->next;
    return recipient;
}

/* The next line has been told: what comes behind it. */
static void move_on(struct transaction *transaction)
{
    transaction->untold++;
    transaction->to_tell =
        next_standing(transaction->telling == TELLING_RCPT ? transaction->to_tell->next : transaction->first);
    if (transaction->telling != TELLING_RCPT)
        transaction->telling++;
}

/* NONE: it cannot be told. */
static enum leg_forward tell_next(struct session *session)
{
    static bool (*const compose[])(struct session *, struct exchange *) = {
        [TELLING_RSET] = compose_reset, [TELLING_MAIL] = compose_mail, [TELLING_RCPT] = compose_rcpt};
    struct transaction *transaction = session->transaction;
    enum leg_forward sent = LEG_FORWARDED;
    struct exchange *exchange;

    if (transaction->telling == TELLING_MAIL)
        sent = identity_before_mail(session, transaction);
    if (sent != LEG_FORWARDED)
        return sent;
    exchange = exchange_internal(replied);
    if (exchange == NULL)
        return LEG_NONE;
    exchange_belongs(exchange, transaction);
    sent = compose[transaction->telling](session, exchange) ? leg_forward(session, exchange) : LEG_NONE;
    if (sent == LEG_FORWARDED)
        move_on(transaction);
    else
        exchange_free(exchange);
    return sent;
}

static bool leg_is_there(const struct session *session)
{
    return session->transaction->state != TRANSACTION_BROKEN && session->leg != NULL &&
           session->leg->state == LEG_READY;
}

/* Something is left to be told, now: without PIPELINING one reply is awaited before the next command. */
static bool more_to_tell(const struct session *session)
{
    const struct transaction *transaction = session->transaction;

    return transaction->not_told.code == 0 &&
           (transaction->telling != TELLING_RCPT || transaction->to_tell != NULL);
}

enum envelope_told envelope_tell(struct session *session)
{
    struct transaction *transaction = session->transaction;

    if (!transaction->stale)
        return ENVELOPE_TOLD;
    if (transaction->accepted == 0)
        return ENVELOPE_NOBODY;
    while (more_to_tell(session)) {
        enum leg_forward sent = leg_is_there(session) ? tell_next(session) : LEG_NONE;
        if (sent == LEG_WAIT)
            return ENVELOPE_WAIT;
        if (sent == LEG_NONE)
            lost(transaction);
    }
    if (transaction->untold != 0)
        return ENVELOPE_WAIT;
    if (transaction->not_told.code != 0)
        return ENVELOPE_REFUSED;
    transaction->stale = false;
    transaction->telling = TELLING_RSET; /* should it change once more */
    return ENVELOPE_TOLD;
}
