/* exchange.c: the FIFO of commands and replies; what is forwarded, and when, is left to leg.c and the verbs.
 */
#include "session/exchange.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "session/deadline.h"
#include "session/leg.h"
#include "session/session.h"
#include "session/transaction.h"
#include "session/verbs.h"

#define REPLY_OCTETS 16384 /* the longest reply that is relayed, printed */

void exchanges_init(struct exchanges *exchanges)
{
    TAILQ_INIT(&exchanges->list);
    exchanges->count = 0;
}

/* What was said with AUTH does not stay in memory that others are given. */
static void forget_secrets(struct exchange *exchange)
{
    if (exchange->row == NULL || (exchange->row->flags & VERB_SECRET) == 0)
        return;
    if (exchange->line != NULL)
        explicit_bzero(exchange->line, exchange->line_len);
    if (exchange->arguments != NULL)
        explicit_bzero(exchange->arguments, strlen(exchange->arguments));
}

void exchange_free(struct exchange *exchange)
{
    if (exchange == NULL)
        return;
    transaction_unref(exchange->transaction);
    forget_secrets(exchange);
    mem_free(exchange->heard);
    mem_free(exchange->line);
    mem_free(exchange->reply);
    mem_free(exchange->arguments);
    mem_free(exchange);
}

void exchanges_free(struct exchanges *exchanges)
{
    struct exchange *exchange;

    while ((exchange = TAILQ_FIRST(&exchanges->list)) != NULL) {
        assert(!exchange->forwarded || exchange->answered);
        TAILQ_REMOVE(&exchanges->list, exchange, link);
        exchange_free(exchange);
    }
    exchanges->count = 0;
}

struct exchange *exchange_add(struct session *session, const struct verb_row *row)
{
    struct exchange *exchange = mem_alloc(sizeof(*exchange));

    if (exchange == NULL)
        return NULL;
    exchange->row = row;
    exchange->ends_group = (row->flags & VERB_ENDS_GROUP) != 0;
    TAILQ_INSERT_TAIL(&session->exchanges.list, exchange, link);
    session->exchanges.count++;
    return exchange;
}

struct exchange *exchange_internal(exchange_replied *replied)
{
    struct exchange *exchange = mem_alloc(sizeof(*exchange));

    if (exchange == NULL)
        return NULL;
    exchange->internal = true;
    exchange->replied = replied;
    return exchange;
}

bool exchange_set_line(struct exchange *exchange, struct span line)
{
    exchange->line = mem_copy(line);
    exchange->line_len = (uint32_t)line.len;
    return exchange->line != NULL;
}

bool exchange_compose(struct exchange *exchange, struct span arguments)
{
    struct span name = span_str(exchange->row->name);
    struct text text = {NULL, 0, name.len + 1 + arguments.len + 2, false};

    if (exchange->line != NULL)
        return true;
    text.ptr = mem_alloc(text.size);
    if (text.ptr == NULL)
        return false;
    text_add(&text, name);
    if (arguments.len != 0) {
        text_char(&text, ' ');
        text_add(&text, arguments);
    }
    text_add(&text, SPAN("\r\n"));
    exchange->line = text.ptr;
    exchange->line_len = (uint32_t)text.len;
    return true;
}

void exchange_belongs(struct exchange *exchange, struct transaction *transaction)
{
    assert(exchange->transaction == NULL);
    exchange->transaction = transaction_ref(transaction);
}

/* Shows the reply to the chain; a rewritten one takes the place of what was printed into *text. */
static void show(struct session *session, const struct exchange *exchange, struct text *text, unsigned code,
                 struct span last_line, bool local)
{
    struct chain_question question = {.event = FILTER_REPLY};
    struct decision decision;
    struct text fresh = *text;

    if (session->overrun || (chain_interests(session->settings->chain) & 1u << FILTER_REPLY) == 0)
        return;
    question.reply = (struct filter_reply){span_str(exchange->row->name), code, last_line, local};
    chain_ask(&session->chain, &question, &decision);
    if (decision.verdict == VERDICT_DISCONNECT)
        session->closing = true;
    if (decision.code == 0 || decision.verdict == VERDICT_DISCONNECT)
        return;
    fresh.len = 0;
    fresh.cut = false;
    reply_print(&fresh, decision.code, decision.enhanced, decision.text, decision.enhanced != NULL);
    *text = fresh;
}

/* A client that sends content before it is asked to: after a refusal its octets would be read as commands
 * so the session ends. */
static void stop_stuffing(struct session *session, const struct exchange *exchange, unsigned code)
{
    size_t behind = buf_len(&session->client.in) - session->line_octets;

    if ((exchange->row->flags & VERB_INVITES_CONTENT) != 0 && code != 354 && behind != 0)
        session->closing = true;
}

