/* sink_auth.c: AUTH PLAIN (RFC 4616) and AUTH LOGIN as a server that accepts anyone, or the one it was told.
 */
#include "sink/sink_session.h"

#define AUTH_LINE 12288 /* RFC 4954 4.3 */
#define SECRET    1024  /* octets of a decoded response */

static void answer(struct sink_session *session, unsigned code, const char *enhanced, const char *text)
{
    sink_session_reply(session, &(struct reply){code, enhanced, text});
}

/* The value of a digit of base64, or -1 (RFC 4648 4). */
static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c != '\0' ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* Strict base64 with padding; false when malformed or too long. */
static bool decode(struct span s, struct text *out)
{
    size_t padding = 0;

    if (s.len % 4 != 0)
        return false;
    while (padding < 2 && s.len > 0 && s.ptr[s.len - 1] == '=') {
        padding++;
        s.len--;
    }
    for (size_t i = 0; i < s.len; i += 4) {
        unsigned bits = 0;
        size_t n = s.len - i < 4 ? s.len - i : 4;
        for (size_t k = 0; k < 4; k++) {
            int value = k < n ? digit(s.ptr[i + k]) : 0;
            if (value < 0)
                return false;
            bits = bits << 6 | (unsigned)value;
        }
        for (size_t k = 0; k + 1 < n; k++)
            text_char(out, (char)(bits >> (16 - 8 * k) & 0xff));
    }
    return !out->cut;
}

static void judge(struct sink_session *session, struct span user, struct span password)
{
    const char *wanted = session->server->options.auth;
    struct span both = span_str(wanted);

    if (wanted != NULL &&
        !(both.len == user.len + 1 + password.len && span_eq(span_first(both, user.len), user) &&
          both.ptr[user.len] == ':' && span_eq(span_skip(both, user.len + 1), password))) {
        answer(session, 535, "5.7.8", "Wrong user or password");
        return;
    }
    session->authenticated = true;
    answer(session, 235, "2.7.0", "Authenticated");
}

/* message = [authzid] UTF8NUL authcid UTF8NUL passwd (RFC 4616 2) */
static void judge_plain(struct sink_session *session, struct span message)
{
    const char *first = message.len != 0 ? memchr(message.ptr, '\0', message.len) : NULL;
    struct span rest = first != NULL ? span_skip(message, (size_t)(first - message.ptr) + 1) : message;
    const char *second = first != NULL && rest.len != 0 ? memchr(rest.ptr, '\0', rest.len) : NULL;
    struct span user;

    if (second == NULL) {
        answer(session, 501, "5.5.2", "Malformed PLAIN response");
        return;
    }
    user = span_first(rest, (size_t)(second - rest.ptr));
    judge(session, user, span_skip(rest, user.len + 1));
}

/* One decoded response of the client. */
static void respond(struct sink_session *session, struct span response)
{
    struct sink_login *login = &session->login;

    session->phase = SINK_COMMAND;
    switch (login->stage) {
    case LOGIN_PLAIN:
        judge_plain(session, response);
        break;
    case LOGIN_USER:
        login->user_len = response.len < sizeof(login->user) ? response.len : sizeof(login->user);
        if (response.len != 0)
            memcpy(login->user, response.ptr, login->user_len);
        login->stage = LOGIN_PASSWORD;
        session->phase = SINK_LOGIN;
        answer(session, 334, NULL, "UGFzc3dvcmQ6"); /* "Password:" */
        break;
    case LOGIN_PASSWORD:
        judge(session, span_of(login->user, login->user_len), response);
        break;
    }
}

static void respond_encoded(struct sink_session *session, struct span encoded)
{
    char bytes[SECRET];
    struct text text = TEXT(bytes);

    session->phase = SINK_COMMAND;
    if (decode(encoded, &text))
        respond(session, text_span(&text));
    else
        answer(session, 501, "5.5.2", "Malformed base64, or too long");
}

void sink_auth_begin(struct sink_session *session, const struct command *command)
{
    struct span mechanism = command->arguments, initial = {NULL, 0};
    const char *space = memchr(mechanism.ptr, ' ', mechanism.len);

    if (space != NULL) {
        mechanism = span_first(mechanism, (size_t)(space - mechanism.ptr));
        initial = span_trim(span_skip(command->arguments, mechanism.len));
    }
    if (!session->extended || session->authenticated) {
        answer(session, 503, "5.5.1", "Not after HELO, and not twice");
        return;
    }
    if (!ehlo_offers_mechanism(&session->server->offer, mechanism)) {
        answer(session, 504, "5.5.4", "Mechanism not offered");
        return;
    }
    session->login.stage = span_eq_nocase(mechanism, SPAN("PLAIN")) ? LOGIN_PLAIN : LOGIN_USER;
    if (initial.len != 0) {
        respond_encoded(session, span_eq(initial, SPAN("=")) ? SPAN("") : initial);
        return;
    }
    session->phase = SINK_LOGIN;
    answer(session, 334, NULL, session->login.stage == LOGIN_PLAIN ? "" : "VXNlcm5hbWU6"); /* "Username:" */
}

enum sink_step sink_auth_step(struct sink_session *session)
{
    struct span line;
    size_t octets;
    unsigned faults;

    if (!sink_session_line(session, AUTH_LINE, &line, &octets, &faults))
        return SINK_WAIT;
    if (faults != 0 || span_eq(line, SPAN("*"))) {
        session->phase = SINK_COMMAND;
        answer(session, 501, "5.7.0", faults != 0 ? "Malformed line" : "Cancelled");
    } else {
        respond_encoded(session, line);
    }
    buf_consume(&session->wire.in, octets);
    return SINK_AGAIN;
}
