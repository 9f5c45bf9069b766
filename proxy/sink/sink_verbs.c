/* sink_verbs.c: one command of a client of the sink: is it legal now, and what is the answer. Paths, login
 * and content are left to sink_path.c, sink_auth.c and sink_content.c. */
#include "sink/sink_session.h"
#include "smtp/address.h"
#include "smtp/bdat.h"

/* When a verb is legal; a set. */
#define NEEDS_GREETING    1u /* HELO or EHLO */
#define NEEDS_MAIL        2u
#define NEEDS_RCPT        4u
#define FORBIDS_MAIL      8u
#define FORBIDS_ARGUMENTS 16u
#define NEEDS_ARGUMENTS   32u
#define ENDS_GROUP        64u /* the client waits for the reply (RFC 2920 3.1) */

#define COMMAND_LINE 512   /* octets with CRLF (RFC 5321 4.5.3.1.4) */
#define AUTH_LINE    12288 /* RFC 4954 4.3 */

struct verb_row {
    enum verb verb;
    enum sink_point point;
    unsigned flags;
    enum keyword keyword; /* must be offered; KEYWORD_NONE: always there */
    void (*proceed)(struct sink_session *session, const struct command *command);
};

static void answer(struct sink_session *session, unsigned code, const char *enhanced, const char *text)
{
    sink_session_reply(session, &(struct reply){code, enhanced, text});
}

static bool greeted(struct sink_session *session, const struct command *command)
{
    if (address_helo(command->arguments, &sink_path_limits, false) != 0 ||
        command->arguments.len > sizeof(session->helo)) {
        answer(session, 501, "5.5.4", "A domain or an address literal must follow");
        return false;
    }
    sink_content_reset(session);
    memcpy(session->helo, command->arguments.ptr, command->arguments.len);
    session->helo_len = command->arguments.len;
    return true;
}

static void proceed_helo(struct sink_session *session, const struct command *command)
{
    if (!greeted(session, command))
        return;
    session->extended = false;
    answer(session, 250, NULL, session->server->options.hostname);
}

static void proceed_ehlo(struct sink_session *session, const struct command *command)
{
    struct ehlo offer = session->server->offer;
    char bytes[1536];
    struct text text = TEXT(bytes);

    if (!greeted(session, command))
        return;
    session->extended = true;
    offer.set = sink_session_offer(session);
    ehlo_print(&text, &offer, span_str(session->server->options.hostname), SPAN("at your service"));
    if (text.cut || !wire_put(&session->wire, text_span(&text)))
        sink_session_close(session);
}

static void proceed_data(struct sink_session *session, const struct command *command)
{
    (void)command;
    if (session->transaction.chunked)
        answer(session, 503, "5.5.1", "BDAT was begun");
    else if (session->transaction.envelope.binary)
        answer(session, 503, "5.5.1", "BINARYMIME needs BDAT");
    else
        sink_content_data(session);
}

static void proceed_rset(struct sink_session *session, const struct command *command)
{
    (void)command;
    sink_content_reset(session);
    answer(session, 250, "2.0.0", "Reset");
}

static void proceed_noop(struct sink_session *session, const struct command *command)
{
    (void)command;
    answer(session, 250, "2.0.0", "Nothing done");
}

static void proceed_vrfy(struct sink_session *session, const struct command *command)
{
    (void)command;
    answer(session, 252, "2.0.0", "Not verified, but would be accepted");
}

static void proceed_etrn(struct sink_session *session, const struct command *command)
{
    (void)command;
    answer(session, 251, "2.0.0", "No messages waiting");
}

static void proceed_help(struct sink_session *session, const struct command *command)
{
    (void)command;
    answer(session, 214, "2.0.0", "This server keeps what it gets; see postern(1)");
}

static void proceed_quit(struct sink_session *session, const struct command *command)
{
    (void)command;
    answer(session, 221, "2.0.0", "Bye");
    sink_session_close(session);
}

#define IN_MAIL (NEEDS_GREETING | NEEDS_MAIL)

