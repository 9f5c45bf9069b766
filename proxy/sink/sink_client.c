/* sink_client.c: XCLIENT and XFORWARD, by which a proxy says who its client is (Postfix XCLIENT_README,
 * XFORWARD_README). Anyone is believed: whatever stands before the sink is under test. */
#include "sink/sink_session.h"
#include "smtp/words.h"
#include "smtp/xclient.h"

#define VALUES_MAX 1024

/* The decoded values live in *to; absent ones are not shown. */
static bool parse(struct sink_session *session, const struct command *command, struct xclient *out,
                  struct text *to)
{
    static const struct reply wrong = {501, "5.5.4", "Bad attributes"};
    enum keyword keyword = command->verb == VERB_XCLIENT ? KEYWORD_XCLIENT : KEYWORD_XFORWARD;
    uint64_t allowed = xclient_offered(ehlo_arguments(&session->server->offer, keyword));

    if (command->arguments.len <= VALUES_MAX && xclient_parse(command->arguments, allowed, out, to)) {
        sink_session_event(session, "%s %.*s", ehlo_name(keyword), (int)command->arguments.len,
                           command->arguments.ptr);
        return true;
    }
    sink_session_reply(session, &wrong);
    return false;
}

void sink_client_xclient(struct sink_session *session, const struct command *command)
{
    char bytes[VALUES_MAX];
    struct text text = TEXT(bytes);
    struct xclient client;
    struct ip told;
    uint64_t port;

    if (!parse(session, command, &client, &text))
        return;
    if (xclient_address(client.values[XCLIENT_ADDR], &told)) {
        told.port = session->peer.port;
        session->peer = told;
    }
    if (words_number(client.values[XCLIENT_PORT], UINT16_MAX, &port))
        session->peer.port = (uint16_t)port;
    sink_session_forget(session);
    session->phase = SINK_GREETING;
}

void sink_client_xforward(struct sink_session *session, const struct command *command)
{
    static const struct reply noted = {250, "2.0.0", "Noted"};
    char bytes[VALUES_MAX];
    struct text text = TEXT(bytes);
    struct xclient client;

    if (parse(session, command, &client, &text))
        sink_session_reply(session, &noted);
}
