/* identity.c: how an upstream is told who the client is. What is known of it is introduction.c's, the words
 * are smtp/xclient's and smtp/proxy_header's. */
#include "session/identity.h"

#include "base/mem.h"
#include "session/capabilities.h"
#include "session/introduction.h"
#include "session/journal.h"
#include "session/leg_choose.h"
#include "session/transaction.h"
#include "smtp/proxy_header.h"

#define COMMANDS_ROOM 4096 /* octets of all commands for one client */

/* --- the upstream's side -------------------------------------------------------------------------------- */

bool identity_header(struct session *session)
{
    char bytes[256];
    struct text text = TEXT(bytes);

    if (leg_upstream(session)->identity == IDENTITY_PROXY_V1)
        proxy_header_print_v1(&text, &session->peer, introduction_destination(session));
    else if (leg_upstream(session)->identity == IDENTITY_PROXY_V2)
        proxy_header_print_v2(&text, &session->peer, introduction_destination(session));
    return !text.cut && wire_put(&session->leg->wire, text_span(&text));
}

static bool needed(struct session *session)
{
    return leg_upstream(session)->identity_required;
}

/* It does not take what it should be told. */
static void untellable(struct session *session, const char *why)
{
    journal_event(session, LOG_LEVEL_WARN, "identity-not-told", span_str(why));
    session->leg->told = TOLD_ALL;
    if (needed(session)) {
        leg_fail(session, 451, SPAN("4.3.5"), SPAN("The mail server cannot be told who you are"));
        if (session->authenticated)
            session->closing = true; /* no other knows that the client has */
        else
            leg_skip(session);
    }
    session_again(session);
}

/* What is left to be said behind it is kept with the exchange. */
static bool say(struct session *session, struct span line, struct span rest, exchange_replied *replied)
{
    struct exchange *exchange;
    char *kept = mem_copy(rest);

    if (kept == NULL)
        return false;
    exchange = leg_say(session, line, replied);
    if (exchange == NULL)
        mem_free(kept);
    else
        exchange->arguments = kept;
    return exchange != NULL;
}

static struct span first_line(struct span lines)
{
    const char *end = memchr(lines.ptr, '\n', lines.len);

    return span_first(lines, (size_t)(end - lines.ptr) + 1);
}

static bool say_next(struct session *session, struct span lines);

/* A MAIL that waited behind it is over, too: an upstream that goes whenever it is told would be dialled for
 * ever. */
static void lost(struct session *session)
{
    struct transaction *transaction = session->transaction;

    if (transaction != NULL && !transaction->at_upstream)
        transaction->state = TRANSACTION_BROKEN;
}

/* One command at a time: each reply may be a new greeting. */
static void told(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct span rest = span_str(exchange->arguments);

    if (reply == NULL)
        lost(session);
    else if (reply->code / 100 != 2)
        untellable(session, "refused");
    else if (rest.len == 0)
        session->leg->told = TOLD_ALL;
    else if (!say_next(session, rest))
        untellable(session, "no memory");
    session_again(session);
}

static bool say_next(struct session *session, struct span lines)
{
    struct span line = first_line(lines);

    session->leg->told = TOLD_PARTLY;
    return say(session, line, span_skip(lines, line.len), told);
}

/* --- XCLIENT -------------------------------------------------------------------------------------------- */

static void asked(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct leg *leg = session->leg;
    struct ehlo caps;

    (void)exchange;
    if (reply == NULL)
        return;
    capabilities_read(&caps, reply);
    leg->may_tell =
        ehlo_has(&caps, KEYWORD_XCLIENT) ? xclient_offered(ehlo_arguments(&caps, KEYWORD_XCLIENT)) : 0;
    leg->told = TOLD_ASKED;
    session_again(session);
}

static bool ask(struct session *session)
{
    session->leg->told = TOLD_ASKING;
    return leg_say_helo(session, span_str(session->settings->hostname), true, asked) != NULL;
}

static bool tell(struct session *session, struct span helo, bool extended)
{
    char bytes[COMMANDS_ROOM];
    struct text text = TEXT(bytes);
    struct introduction_values values;
    struct leg *leg = session->leg;

    introduction_fill(session, helo, extended, &values);
    mem_free(leg->told_helo);
    leg->told_helo = mem_copy(helo);
    if (leg->told_helo == NULL || xclient_print(&text, SPAN("XCLIENT"), &values.as, leg->may_tell) == 0 ||
        text.cut)
        return false;
    return say_next(session, text_span(&text));
}