static const struct verb_row rows[] = {
    {VERB_HELO, SINK_AT_HELO, NEEDS_ARGUMENTS | ENDS_GROUP, KEYWORD_NONE, proceed_helo},
    {VERB_EHLO, SINK_AT_EHLO, NEEDS_ARGUMENTS | ENDS_GROUP, KEYWORD_NONE, proceed_ehlo},
    {VERB_AUTH, SINK_AT_AUTH, NEEDS_GREETING | FORBIDS_MAIL | NEEDS_ARGUMENTS | ENDS_GROUP, KEYWORD_AUTH,
     sink_auth_begin},
    {VERB_STARTTLS, SINK_AT_STARTTLS, NEEDS_GREETING | FORBIDS_MAIL | FORBIDS_ARGUMENTS | ENDS_GROUP,
     KEYWORD_STARTTLS, sink_front_starttls},
    {VERB_XCLIENT, SINK_AT_NOWHERE, NEEDS_GREETING | FORBIDS_MAIL | NEEDS_ARGUMENTS | ENDS_GROUP,
     KEYWORD_XCLIENT, sink_client_xclient},
    {VERB_XFORWARD, SINK_AT_NOWHERE, NEEDS_GREETING | FORBIDS_MAIL | NEEDS_ARGUMENTS | ENDS_GROUP,
     KEYWORD_XFORWARD, sink_client_xforward},
    {VERB_MAIL, SINK_AT_MAIL, NEEDS_GREETING | FORBIDS_MAIL | NEEDS_ARGUMENTS, KEYWORD_NONE, sink_path_mail},
    {VERB_RCPT, SINK_AT_RCPT, IN_MAIL | NEEDS_ARGUMENTS, KEYWORD_NONE, sink_path_rcpt},
    {VERB_DATA, SINK_AT_DATA, IN_MAIL | NEEDS_RCPT | FORBIDS_ARGUMENTS | ENDS_GROUP, KEYWORD_NONE,
     proceed_data},
    {VERB_RSET, SINK_AT_RSET, FORBIDS_ARGUMENTS, KEYWORD_NONE, proceed_rset},
    {VERB_NOOP, SINK_AT_NOOP, ENDS_GROUP, KEYWORD_NONE, proceed_noop},
    {VERB_VRFY, SINK_AT_VRFY, NEEDS_ARGUMENTS | ENDS_GROUP, KEYWORD_VRFY, proceed_vrfy},
    {VERB_ETRN, SINK_AT_ETRN, NEEDS_GREETING | FORBIDS_MAIL | NEEDS_ARGUMENTS, KEYWORD_ETRN, proceed_etrn},
    {VERB_HELP, SINK_AT_HELP, 0, KEYWORD_HELP, proceed_help},
    {VERB_QUIT, SINK_AT_QUIT, FORBIDS_ARGUMENTS, KEYWORD_NONE, proceed_quit},
};

static const struct verb_row *find_row(enum verb verb)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].verb == verb)
            return &rows[i];
    return NULL;
}

/* The facts that decide what is legal, in the order in which they are complained about. */
static const struct reply *wrong_stage(const struct sink_session *session, unsigned flags)
{
    static const struct reply no_greeting = {503, "5.5.1", "Say EHLO first"};
    static const struct reply no_mail = {503, "5.5.1", "Say MAIL first"};
    static const struct reply no_rcpt = {503, "5.5.1", "No recipients"};
    static const struct reply in_mail = {503, "5.5.1", "Not within a transaction"};
    static const struct reply turned_away = {503, "5.5.1", "You were turned away"};
    const struct sink_transaction *transaction = &session->transaction;

    if (session->turned_away)
        return &turned_away;
    if ((flags & NEEDS_GREETING) != 0 && session->helo_len == 0)
        return &no_greeting;
    if ((flags & NEEDS_MAIL) != 0 && (!transaction->open || transaction->chunked))
        return transaction->open ? &in_mail : &no_mail;
    if ((flags & NEEDS_RCPT) != 0 && transaction->recipients == 0)
        return &no_rcpt;
    if ((flags & FORBIDS_MAIL) != 0 && transaction->open)
        return &in_mail;
    return NULL;
}

static const struct reply *wrong_command(const struct sink_session *session, const struct verb_row *row,
                                         const struct command *command)
{
    static const struct reply unknown = {500, "5.5.1", "Unknown command"};
    static const struct reply missing = {502, "5.5.1", "Command not implemented"};
    static const struct reply needs = {501, "5.5.4", "An argument is needed"};
    static const struct reply forbids = {501, "5.5.4", "No argument is allowed"};
    const struct reply *stage;

    if (row == NULL)
        return command->verb == VERB_UNKNOWN ? &unknown : &missing;
    if (row->keyword != KEYWORD_NONE && (session->server->options.hidden >> row->keyword & 1) != 0)
        return &missing;
    stage = row->verb != VERB_QUIT ? wrong_stage(session, row->flags) : NULL;
    if (stage != NULL)
        return stage;
    if ((row->flags & NEEDS_ARGUMENTS) != 0 && command->arguments.len == 0)
        return &needs;
    if ((row->flags & FORBIDS_ARGUMENTS) != 0 && command->arguments.len != 0)
        return &forbids;
    return NULL;
}

/* Runs a command of the table. False: its scripted delay has begun, come again. */
static bool run_row(struct sink_session *session, const struct command *command)
{
    static const struct reply down = {421, "4.3.2", "Going down"};
    const struct verb_row *row = find_row(command->verb);
    const struct reply *refusal = wrong_command(session, row, command);

    if (session->server->draining && !session->transaction.open && command->verb != VERB_QUIT)
        refusal = &down;
    if (refusal != NULL) {
        sink_session_reply(session, refusal);
        return true;
    }
    switch (sink_session_script(session, row->point)) {
    case SINK_SCRIPT_LATER:
        return false;
    case SINK_SCRIPT_DONE:
        break;
    case SINK_SCRIPT_NOTHING:
        row->proceed(session, command);
        break;
    }
    return true;
}