/* The printed reply goes straight to the client when it is its turn, and is kept otherwise. */
static void settle(struct session *session, struct exchange *exchange, struct span printed)
{
    assert(!exchange->answered);
    exchange->answered = true;
    exchange->forwarded = false;
    session_again(session);
    if (span_eq(span_first(printed, 3), SPAN("421")))
        session->closing = true; /* whoever said it: that is what the code means (RFC 5321 3.8, 4.2.3) */
    if (TAILQ_FIRST(&session->exchanges.list) == exchange && wire_put(&session->client, printed))
        return; /* reply == NULL: nothing left to send, exchanges_emit() takes it off */
    exchange->reply = mem_copy(printed);
    exchange->reply_len = (uint32_t)printed.len;
    if (exchange->reply == NULL)
        session->client.error = -ENOMEM; /* a reply that cannot be kept would shift all later ones */
}

/* Our own replies carry enhanced codes unless the client's EHLO was answered without them (RFC 2034 4). */
static bool with_enhanced(const struct session *session)
{
    return session->helo == NULL || !session->extended ||
           (session->offered >> KEYWORD_ENHANCEDSTATUSCODES & 1u) != 0;
}

/* The text of the last line of a printed reply. */
static struct span last_text(struct span printed)
{
    const char *lf;

    if (printed.len <= 6)
        return SPAN("");
    printed.len -= 2;
    lf = memrchr(printed.ptr, '\n', printed.len);
    if (lf != NULL)
        printed = span_skip(printed, (size_t)(lf - printed.ptr) + 1);
    return span_skip(printed, 4);
}

void exchange_answer(struct session *session, struct exchange *exchange, unsigned code, const char *enhanced,
                     struct span line)
{
    char bytes[4096];
    struct text text = TEXT(bytes);

    reply_print_lines(&text, code, enhanced, line, with_enhanced(session));
    show(session, exchange, &text, code, last_text(text_span(&text)), true);
    stop_stuffing(session, exchange, code);
    settle(session, exchange, text_span(&text));
}

void exchange_say(struct session *session, struct exchange *exchange, const struct reply *reply)
{
    exchange_answer(session, exchange, reply->code, reply->enhanced, span_str(reply->text));
}

static struct span last_line(const struct reply_in *reply)
{
    struct span rest = reply->lines, line, last = {NULL, 0};

    while (reply_next_line(&rest, &line))
        last = line;
    return last;
}

void exchange_relay(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    char bytes[REPLY_OCTETS];
    struct text text = TEXT(bytes);

    reply_relay(&text, reply);
    if (text.cut) {
        exchange_answer(session, exchange, reply->code, NULL, last_line(reply));
        return;
    }
    show(session, exchange, &text, reply->code, last_line(reply), false);
    stop_stuffing(session, exchange, reply->code);
    settle(session, exchange, text_span(&text));
}

void exchange_decide(struct session *session, struct exchange *exchange, const struct decision *decision)
{
    if (decision->verdict == VERDICT_DISCONNECT)
        session->closing = true;
    exchange_answer(session, exchange, decision->code, decision->enhanced, decision->text);
}

void exchange_answer_lines(struct session *session, struct exchange *exchange, struct span lines)
{
    settle(session, exchange, lines);
}

bool exchange_interim(struct session *session, const struct reply_in *reply)
{
    char bytes[REPLY_OCTETS];
    struct text text = TEXT(bytes);

    reply_relay(&text, reply);
    return !text.cut && wire_put(&session->client, text_span(&text));
}

bool exchanges_emit(struct session *session)
{
    struct exchanges *exchanges = &session->exchanges;
    struct exchange *exchange;
    bool moved = false;

    while ((exchange = TAILQ_FIRST(&exchanges->list)) != NULL && exchange->answered) {
        if (exchange->reply != NULL &&
            !wire_put(&session->client, span_of(exchange->reply, exchange->reply_len))) {
            session->blocked = true;
            break;
        }
        TAILQ_REMOVE(&exchanges->list, exchange, link);
        exchanges->count--;
        exchange_free(exchange);
        moved = true;
    }
    if (moved)
        deadline_restart(session); /* the time for the next command begins with the reply to the last */
    return moved;
}

void exchange_relay_or_fail(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    if (reply != NULL && reply->code / 100 == 3) {
        leg_lose(session, "intermediate reply out of place");
        reply = NULL;
    }
    if (reply != NULL)
        exchange_relay(session, exchange, reply);
    else
        exchange_answer(session, exchange, 451, "4.4.2", SPAN("Lost the mail server in mid-command"));
}

void exchange_ignore(struct session *session, struct exchange *exchange, const struct reply_in *reply)
{
    (void)session;
    (void)exchange;
    (void)reply;
}
