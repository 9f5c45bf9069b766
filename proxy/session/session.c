/* session.c: a session begins, advances, ends; nothing else. The phases' steps are named in phase.c. */
#include "session/session.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "session/authentication.h"
#include "session/body.h"
#include "session/deadline.h"
#include "session/introduction.h"
#include "session/journal.h"
#include "session/leg.h"
#include "session/phase.h"
#include "session/server_private.h"
#include "session/transaction.h"
#include "session/verbs.h"
#include "tls/tls.h"

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void mint(struct session *session)
{
    uint8_t chance[10];

    session->world->ops->chance(session->world, chance, sizeof(chance));
    for (size_t i = 0; i < sizeof(chance); i++)
        session->id[i] = digits[chance[i] & 31];
}

static void resumed(void *owner)
{
    session_advance(owner);
}

struct session *session_new(struct server *server, const struct arrival *arrival, const struct wire_ops *ops,
                            void *carrier)
{
    struct session *session = mem_alloc(sizeof(*session));

    if (session == NULL)
        return NULL;
    session->server = server;
    session->world = server->world;
    session->settings = settings_ref(server->settings);
    session->peer = session->via = arrival->peer;
    session->local = arrival->local;
    session->original = arrival->original;
    session->listener = arrival->listener;
    exchanges_init(&session->exchanges);
    chain_run_init(&session->chain, session->settings->chain, session->world, session, session_facts,
                   resumed);
    session->chain.body_memory = session->settings->limits.spool_memory;
    wire_init(&session->client, session->world->pool, session_advance, session);
    wire_attach(&session->client, ops, carrier);
    mint(session);
    LIST_INSERT_HEAD(&server->sessions, session, link);
    server->count++;
    phase_enter(session, PHASE_PREFACE);
    return session;
}

void session_free(struct session *session)
{
    transaction_note(session->transaction, "aborted", NULL, span_of(NULL, 0), 0, span_of(NULL, 0));
    chain_cancel(&session->chain);
    body_free(session);
    transaction_end(session, true);
    leg_close(session);
    exchanges_free(&session->exchanges);
    chain_run_free(&session->chain);
    session->world->ops->alarm_clear(session->world, &session->alarm);
    journal_closed(session);
    wire_close(&session->client, false);
    mem_free(session->helo);
    mem_free(session->helo_told);
    mem_free(session->mechanisms);
    mem_free(session->barred);
    introduction_forget(session);
    authentication_forget(session);
    server_left(session->server, session);
    settings_unref(session->settings);
    mem_free(session);
}

enum verdict session_ask(struct session *session, const struct chain_question *question, struct decision *out)
{
    enum verdict verdict =
        session->asking ? chain_result(&session->chain, out) : chain_ask(&session->chain, question, out);

    session->asking = verdict == VERDICT_PENDING;
    return verdict;
}

bool session_client_lost(const struct session *session)
{
    return session->client.error != 0;
}

/* Every command that waits for us, rather than for the upstream, gets the session's last word. */
static unsigned answer_all(struct session *session, unsigned code, const char *enhanced, const char *text)
{
    struct exchange *exchange;
    unsigned answered = 0;

    session->current = session->greeting = NULL;
    TAILQ_FOREACH(exchange, &session->exchanges.list, link)
    {
        if (exchange->answered || exchange->forwarded)
            continue;
        exchange_answer(session, exchange, code, enhanced, span_str(text));
        answered++;
    }
    return answered;
}

/* The last reply has been composed, if not sent. */
static bool said_goodbye(const struct session *session)
{
    const struct exchange *last = TAILQ_LAST(&session->exchanges.list, exchange_list);

    return session->closing && session->body == NULL && (last == NULL || last->row == &verbs_closing);
}

void session_end(struct session *session, unsigned code, const char *enhanced, const char *text)
{
    struct exchange *exchange;

    if (session->phase == PHASE_LINGER || said_goodbye(session))
        return;
    if (session->phase == PHASE_PREFACE || session->phase == PHASE_HANDSHAKE) {
        session->client.error = -ECONNABORTED; /* it could not be told */
        return;
    }
    chain_cancel(&session->chain);
    session->asking = false;
    if (session->body != NULL)
        body_refuse(session, code, span_str(enhanced), span_str(text));
    body_free(session);
    transaction_end(session, true);
    session->closing = true;
    phase_enter(session, PHASE_COMMAND);
    if (answer_all(session, code, enhanced, text) != 0)
        return;
    exchange = exchange_add(session, &verbs_closing);
    if (exchange != NULL)
        exchange_answer(session, exchange, code, enhanced, span_str(text));
}

