/* identity.c: how an upstream is told who the client is. The words themselves are smtp/xclient's and
 * smtp/proxy_header's; finding a client's name is the world's. */
#include "session/identity.h"

#include <errno.h>

#include "base/mem.h"
#include "session/capabilities.h"
#include "session/journal.h"
#include "session/leg_choose.h"
#include "session/transaction.h"
#include "smtp/proxy_header.h"

#define NAME_LIMIT    5000 /* milliseconds to find the name of a client */
#define NAME_NONE     "[UNAVAILABLE]"
#define NAME_NOT_NOW  "[TEMPUNAVAIL]"
#define COMMANDS_ROOM 4096 /* octets of all commands for one client */

/* --- what is known of the client ------------------------------------------------------------------------ */

struct introduction *identity_introduction(struct session *session)
{
    if (session->introduction == NULL)
        session->introduction = mem_alloc(sizeof(*session->introduction));
    return session->introduction;
}

void identity_forget(struct session *session)
{
    struct introduction *known = session->introduction;

    if (known == NULL)
        return;
    session->world->ops->name_cancel(session->world, &known->naming);
    mem_free(known->name);
    mem_free(known->login);
    mem_free(known->forwarded);
    mem_free(known);
    session->introduction = NULL;
}

static void named(void *owner, int status)
{
    struct session *session = owner;
    struct introduction *known = session->introduction;
    const char *name = status == 0 ? known->naming.name : status == -EAGAIN ? NAME_NOT_NOW : NAME_NONE;

    known->name = mem_copy(span_str(name));
    if (known->name == NULL)
        session->client.error = -ENOMEM;
    session_advance(session);
}

/* True when the name is known, if only as not to be found. */
static bool name_known(struct session *session)
{
    struct introduction *known = identity_introduction(session);
    struct world *world = session->world;

    if (known == NULL || known->name != NULL)
        return true;
    if (known->naming.handle != NULL)
        return false;
    known->naming.done = named;
    known->naming.owner = session;
    if (world->ops->name_find(world, &known->naming, &session->peer, NAME_LIMIT) == 0)
        return false;
    known->name = mem_copy(SPAN(NAME_NOT_NOW));
    return true;
}

/* The values, printed where they are not text already. */
struct values {
    struct xclient as;
    char bytes[4][IP_TEXT_MAX + 8];
};

static struct span print_address(char *bytes, size_t size, const struct ip *ip)
{
    struct text text = {bytes, 0, size, false};

    if (ip->family == 0)
        return SPAN(NAME_NONE);
    xclient_print_address(&text, ip);
    return text_span(&text);
}

static struct span print_port(char *bytes, size_t size, const struct ip *ip)
{
    struct text text = {bytes, 0, size, false};

    if (ip->family == 0)
        return SPAN(NAME_NONE);
    text_number(&text, ip->port);
    return text_span(&text);
}

static const struct ip *destination(const struct session *session)
{
    return session->original.family != 0 ? &session->original : &session->local;
}

static void fill(const struct session *session, struct span helo, bool extended, struct values *out)
{
    const struct introduction *known = session->introduction;
    struct span *values = out->as.values;
    size_t room = sizeof(out->bytes[0]);

    out->as = (struct xclient){0};
    values[XCLIENT_NAME] = known != NULL && known->name != NULL ? span_str(known->name) : SPAN(NAME_NONE);
    values[XCLIENT_ADDR] = print_address(out->bytes[0], room, &session->peer);
    values[XCLIENT_PORT] = print_port(out->bytes[1], room, &session->peer);
    values[XCLIENT_PROTO] = extended ? SPAN("ESMTP") : SPAN("SMTP");
    values[XCLIENT_HELO] = helo;
    if (known != NULL && known->login != NULL)
        values[XCLIENT_LOGIN] = span_str(known->login);
    values[XCLIENT_DESTADDR] = print_address(out->bytes[2], room, destination(session));
    values[XCLIENT_DESTPORT] = print_port(out->bytes[3], room, destination(session));
}

/* --- the upstream's side -------------------------------------------------------------------------------- */

