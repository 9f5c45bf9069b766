/* journal.c: the log lines of a session: connect, transaction summary, close. Composing a line is left to
 * base/log. */
#include "session/journal.h"

#include "session/transaction.h"
#include "tls/tls.h"

#define RECIPIENTS_SHOWN 20 /* the rest is counted: a line must stay readable */

static void who(struct log_line *line, const struct session *session)
{
    char bytes[IP_TEXT_MAX];
    struct text text = TEXT(bytes);

    log_field(line, "session", span_str(session->id));
    ip_print(&text, &session->peer);
    log_field(line, "client", text_span(&text));
}

static void address(struct log_line *line, const char *key, const struct ip *ip)
{
    char bytes[IP_TEXT_MAX];
    struct text text = TEXT(bytes);

    ip_print(&text, ip);
    log_field(line, key, text_span(&text));
}

void journal_connected(const struct session *session)
{
    struct log_line line;

    if (!log_wants(session->world->log, LOG_LEVEL_INFO))
        return;
    log_begin(&line, session->world->log, LOG_LEVEL_INFO, "connect");
    who(&line, session);
    log_number(&line, "port", session->peer.port);
    if (session->via.family != session->peer.family ||
        memcmp(session->via.bytes, session->peer.bytes, sizeof(session->via.bytes)) != 0)
        address(&line, "via", &session->via);
    if (session->original.family != 0)
        address(&line, "original", &session->original);
    log_field(&line, "listener", span_str(session->listener->name));
    log_end(&line);
}

void journal_closed(const struct session *session)
{
    struct log_line line;

    if (!log_wants(session->world->log, LOG_LEVEL_INFO))
        return;
    log_begin(&line, session->world->log, LOG_LEVEL_INFO, "close");
    who(&line, session);
    if (session->helo != NULL)
        log_field(&line, "helo", span_str(session->helo));
    if (session->helo_told != NULL)
        log_field(&line, "helo_rewritten", span_str(session->helo_told));
    log_number(&line, "transactions", session->transactions);
    log_number(&line, "received", session->client.received);
    log_number(&line, "sent", session->client.sent);
    if (tls_failure(&session->client)[0] != '\0')
        log_field(&line, "tls_error", span_str(tls_failure(&session->client)));
    log_end(&line);
}

void journal_encrypted(const struct session *session, const char *side, const struct wire *wire)
{
    struct log_line line;
    struct tls_facts facts;

    if (!log_wants(session->world->log, LOG_LEVEL_INFO))
        return;
    tls_facts(wire, &facts);
    log_begin(&line, session->world->log, LOG_LEVEL_INFO, "encrypted");
    who(&line, session);
    log_field(&line, "side", span_str(side));
    log_field(&line, "version", span_str(facts.version));
    log_field(&line, "cipher", span_str(facts.cipher));
    if (facts.name.len != 0)
        log_field(&line, "name", facts.name);
    if (facts.resumed)
        log_field(&line, "resumed", SPAN("yes"));
    if (facts.subject.len != 0)
        log_field(&line, "subject", facts.subject);
    if (facts.fingerprint[0] != '\0')
        log_field(&line, "verified", facts.verified ? SPAN("yes") : SPAN("no"));
    log_end(&line);
}

void journal_event(const struct session *session, enum log_level level, const char *event, struct span text)
{
    struct log_line line;

    if (!log_wants(session->world->log, level))
        return;
    log_begin(&line, session->world->log, level, event);
    who(&line, session);
    log_field(&line, "text", text);
    log_end(&line);
}

void journal_refused(const struct session *session, const char *verb, const struct decision *decision)
{
    struct log_line line;

    if (!log_wants(session->world->log, LOG_LEVEL_INFO))
        return;
    log_begin(&line, session->world->log, LOG_LEVEL_INFO, "refused");
    who(&line, session);
    log_field(&line, "verb", span_str(verb));
    log_field(&line, "filter", span_str(decision->filter));
    if (decision->reason.len != 0)
        log_field(&line, "reason", decision->reason);
    log_number(&line, "code", decision->code);
    log_field(&line, "reply", decision->text);
    log_end(&line);
}

static void recipients(struct log_line *line, const struct transaction *transaction)
{
    char bytes[2048];
    struct text text = TEXT(bytes);
    unsigned shown = 0, all = 0;

    for (const struct recipient *r = transaction->first; r != NULL; r = r->next) {
        size_t before = text.len;
        if (r->removed && r->code == 0)
            continue; /* added and removed: the upstream has never heard of it */
        all++;
        if (shown >= RECIPIENTS_SHOWN || text.cut)
            continue;
        if (text.len != 0)
            text_char(&text, ' ');
        text_add(&text, r->address);
        if (r->instead.ptr != NULL) {
            text_add(&text, SPAN("->"));
            text_add(&text, r->instead);
        }
        text_format(&text, "=%u", r->code);
        if (r->reply.len != 0) {
            text_add(&text, SPAN("("));
            if (r->filter != NULL) {
                text_add(&text, span_str(r->filter));
                text_add(&text, SPAN(": "));
            }
            text_add(&text, r->reply);
            text_add(&text, SPAN(")"));
        }
        if (text.cut)
            text.len = before;
        else
            shown++;
    }
    log_field(line, "to", text_span(&text));
    if (all > shown)
        log_number(line, "more_recipients", all - shown);
}

void journal_transaction(const struct session *session, struct transaction *transaction)
{
    struct log_line line;

    if (transaction->logged || !log_wants(session->world->log, LOG_LEVEL_INFO))
        return;
    transaction->logged = true;
    log_begin(&line, session->world->log, LOG_LEVEL_INFO, "transaction");
    who(&line, session);
    log_field(&line, "id", span_str(transaction->id));
    if (session->helo != NULL)
        log_field(&line, "helo", span_str(session->helo));
    if (session->helo_told != NULL)
        log_field(&line, "helo_rewritten", span_str(session->helo_told));
    log_field(&line, "from", transaction->reverse_path);
    if (transaction->instead.ptr != NULL)
        log_field(&line, "from_rewritten", transaction->instead);
    recipients(&line, transaction);
    log_number(&line, "size", transaction->size);
    log_field(&line, "verdict", span_str(transaction->verdict != NULL ? transaction->verdict : "aborted"));
    if (transaction->filter.len != 0)
        log_field(&line, "filter", transaction->filter);
    if (transaction->reason.len != 0)
        log_field(&line, "reason", transaction->reason);
    if (transaction->final.code != 0) {
        log_number(&line, "code", transaction->final.code);
        log_field(&line, "reply", span_str(transaction->final.text));
    }
    if (transaction->in_doubt)
        log_field(&line, "in_doubt", SPAN("yes"));
    if (transaction->client_gone)
        log_field(&line, "client_gone", SPAN("yes"));
    log_number(&line, "ms", world_now(session->world) - transaction->started);
    log_end(&line);
}
