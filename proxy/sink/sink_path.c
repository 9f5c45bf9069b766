/* sink_path.c: MAIL and RCPT as the sink understands them. Whether they are legal now is left to
 * sink_verbs.c. */
#include "sink/sink_session.h"

/* RFC 5321 4.5.3.1 */
const struct address_limits sink_path_limits = {64, 255, 256};

static void answer(struct sink_session *session, unsigned code, const char *enhanced, const char *text)
{
    sink_session_reply(session, &(struct reply){code, enhanced, text});
}

static void answer_path_error(struct sink_session *session, int error, const char *enhanced)
{
    switch ((enum address_error)error) {
    case ADDRESS_SYNTAX:
        answer(session, 501, enhanced, "Malformed path");
        break;
    case ADDRESS_LOCAL_LONG:
    case ADDRESS_DOMAIN_LONG:
    case ADDRESS_PATH_LONG:
        answer(session, 553, enhanced, "Path too long");
        break;
    case ADDRESS_NEEDS_UTF8:
    case ADDRESS_BAD_UTF8:
        answer(session, 553, "5.6.7", "Path not allowed without SMTPUTF8, or malformed UTF-8");
        break;
    }
}

static bool read_params(struct sink_session *session, struct span s, enum param_verb verb,
                        struct params *params)
{
    int error = params_parse(s, verb, sink_session_offer(session), params);

    if (error == PARAMS_UNKNOWN)
        answer(session, 555, "5.5.4", "Parameter not offered here");
    else if (error != 0)
        answer(session, 501, "5.5.4", "Malformed parameters");
    return error == 0;
}

/* What follows "FROM:" or "TO:"; absent when that is not there. */
static struct span after_colon(struct span arguments, struct span word)
{
    return span_starts_nocase(arguments, word) ? span_skip(arguments, word.len) : span_of(NULL, 0);
}

/* Prints the path without brackets into the transaction's memory; absent when that is full. */
static struct span keep_path(struct sink_session *session, const struct path *path)
{
    char bytes[1024];
    struct text text = TEXT(bytes);

    address_print(&text, path);
    return text.cut ? span_of(NULL, 0) : arena_copy(&session->arena, text_span(&text));
}

static void open_transaction(struct sink_session *session, const struct path *path,
                             const struct params *params, struct span tail)
{
    struct sink_transaction *transaction = &session->transaction;
    struct sink_envelope *envelope = &transaction->envelope;

    *envelope = (struct sink_envelope){
        .peer = session->peer,
        .helo = span_of(session->helo, session->helo_len),
        .hostname = span_str(session->server->options.hostname),
        .extended = session->extended,
        .authenticated = session->authenticated,
        .binary = params->binary,
        .reverse_path = keep_path(session, path),
        .parameters = arena_copy(&session->arena, span_trim(tail)),
    };
    if (envelope->reverse_path.ptr == NULL || envelope->parameters.ptr == NULL) {
        sink_content_reset(session);
        answer(session, 452, "4.3.1", "Out of memory");
        return;
    }
    transaction->tail = &envelope->recipients;
    transaction->utf8 = params->smtputf8;
    transaction->open = true;
    answer(session, 250, "2.1.0", "Sender accepted");
}

/* mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] (RFC 5321 4.1.1.2) */
void sink_path_mail(struct sink_session *session, const struct command *command)
{
    struct span s = after_colon(command->arguments, SPAN("FROM:"));
    struct sink_server *server = session->server;
    struct params params;
    struct path path;
    int n;

    n = s.ptr != NULL ? address_reverse_path(s, &sink_path_limits, true, &path) : ADDRESS_SYNTAX;
    if (n < 0) {
        answer_path_error(session, n, n == ADDRESS_SYNTAX && s.ptr == NULL ? "5.5.4" : "5.1.7");
        return;
    }
    s = span_skip(s, (size_t)n);
    if (s.len != 0 && s.ptr[0] != ' ') {
        answer(session, 501, "5.5.4", "A space must follow the path");
        return;
    }
    if (!read_params(session, s, PARAM_OF_MAIL, &params))
        return;
    if (path.utf8 && !params.smtputf8)
        answer_path_error(session, ADDRESS_NEEDS_UTF8, NULL);
    else if (server->options.size != 0 && params.size > server->options.size)
        answer(session, 552, "5.3.4", "Message too big");
    else
        open_transaction(session, &path, &params, s);
}

static bool add_recipient(struct sink_session *session, const struct path *path, struct span tail)
{
    struct sink_transaction *transaction = &session->transaction;
    struct sink_recipient *recipient = arena_alloc(&session->arena, sizeof(*recipient));

    if (recipient == NULL)
        return false;
    recipient->address =
        path->postmaster ? arena_copy(&session->arena, SPAN("postmaster")) : keep_path(session, path);
    recipient->parameters = arena_copy(&session->arena, span_trim(tail));
    if (recipient->address.ptr == NULL || recipient->parameters.ptr == NULL)
        return false;
    *transaction->tail = recipient;
    transaction->tail = &recipient->next;
    transaction->recipients++;
    return true;
}

/* rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters]
 * (RFC 5321 4.1.1.3) */
void sink_path_rcpt(struct sink_session *session, const struct command *command)
{
    struct span s = after_colon(command->arguments, SPAN("TO:"));
    struct params params;
    struct path path;
    int n;

    n = s.ptr != NULL ? address_forward_path(s, &sink_path_limits, session->transaction.utf8, &path)
                      : ADDRESS_SYNTAX;
    if (n < 0) {
        answer_path_error(session, n, n == ADDRESS_SYNTAX && s.ptr == NULL ? "5.5.4" : "5.1.3");
        return;
    }
    s = span_skip(s, (size_t)n);
    if (s.len != 0 && s.ptr[0] != ' ') {
        answer(session, 501, "5.5.4", "A space must follow the path");
        return;
    }
    if (!read_params(session, s, PARAM_OF_RCPT, &params))
        return;
    if (session->transaction.recipients >= session->server->options.recipients)
        answer(session, 452, "4.5.3", "Too many recipients");
    else if (!add_recipient(session, &path, s))
        answer(session, 452, "4.3.1", "Out of memory");
    else
        answer(session, 250, "2.1.5", "Recipient accepted");
}