bool identity_header(struct session *session)
{
    char bytes[256];
    struct text text = TEXT(bytes);

    if (leg_upstream(session)->identity == IDENTITY_PROXY_V1)
        proxy_header_print_v1(&text, &session->peer, destination(session));
    else if (leg_upstream(session)->identity == IDENTITY_PROXY_V2)
        proxy_header_print_v2(&text, &session->peer, destination(session));
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
        leg_skip(session);
    }
    session_again(session);
}

static bool say(struct session *session, struct span line, struct span rest, exchange_replied *replied)
{
    struct exchange *exchange = exchange_internal(replied);

    if (exchange != NULL)
        exchange->arguments = mem_copy(rest);
    if (exchange == NULL || exchange->arguments == NULL || !wire_put(&session->leg->wire, line)) {
        exchange_free(exchange);
        return false;
    }
    exchange->limit = session->settings->timeouts.helo;
    leg_expect(session, exchange);
    session_again(session);
    return true;
}

static struct span first_line(struct span lines)
{
    const char *end = memchr(lines.ptr, '\n', lines.len);

    return span_first(lines, (size_t)(end - lines.ptr) + 1);
}

static bool say_next(struct session *session, struct span lines);

/* One command at a time: each reply may be a new greeting. */
static void told(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    struct span rest = span_str(exchange->arguments);

    if (reply == NULL)
        return;
    if (reply->code / 100 != 2)
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
    ehlo_clear(&caps);
    if (reply->code == 250)
        capabilities_read(&caps, reply);
    leg->may_tell =
        ehlo_has(&caps, KEYWORD_XCLIENT) ? xclient_offered(ehlo_arguments(&caps, KEYWORD_XCLIENT)) : 0;
    leg->told = TOLD_ASKED;
    session_again(session);
}

static bool ask(struct session *session)
{
    char bytes[300];
    struct text text = TEXT(bytes);

    text_format(&text, "EHLO %s\r\n", session->settings->hostname);
    session->leg->told = TOLD_ASKING;
    return say(session, text_span(&text), SPAN(""), asked);
}

static bool tell(struct session *session, struct span helo, bool extended)
{
    char bytes[COMMANDS_ROOM];
    struct text text = TEXT(bytes);
    struct values values;
    struct leg *leg = session->leg;

    fill(session, helo, extended, &values);
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
    else if ((leg->may_tell >> XCLIENT_NAME & 1u) != 0 && !name_known(session))
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
    /* Another name than the one that was told: it is told anew. */
    if (leg->told == TOLD_ALL && leg->told_helo != NULL && !span_eq(helo, span_str(leg->told_helo)))
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

/* What our own client has been told by the one before it goes before what we know of it. */
static void fill_forward(const struct session *session, const struct transaction *transaction,
                         struct values *values)
{
    fill(session, span_str(session->helo), session->extended, values);
    values->as.values[XCLIENT_IDENT] = span_str(transaction->id);
    values->as.values[XCLIENT_SOURCE] = SPAN("REMOTE");
    if (session->introduction != NULL && session->introduction->forwarded != NULL)
        values->as = session->introduction->values;
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
    struct values values;
    bool said;

    if (wire_put_room(&session->leg->wire) < sizeof(bytes)) {
        session->blocked = true;
        return LEG_WAIT;
    }
    fill_forward(session, transaction, &values);
    transaction->introduced = true;
    if (xclient_print(&text, SPAN("XFORWARD"), &values.as, session->leg->may_tell) == 0 || text.cut)
        return LEG_FORWARDED;
    said = leg_offers(session, KEYWORD_PIPELINING) ? say_all(session, text_span(&text))
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
    if (transaction->introduced)
        return LEG_FORWARDED;
    if (leg->may_tell == 0) {
        transaction->introduced = true;
        untellable(session, "XFORWARD is not offered");
        return now(session);
    }
    if ((leg->may_tell >> XCLIENT_NAME & 1u) != 0 && !name_known(session))
        return LEG_WAIT;
    if (leg->outstanding != 0 && !leg_offers(session, KEYWORD_PIPELINING))
        return LEG_WAIT;
    return forward(session, transaction);
}
