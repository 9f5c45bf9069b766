/* quarantine.c: composes what is known of a message that is to be kept, hands both over, and answers when the
 * message is durable. */
#include "session/quarantine.h"

#include <errno.h>
#include <time.h>

#include "base/mem.h"
#include "quarantine/facts.h"
#include "session/body_private.h"
#include "session/journal.h"
#include "session/leg.h"
#include "session/transaction.h"

struct custody {
    struct session *session;
    struct keep keep;
    char *facts;
    bool begun; /* and counted among the session's commits */
};

void quarantine_decided(struct transaction *transaction, const struct decision *decision)
{
    transaction->quarantined = true;
    transaction->keeper = decision->filter;
    transaction->kept_for = arena_copy(&transaction->arena, span_first(decision->reason, 256));
}

bool quarantine_busy(const struct session *session)
{
    return session->body != NULL && session->body->custody != NULL;
}

/* --- facts ---------------------------------------------------------------------------------------------- */

/* What of the facts is printed here. */
struct printed {
    char time[32];
    char destination[IP_TEXT_MAX + 16];
};

/* date-time of RFC 3339 5.6, in UTC. */
static struct span print_time(char *to, size_t size, uint64_t ms)
{
    struct text text = {to, 0, size, false};
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    text_format(&text, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000));
    return text_span(&text);
}

static struct span print_destination(char *to, size_t size, const struct ip *ip)
{
    struct text text = {to, 0, size, false};

    if (ip->family == 6)
        text_char(&text, '[');
    ip_print(&text, ip);
    if (ip->family == 6)
        text_char(&text, ']');
    text_format(&text, ":%u", (unsigned)ip->port);
    return text_span(&text);
}

static const struct settings_upstream *meant_for(const struct session *session)
{
    if (session->leg != NULL && session->leg->state != LEG_FAILED)
        return leg_upstream(session);
    return session->settings->upstreams.items;
}

static void tell_upstream(const struct session *session, struct facts *facts, struct printed *printed)
{
    const struct settings_upstream *upstream = meant_for(session);

    facts->upstream = span_str(upstream->address);
    if (upstream->original && session->original.family != 0)
        facts->destination =
            print_destination(printed->destination, sizeof(printed->destination), &session->original);
}

static void tell_client(struct session *session, struct facts *facts)
{
    struct filter_facts known;

    session_facts(session, &known);
    facts->session = known.session;
    facts->client = known.client;
    facts->client_name = known.client_name;
    facts->client_port = known.client_port;
    facts->helo = known.helo;
    facts->extended = known.extended;
    facts->listener = known.listener;
    facts->tls_version = known.tls_version;
    facts->tls_cipher = known.tls_cipher;
    facts->tls_subject = known.tls_subject;
    facts->authentication = known.authentication;
    facts->identity = known.identity;
}

/* None are not told. */
static struct span stated(struct span parameters)
{
    parameters = parameters.len != 0 ? span_trim(parameters) : parameters;
    return parameters.len != 0 ? parameters : span_of(NULL, 0);
}

static void tell_transaction(const struct transaction *transaction, struct facts *facts)
{
    bool changed = transaction->instead.ptr != NULL;

    facts->id = span_str(transaction->id);
    facts->reverse_path = changed ? transaction->instead : transaction->reverse_path;
    facts->reverse_path_given = changed ? transaction->reverse_path : span_of(NULL, 0);
    facts->parameters = stated(transaction->parameters);
    facts->smtputf8 = transaction->smtputf8;
    facts->binary = transaction->binary;
    facts->filter = span_str(transaction->keeper);
    facts->reason = transaction->kept_for;
    facts->size = transaction->size;
}

/* Those that stand; NULL: no memory. */
static struct facts_recipient *tell_recipients(const struct transaction *transaction, struct facts *facts)
{
    struct facts_recipient *recipients;
    size_t count = 0;

    for (const struct recipient *r = transaction->first; r != NULL; r = r->next)
        count += recipient_stands(r) ? 1 : 0;
    recipients = mem_alloc((count + 1) * sizeof(*recipients));
    if (recipients == NULL)
        return NULL;
    for (const struct recipient *r = transaction->first; r != NULL; r = r->next) {
        bool changed = r->instead.ptr != NULL;
        if (!recipient_stands(r))
            continue;
        recipients[facts->recipient_count++] =
            (struct facts_recipient){.address = changed ? r->instead : r->address,
                                     .parameters = stated(r->parameters),
                                     .given = changed ? r->address : span_of(NULL, 0)};
    }
    facts->recipients = recipients;
    return recipients;
}

