/* verb_xclient.c: XCLIENT and XFORWARD from a server in front of us that is trusted to say who the client is.
 * What is told to the upstream is left to identity.c. */
#include "base/mem.h"
#include "session/introduction.h"
#include "session/journal.h"
#include "session/leg.h"
#include "session/phase.h"
#include "session/renew.h"
#include "session/verbs.h"
#include "smtp/words.h"

/* The decoded values live in *to. False: it has answered. */
static bool parse(struct session *session, struct exchange *exchange, const char *allowed,
                  struct xclient *out, struct text *to)
{
    static const struct reply wrong = {501, "5.5.4", "Bad attribute"};

    if (xclient_parse(span_str(exchange->arguments), xclient_offered(span_str(allowed)), out, to))
        return true;
    exchange_say(session, exchange, &wrong);
    return false;
}

static bool keep(char **to, struct span value)
{
    if (value.ptr == NULL)
        return true;
    mem_free(*to);
    *to = mem_copy(value);
    return *to != NULL;
}

/* A client whose address is not available has none: that of whoever speaks for it may be trusted. */
static void set_address(struct ip *ip, struct span address, struct span port)
{
    struct ip given;
    uint64_t number;

    if (address.ptr != NULL) {
        (void)xclient_address(address, &given);
        given.port = ip->port;
        *ip = given;
    }
    if (words_number(port, UINT16_MAX, &number))
        ip->port = (uint16_t)number;
}

/* The name that was looked up, if any, was another client's. */
static bool adopt(struct session *session, const struct xclient *client)
{
    const struct span *values = client->values;
    struct introduction *known;

    introduction_forget(session);
    known = introduction_of(session);
    if (known == NULL)
        return false;
    set_address(&session->peer, values[XCLIENT_ADDR], values[XCLIENT_PORT]);
    set_address(&session->local, values[XCLIENT_DESTADDR], values[XCLIENT_DESTPORT]);
    return keep(&known->name, values[XCLIENT_NAME]) && keep(&known->login, values[XCLIENT_LOGIN]);
}

/* The session begins anew for another client (XCLIENT_README: 220 answers it): filters are asked about that
 * one, and so is the upstream. */
enum proceed verb_xclient_proceed(struct session *session, struct exchange *exchange)
{
    char bytes[XCLIENT_LINE_MAX];
    struct text text = TEXT(bytes);
    struct xclient client;

    if (!parse(session, exchange, VERB_XCLIENT_ATTRIBUTES, &client, &text))
        return PROCEED_DONE;
    if (!adopt(session, &client)) {
        session_end(session, 421, "4.3.0", "Out of memory, closing");
        return PROCEED_DONE;
    }
    renew_session(session);
    leg_close(session);
    journal_connected(session);
    session->greeting = exchange;
    phase_enter(session, PHASE_GREET);
    return PROCEED_DONE;
}

/* Values are kept as one copy of what was decoded; those of an earlier command that are not given again stay
 * only if they fit beside. */
static bool keep_forwarded(struct introduction *known, const struct xclient *given)
{
    char bytes[2 * XCLIENT_LINE_MAX];
    struct text text = TEXT(bytes);
    struct xclient all = known->values;
    size_t at[XCLIENT_ATTRIBUTES];

    for (unsigned i = 0; i < XCLIENT_ATTRIBUTES; i++) {
        if (given->values[i].ptr != NULL)
            all.values[i] = given->values[i];
        at[i] = text.len;
        text_add(&text, all.values[i]);
    }
    if (text.cut)
        return false;
    mem_free(known->forwarded);
    known->forwarded = mem_copy(text_span(&text));
    for (unsigned i = 0; i < XCLIENT_ATTRIBUTES && known->forwarded != NULL; i++)
        known->values.values[i] = all.values[i].ptr != NULL
                                      ? span_of(known->forwarded + at[i], all.values[i].len)
                                      : span_of(NULL, 0);
    return known->forwarded != NULL;
}

enum proceed verb_xforward_proceed(struct session *session, struct exchange *exchange)
{
    static const struct reply full = {452, "4.3.1", "Out of memory, try again later"};
    static const struct reply ok = {250, "2.0.0", "Ok"};
    char bytes[XCLIENT_LINE_MAX];
    struct text text = TEXT(bytes);
    struct xclient values;
    struct introduction *known = introduction_of(session);

    if (!parse(session, exchange, VERB_XFORWARD_ATTRIBUTES, &values, &text))
        return PROCEED_DONE;
    exchange_say(session, exchange, known != NULL && keep_forwarded(known, &values) ? &ok : &full);
    return PROCEED_DONE;
}
