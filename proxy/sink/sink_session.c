/* sink_session.c: sequences one connection to the sink; commands, login and content are left to sink_verbs.c,
 * sink_auth.c and sink_content.c. */
#include "sink/sink_session.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "tls/tls.h"

#define REPLY_ROOM 2048   /* octets that the longest answer of one step takes: the reply to EHLO */
#define LINGER     2000   /* milliseconds in which the client may take its last reply */
#define ARENA_MAX  262144 /* octets of envelope in one transaction */

uint64_t sink_session_offer(const struct sink_session *session)
{
    uint64_t set = session->server->offer.set;

    if (tls_stage(&session->wire) != TLS_ABSENT)
        set &= ~((uint64_t)1 << KEYWORD_STARTTLS);
    return session->extended ? set : 0;
}

void sink_session_event(const struct sink_session *session, const char *format, ...)
{
    char bytes[1024];
    struct text text = TEXT(bytes);
    va_list args;

    va_start(args, format);
    text_formatv(&text, format, args);
    va_end(args);
    transcript_line(session->server->options.transcript, session->number, TRANSCRIPT_EVENT, text_span(&text));
}

void sink_session_close(struct sink_session *session)
{
    session->phase = SINK_CLOSING;
    wire_finish(&session->wire);
}

void sink_session_forget(struct sink_session *session)
{
    sink_content_reset(session);
    session->helo_len = 0;
    session->extended = session->authenticated = false;
}

static void put_reply(struct sink_session *session, unsigned code, const char *enhanced, struct span line)
{
    char bytes[520];
    struct text text = TEXT(bytes);
    bool put;

    reply_print(&text, code, enhanced, line,
                (sink_session_offer(session) >> KEYWORD_ENHANCEDSTATUSCODES & 1) != 0);
    put = wire_put(&session->wire, text_span(&text));
    if (code == 421 || !put)
        sink_session_close(session);
}

void sink_session_reply(struct sink_session *session, const struct reply *reply)
{
    put_reply(session, reply->code, reply->enhanced, span_str(reply->text));
}

static void put_scripted(struct sink_session *session, const struct sink_action *action)
{
    struct span given, line = SPAN("Told to answer so");
    char enhanced[12] = "";

    if (action->text.len != 0) {
        reply_split_enhanced(action->text, action->code, &given, &line);
        if (given.ptr != NULL && given.len < sizeof(enhanced))
            memcpy(enhanced, given.ptr, given.len);
    } else {
        memcpy(enhanced, action->code >= 500 ? "5.3.0" : "4.3.0", sizeof("5.3.0"));
    }
    put_reply(session, action->code, enhanced[0] != '\0' ? enhanced : NULL, line);
}

static enum sink_scripted act(struct sink_session *session, const struct sink_action *action)
{
    switch (action->act) {
    case SINK_PROCEED:
        return SINK_SCRIPT_NOTHING;
    case SINK_REPLY:
        put_scripted(session, action);
        break;
    case SINK_GARBAGE:
        if (!wire_put(&session->wire, SPAN("This is not a reply\r\n")))
            sink_session_close(session);
        break;
    case SINK_RESET:
        session->reset = true;
        sink_session_close(session);
        break;
    case SINK_DROP:
        sink_session_close(session);
        break;
    }
    return SINK_SCRIPT_DONE;
}

enum sink_scripted sink_session_script(struct sink_session *session, enum sink_point point)
{
    struct sink_server *server = session->server;
    struct sink_action action;
    uint64_t now;

    if (point == SINK_AT_NOWHERE)
        return SINK_SCRIPT_NOTHING;
    now = point == SINK_AT_BODY ? session->transaction.octets : session->times[point] + 1;
    action = sink_script_at(&server->options.script, point, session->times[point], now);
    if (action.delay != 0 && !session->delayed) {
        session->delaying = true;
        if (server->world->ops->alarm_set(server->world, &session->alarm,
                                          world_now(server->world) + action.delay))
            return SINK_SCRIPT_LATER;
        session->delaying = false;
    }
    session->delayed = false;
    session->times[point] = now;
    return act(session, &action);
}

bool sink_session_line(struct sink_session *session, size_t limit, struct span *line, size_t *octets,
                       unsigned *faults)
{
    struct buf *in = &session->wire.in;
    size_t block = in->pool->block_size;

    if (limit >= block)
        limit = block - 1; /* a longer line could never be seen whole */
    for (;;) {
        struct span data = buf_data(in);
        *octets = data.len != 0 ? line_next(&session->line, data, limit, line, faults) : 0;
        if (*octets == 0)
            return false;
        if (line->ptr != NULL)
            return true;
        buf_consume(in, *octets); /* from the middle of an over-long line */
    }
}

static enum sink_step greeting_step(struct sink_session *session)
{
    static const struct reply busy = {421, NULL, "Going down"};
    char bytes[300];
    struct text text = TEXT(bytes);

    if (session->server->draining) {
        sink_session_reply(session, &busy);
        return SINK_AGAIN;
    }
    switch (sink_session_script(session, SINK_AT_CONNECT)) {
    case SINK_SCRIPT_LATER:
        return SINK_WAIT;
    case SINK_SCRIPT_DONE:
        session->turned_away = true;
        break;
    case SINK_SCRIPT_NOTHING:
        text_format(&text, "%s ESMTP Postern sink", session->server->options.hostname);
        put_reply(session, 220, NULL, text_span(&text));
        break;
    }
    if (session->phase == SINK_GREETING)
        session->phase = SINK_COMMAND;
    return SINK_AGAIN;
}