/* The facts as they are kept; NULL: no memory. */
static char *compose(struct session *session, size_t *len)
{
    struct facts facts = {0};
    struct printed printed;
    struct facts_recipient *recipients = tell_recipients(session->transaction, &facts);
    char *json;

    if (recipients == NULL)
        return NULL;
    tell_client(session, &facts);
    tell_transaction(session->transaction, &facts);
    tell_upstream(session, &facts, &printed);
    facts.time = print_time(printed.time, sizeof(printed.time), session->world->ops->wall(session->world));
    json = facts_print(&facts, false, len);
    mem_free(recipients);
    return json;
}

/* --- keeping -------------------------------------------------------------------------------------------- */

static long read_content(void *owner, char *to, size_t len)
{
    const struct custody *custody = owner;
    struct sink *sink = custody->session->body->sink;

    return sink->ops->read(sink, to, len);
}

static void answer_kept(struct session *session)
{
    const struct settings_quarantine *settings = &session->settings->quarantine;
    bool accept = settings->reply == QUARANTINED_ACCEPT;
    const char *otherwise = accept ? "Held for review" : "Refused by local policy";
    struct transaction *transaction = session->transaction;
    char bytes[256];
    struct text text = TEXT(bytes);

    text_add(&text, span_first(span_str(settings->text != NULL ? settings->text : otherwise), 200));
    text_format(&text, ": %s", transaction->id);
    transaction->filter = span_str(transaction->keeper);
    transaction->reason = transaction->kept_for;
    transaction_note(transaction, "quarantined", NULL, span_of(NULL, 0), accept ? 250 : 550,
                     text_span(&text));
    exchange_answer(session, session->body->exchange, accept ? 250 : 550, accept ? "2.0.0" : "5.7.1",
                    text_span(&text));
    body_complete(session);
}

static void failed(struct session *session, int error)
{
    char bytes[128];
    struct text text = TEXT(bytes);

    text_format(&text, "%s: %s", session->transaction->id, strerror(-error));
    journal_event(session, LOG_LEVEL_ERROR, "quarantine-failed", text_span(&text));
    quarantine_end(session);
    body_failed(session, error == -EDQUOT ? -ENOSPC : error);
}

static void kept(void *owner, int status)
{
    struct custody *custody = owner;
    struct session *session = custody->session;

    custody->begun = false;
    session->commits--;
    session->transaction->client_gone = session_client_lost(session);
    if (status == 0)
        answer_kept(session);
    else
        failed(session, status);
    session_advance(session);
}

static int begin(struct session *session)
{
    struct custody *custody = mem_alloc(sizeof(*custody));
    size_t len = 0;

    if (custody == NULL)
        return -ENOMEM;
    session->body->custody = custody;
    custody->session = session;
    custody->facts = compose(session, &len);
    if (custody->facts == NULL)
        return -ENOMEM;
    custody->keep = (struct keep){.where = session->settings->quarantine.store,
                                  .id = span_str(session->transaction->id),
                                  .facts = span_of(custody->facts, len),
                                  .read = read_content,
                                  .done = kept,
                                  .owner = custody};
    return session->world->ops->keep_begin(session->world, &custody->keep);
}

/* What became of the message is told to a client that is still there, and to the log in any case: as with an
 * end of data that the upstream has. The upstream is let go: it heard nothing of the message. */
static void hand_over(struct session *session)
{
    session->body->custody->begun = true;
    session->commits++;
    if (session->transaction->at_upstream)
        leg_reset(session);
    session->transaction->at_upstream = false;
}

enum step quarantine_step(struct session *session)
{
    int error;

    if (quarantine_busy(session))
        return STEP_WAIT;
    body_release(session);
    if (body_over(session->body))
        return STEP_AGAIN;
    error = begin(session);
    if (error == 0)
        hand_over(session);
    else
        failed(session, error);
    return error == 0 ? STEP_WAIT : STEP_AGAIN;
}

void quarantine_end(struct session *session)
{
    struct custody *custody = session->body->custody;

    if (custody == NULL)
        return;
    session->body->custody = NULL;
    session->world->ops->keep_cancel(session->world, &custody->keep);
    session->commits -= custody->begun ? 1 : 0;
    mem_free(custody->facts);
    mem_free(custody);
}