/* Runs the phases until they wait; false: the session is over. */
static bool run(struct session *session)
{
    enum step step;

    do {
        session->again = false;
        session->blocked = false;
        leg_collect(session);
        step = phase_step(session);
        if (exchanges_emit(session) || step == STEP_AGAIN)
            session->again = true;
    } while (session->again && step != STEP_CLOSE);
    return step != STEP_CLOSE;
}

/* Sends what is queued. True when a round more is worth it: room was made, or a wire failed. */
static bool update(struct session *session)
{
    uint64_t sent = session->client.sent;
    int failed = session->client.error;
    bool more;

    wire_update(&session->client);
    more = session->client.error != failed || (session->blocked && session->client.sent != sent);
    if (session->leg != NULL && wire_open(&session->leg->wire)) {
        struct wire *wire = &session->leg->wire;
        sent = wire->sent;
        failed = wire->error;
        wire_update(wire);
        more = more || wire->error != failed || (session->blocked && wire->sent != sent);
    }
    return more;
}

void session_advance(void *owner)
{
    struct session *session = owner;

    if (session->advancing) {
        session->again = true;
        return;
    }
    session->advancing = true;
    do {
        if (!run(session)) {
            session_free(session);
            return;
        }
    } while (update(session));
    deadline_arm(session);
    session->advancing = false;
}

void kept_reply_set(struct kept_reply *kept, unsigned code, struct span enhanced, struct span text)
{
    struct text e = {kept->enhanced, 0, sizeof(kept->enhanced) - 1, false};
    struct text t = {kept->text, 0, sizeof(kept->text) - 1, false};

    kept->code = code;
    if (reply_enhanced_valid(enhanced, code))
        text_add(&e, enhanced);
    kept->enhanced[e.len] = '\0';
    for (const char *lf; text.len != 0 && (lf = memchr(text.ptr, '\n', text.len)) != NULL;) {
        size_t len = (size_t)(lf - text.ptr);
        text_add_safe(&t, span_first(text, len), true);
        text_char(&t, '\n');
        text = span_skip(text, len + 1);
    }
    text_add_safe(&t, text, true);
    kept->text[t.len] = '\0';
}

static void transaction_facts(const struct transaction *transaction, struct filter_facts *out)
{
    out->transaction = span_str(transaction->id);
    out->reverse_path = transaction->reverse_path;
    out->recipients = transaction->accepted;
    out->size = transaction->size;
}

static void tls_of_client(const struct session *session, struct filter_facts *out)
{
    static _Thread_local struct tls_facts tls;

    if (tls_stage(&session->client) != TLS_UP)
        return;
    tls_facts(&session->client, &tls);
    out->tls_version = span_str(tls.version);
    out->tls_cipher = span_str(tls.cipher);
    out->tls_bits = tls.bits;
    out->tls_name = tls.name;
    out->tls_subject = tls.subject;
    out->tls_issuer = tls.issuer;
    if (tls.fingerprint[0] != '\0')
        out->tls_fingerprint = span_str(tls.fingerprint);
    out->tls_verified = tls.verified;
}

static void server_of_client(const struct session *session, struct filter_facts *out)
{
    const struct ip *server = session->original.family != 0 ? &session->original : &session->local;

    out->server_family = server->family;
    memcpy(out->server_address, server->bytes, sizeof(out->server_address));
    out->server_port = server->port;
}

void session_facts(void *owner, struct filter_facts *out)
{
    const struct session *session = owner;
    static _Thread_local char printed[IP_TEXT_MAX];
    struct text text = TEXT(printed);

    *out = (struct filter_facts){.session = span_str(session->id)};
    out->client_family = session->peer.family;
    memcpy(out->client_address, session->peer.bytes, sizeof(out->client_address));
    out->client_port = session->peer.port;
    ip_print(&text, &session->peer);
    out->client = text_span(&text);
    out->listener = span_str(session->listener->name);
    out->helo = span_str(session->helo);
    out->extended = session->extended;
    out->authenticated = session->authenticated;
    out->again = session->greeted;
    out->hostname = span_str(session->settings->hostname);
    out->client_name = introduction_name(session);
    authentication_facts(session, out);
    server_of_client(session, out);
    tls_of_client(session, out);
    if (session->transaction != NULL)
        transaction_facts(session->transaction, out);
}