static enum sink_step closing_step(struct sink_session *session)
{
    buf_clear(&session->wire.in);
    return SINK_WAIT;
}

static enum sink_step (*const steps[SINK_PHASES])(struct sink_session *session) = {
    [SINK_PROXY] = sink_front_proxy_step,
    [SINK_TLS_BEGIN] = sink_front_begin_step,
    [SINK_HANDSHAKE] = sink_front_handshake_step,
    [SINK_GREETING] = greeting_step,
    [SINK_COMMAND] = sink_verbs_step,
    [SINK_LOGIN] = sink_auth_step,
    [SINK_CONTENT] = sink_content_step,
    [SINK_CHUNK] = sink_content_chunk_step,
    [SINK_END] = sink_content_end_step,
    [SINK_STORED] = sink_content_stored_step,
    [SINK_CLOSING] = closing_step,
};

static void note_read(struct sink_session *session)
{
    uint64_t fresh = session->wire.received - session->seen;
    struct span data = buf_data(&session->wire.in);

    session->seen = session->wire.received;
    if (fresh != 0 && session->phase != SINK_CLOSING && session->phase != SINK_TLS_BEGIN)
        transcript_line(session->server->options.transcript, session->number, TRANSCRIPT_READ,
                        span_skip(data, data.len - (size_t)fresh));
}

void sink_session_note_write(const struct sink_session *session)
{
    struct span data = buf_data(&session->wire.out);

    if (data.len != 0 && session->wire.in_flight == 0)
        transcript_line(session->server->options.transcript, session->number, TRANSCRIPT_WRITE, data);
}

static void run(struct sink_session *session)
{
    while (!session->delaying && wire_put_room(&session->wire) >= REPLY_ROOM)
        if (steps[session->phase](session) == SINK_WAIT)
            break;
    if (session->wire.eof && !session->delaying && session->phase != SINK_CLOSING) {
        sink_session_event(session, "the client has closed");
        sink_session_close(session);
    }
}

/* The alarm guards against silence, unless it is a scripted delay's. */
static void guard(struct sink_session *session)
{
    struct sink_server *server = session->server;
    uint64_t limit = session->phase == SINK_CLOSING ? LINGER : server->options.timeout;

    if (!session->delaying)
        server->world->ops->alarm_set(server->world, &session->alarm, world_now(server->world) + limit);
}

static bool is_over(const struct sink_session *session)
{
    if (session->wire.error != 0 || session->reset)
        return true;
    return session->phase == SINK_CLOSING && session->wire.finished && session->wire.eof;
}

static void advance(void *owner)
{
    struct sink_session *session = owner;

    note_read(session);
    if (session->wire.error == 0)
        run(session);
    if (!session->reset) {
        sink_session_note_write(session);
        wire_update(&session->wire);
    }
    if (is_over(session))
        sink_session_free(session);
    else
        guard(session);
}

static void ring(void *owner)
{
    static const struct reply idle = {421, "4.4.2", "Nothing heard for too long"};
    struct sink_session *session = owner;

    if (session->phase == SINK_CLOSING) {
        sink_session_free(session);
        return;
    }
    if (session->delaying) {
        session->delaying = false;
        session->delayed = true;
    } else {
        sink_session_reply(session, &idle);
    }
    advance(session);
}

int sink_session_new(struct sink_server *server, const struct ip *peer, const struct wire_ops *ops,
                     void *carrier)
{
    struct sink_session *session = mem_alloc(sizeof(*session));
    char bytes[IP_TEXT_MAX];
    struct text text = TEXT(bytes);

    if (session == NULL)
        return -ENOMEM;
    session->server = server;
    session->number = ++server->numbers;
    session->peer = *peer;
    session->alarm = (struct alarm){.ring = ring, .owner = session};
    session->next = server->sessions;
    session->link = &server->sessions;
    if (session->next != NULL)
        session->next->link = &session->next;
    server->sessions = session;
    server->count++;
    arena_init(&session->arena, ARENA_MAX);
    wire_init(&session->wire, server->world->pool, advance, session);
    assert(server->world->pool->block_size > REPLY_ROOM);
    wire_attach(&session->wire, ops, carrier);
    ip_print(&text, peer);
    sink_session_event(session, "connected from %.*s", (int)text.len, text.ptr);
    sink_front_begin(session);
    advance(session);
    return 0;
}

void sink_session_drain(struct sink_session *session)
{
    static const struct reply down = {421, "4.3.2", "Going down"};

    if (session->transaction.open || session->phase == SINK_CLOSING)
        return;
    session->delaying = false;
    sink_session_reply(session, &down);
    advance(session);
}

void sink_session_free(struct sink_session *session)
{
    struct sink_server *server = session->server;

    if (tls_stage(&session->wire) == TLS_FAILED)
        sink_session_event(session, "TLS failed: %s", tls_failure(&session->wire));
    sink_session_event(session, session->reset ? "reset" : "closed");
    sink_content_reset(session);
    arena_reset(&session->arena);
    server->world->ops->alarm_clear(server->world, &session->alarm);
    wire_close(&session->wire, session->reset);
    *session->link = session->next;
    if (session->next != NULL)
        session->next->link = session->link;
    mem_free(session);
    sink_server_left(server);
}
