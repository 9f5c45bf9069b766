/* introduction.c: what is known of a client beside its address, and how it is written for an upstream.
 * Telling the upstream is left to identity.c, finding a name to the world. */
#include "session/introduction.h"

#include <errno.h>

#include "base/mem.h"
#include "session/transaction.h"

#define NAME_LIMIT   5000 /* milliseconds to find the name of a client */
#define NAME_NONE    "[UNAVAILABLE]"
#define NAME_NOT_NOW "[TEMPUNAVAIL]"

struct introduction *introduction_of(struct session *session)
{
    if (session->introduction == NULL)
        session->introduction = mem_alloc(sizeof(*session->introduction));
    return session->introduction;
}

void introduction_forget(struct session *session)
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

void introduction_end_transaction(struct session *session)
{
    struct introduction *known = session->introduction;

    if (known == NULL)
        return;
    mem_free(known->forwarded);
    known->forwarded = NULL;
    known->values = (struct xclient){0};
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

bool introduction_named(struct session *session)
{
    struct introduction *known = introduction_of(session);
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

struct span introduction_name(const struct session *session)
{
    const struct introduction *known = session->introduction;

    return known != NULL && known->name != NULL && known->name[0] != '[' ? span_str(known->name)
                                                                         : span_of(NULL, 0);
}

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

const struct ip *introduction_destination(const struct session *session)
{
    return session->original.family != 0 ? &session->original : &session->local;
}

void introduction_fill(const struct session *session, struct span helo, bool extended,
                       struct introduction_values *out)
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
    values[XCLIENT_DESTADDR] = print_address(out->bytes[2], room, introduction_destination(session));
    values[XCLIENT_DESTPORT] = print_port(out->bytes[3], room, introduction_destination(session));
}

/* What our own client has been told by the one before it goes before what we know of it. */
void introduction_fill_forward(const struct session *session, const struct transaction *transaction,
                               struct introduction_values *out)
{
    introduction_fill(session, span_str(session->helo), session->extended, out);
    out->as.values[XCLIENT_IDENT] = span_str(transaction->id);
    out->as.values[XCLIENT_SOURCE] = SPAN("REMOTE");
    if (session->introduction != NULL && session->introduction->forwarded != NULL)
        out->as = session->introduction->values;
}