/* Where the leg stands after it was told something, or could not be. */
static enum leg_forward now(const struct session *session)
{
    if (session->leg->state == LEG_FAILED)
        return LEG_NONE;
    return session->leg->told == TOLD_ALL && session->leg->state >= LEG_GREETED ? LEG_FORWARDED : LEG_WAIT;
}

static enum leg_forward tell_all(struct session *session, struct span helo, bool extended)
{
    struct leg *leg = session->leg;

    if (leg->may_tell == 0)
        untellable(session, "XCLIENT is not offered");
    else if ((leg->may_tell >> XCLIENT_NAME & 1u) != 0 && !introduction_named(session))
        return LEG_WAIT;
    else if (!tell(session, helo, extended))
        untellable(session, "no memory");
    return now(session);
}

enum leg_forward identity_before_helo(struct session *session, struct span helo, bool extended)
{
    struct leg *leg = session->leg;

    if (leg_upstream(session)->identity != IDENTITY_XCLIENT)
        return LEG_FORWARDED;
    /* Another name than the one that was told: it is told anew, but not behind an AUTH, which XCLIENT would
     * undo. */
    if (leg->told == TOLD_ALL && !session->authenticated && leg->told_helo != NULL &&
        !span_eq(helo, span_str(leg->told_helo)))
        leg->told = TOLD_ASKED;
    switch (leg->told) {
    case TOLD_NOTHING:
        if (!ask(session))
            untellable(session, "no memory");
        return now(session);
    case TOLD_ASKED:
        return tell_all(session, helo, extended);
    case TOLD_ASKING:
    case TOLD_PARTLY:
    case TOLD_ALL:
        break;
    }
    return now(session);
}

/* --- XFORWARD ------------------------------------------------------------------------------------------- */

void identity_offered(struct session *session, const struct ehlo *caps)
{
    if (leg_upstream(session)->identity != IDENTITY_XFORWARD)
        return;
    session->leg->may_tell =
        ehlo_has(caps, KEYWORD_XFORWARD) ? xclient_offered(ehlo_arguments(caps, KEYWORD_XFORWARD)) : 0;
    session->leg->told = TOLD_ALL;
}

static bool say_all(struct session *session, struct span lines)
{
    struct span line;

    for (; lines.len != 0; lines = span_skip(lines, line.len)) {
        line = first_line(lines);
        if (!say(session, line, SPAN(""), exchange_ignore))
            return false;
    }
    return true;
}

static enum leg_forward forward(struct session *session, struct transaction *transaction)
{
    char bytes[COMMANDS_ROOM];
    struct text text = TEXT(bytes);
    struct introduction_values values;
    bool said;

    if (wire_put_room(&session->leg->wire) < sizeof(bytes)) {
        session->blocked = true;
        return LEG_WAIT;
    }
    introduction_fill_forward(session, transaction, &values);
    session->leg->introduced = session->transactions;
    if (xclient_print(&text, SPAN("XFORWARD"), &values.as, session->leg->may_tell) == 0 || text.cut)
        return LEG_FORWARDED;
    said = leg_offers(session, KEYWORD_PIPELINING) && !needed(session) ? say_all(session, text_span(&text))
                                                                       : say_next(session, text_span(&text));
    if (!said)
        untellable(session, "no memory");
    return now(session);
}

enum leg_forward identity_before_mail(struct session *session, struct transaction *transaction)
{
    struct leg *leg = session->leg;

    if (leg_upstream(session)->identity != IDENTITY_XFORWARD)
        return LEG_FORWARDED;
    if (leg->told == TOLD_PARTLY)
        return LEG_WAIT;
    if (leg->introduced == session->transactions)
        return LEG_FORWARDED;
    if (leg->outstanding != 0 && (needed(session) || !leg_offers(session, KEYWORD_PIPELINING)))
        return LEG_WAIT; /* the leg may be given up, but not with replies that the client awaits */
    if (leg->may_tell == 0) {
        leg->introduced = session->transactions;
        untellable(session, "XFORWARD is not offered");
        return now(session);
    }
    if ((leg->may_tell >> XCLIENT_NAME & 1u) != 0 && !introduction_named(session))
        return LEG_WAIT;
    return forward(session, transaction);
}