/* Runs BDAT, which differs: whatever is wrong with it, its octets follow and must be read. */
static bool run_bdat(struct sink_session *session, const struct command *command)
{
    static const struct reply missing = {502, "5.5.1", "Command not implemented"};
    static const struct reply malformed = {501, "5.5.4", "Malformed BDAT: no telling where its chunk ends"};
    static const struct reply spoilt = {503, "5.5.1", "A chunk of this message was refused"};
    struct sink_chunk chunk = {0};
    struct bdat bdat;

    if ((sink_session_offer(session) >> KEYWORD_CHUNKING & 1) == 0) {
        sink_session_reply(session, &missing);
        return true;
    }
    if (bdat_parse(command->arguments, &bdat) != 0) {
        sink_session_reply(session, &malformed);
        sink_session_close(session);
        return true;
    }
    chunk.left = chunk.size = bdat.size;
    chunk.last = bdat.last;
    if (session->transaction.spoilt)
        chunk.refusal = &spoilt;
    else
        chunk.refusal = wrong_stage(
            session, NEEDS_GREETING | (session->transaction.chunked ? 0 : NEEDS_MAIL | NEEDS_RCPT));
    chunk.unwanted = chunk.refusal != NULL;
    if (!chunk.unwanted) {
        enum sink_scripted scripted = sink_session_script(session, SINK_AT_BDAT);
        if (scripted == SINK_SCRIPT_LATER)
            return false;
        chunk.unwanted = scripted == SINK_SCRIPT_DONE;
    }
    if (session->phase == SINK_COMMAND)
        sink_content_chunk(session, &chunk);
    return true;
}

static size_t line_limit(enum verb verb, uint64_t offered)
{
    switch (verb) {
    case VERB_MAIL:
        return COMMAND_LINE + params_line_allowance(PARAM_OF_MAIL, offered);
    case VERB_RCPT:
        return COMMAND_LINE + params_line_allowance(PARAM_OF_RCPT, offered);
    case VERB_AUTH:
        return AUTH_LINE;
    default:
        return COMMAND_LINE;
    }
}

/* Octets behind a command whose reply the client had to await: it has not waited, so whatever they say was
 * not meant in the light of the reply. */
static bool out_of_turn(const struct sink_session *session, const struct command *command, size_t octets)
{
    const struct verb_row *row = find_row(command->verb);
    bool pipelining = (sink_session_offer(session) >> KEYWORD_PIPELINING & 1) != 0;

    if (buf_len(&session->wire.in) == octets || command->verb == VERB_BDAT || command->verb == VERB_QUIT)
        return false;
    return !pipelining || (row != NULL && (row->flags & ENDS_GROUP) != 0);
}

/* False: come again. */
static bool run_line(struct sink_session *session, struct span line, size_t octets, unsigned faults)
{
    static const struct reply dirty = {500, "5.5.2", "Bare CR, bare LF or NUL in a command"};
    static const struct reply too_long = {500, "5.5.2", "Line too long"};
    static const struct reply no_command = {500, "5.5.2", "Not a command"};
    static const struct reply foreign = {421, "4.7.0", "This is SMTP"};
    static const struct reply early = {554, "5.5.0", "Octets after a command whose reply must be awaited"};
    struct command command;
    bool parsed = command_parse(line, &command) == 0;

    if ((faults & LINE_TOO_LONG) != 0 || octets > line_limit(command.verb, sink_session_offer(session))) {
        sink_session_reply(session, &too_long);
    } else if (faults != 0) {
        sink_session_reply(session, &dirty);
    } else if (command.verb == VERB_FOREIGN) {
        sink_session_reply(session, &foreign);
    } else if (!parsed) {
        sink_session_reply(session, &no_command);
    } else if (out_of_turn(session, &command, octets)) {
        sink_session_event(session, "octets after %s, which the client had to await",
                           command_name(command.verb));
        sink_session_reply(session, &early);
        sink_session_close(session);
    } else {
        return command.verb == VERB_BDAT ? run_bdat(session, &command) : run_row(session, &command);
    }
    return true;
}

enum sink_step sink_verbs_step(struct sink_session *session)
{
    struct span line;
    size_t octets;
    unsigned faults;

    if (!sink_session_line(session, AUTH_LINE, &line, &octets, &faults) ||
        !run_line(session, line, octets, faults))
        return SINK_WAIT;
    buf_consume(&session->wire.in, octets);
    return SINK_AGAIN;
}
