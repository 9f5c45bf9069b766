/* upstream.c: the strict server: lines, dots and chunks read in the plainest way, every command checked
 * against what has been offered and answered. What it stores goes to the ledger. */
#include "upstream.h"

#include <stdarg.h>
#include <stdlib.h>

#include "sim.h"

/* Text with the command it answers in braces, so that a reply in the wrong place shows. */
static void answer(struct upstream *up, unsigned code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void answer(struct upstream *up, unsigned code, const char *format, ...)
{
    struct upstream_reply *reply = &up->replies[(up->first + up->count) % UPSTREAM_REPLIES];
    const struct upstream_reply *before = &up->replies[(up->first + up->count - 1) % UPSTREAM_REPLIES];
    char text[120], line[200];
    va_list args;

    if (up->count == UPSTREAM_REPLIES) {
        sim_fail(up->sim, "I7", "the upstream is owed more answers than it can keep");
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (unsigned more = dice_percent(&up->dice, up->manners->wordy) ? 1 + dice_below(&up->dice, 3) : 0;;
         more--) {
        (void)snprintf(line, sizeof(line), "%u%c%s%s\r\n", code, more != 0 ? '-' : ' ',
                       !up->manners->enhanced || code / 100 == 3 ? ""
                       : code / 100 == 2                         ? "2.0.0 "
                       : code / 100 == 4                         ? "4.3.0 "
                                                                 : "5.7.1 ",
                       text);
        lab_bytes_add(&up->words, span_str(line));
        if (more == 0)
            break;
    }
    if (up->delay == 0 && dice_percent(&up->dice, up->manners->lazy))
        up->delay = dice_below(&up->dice, 100000);
    *reply = (struct upstream_reply){.at = up->sim->lab.now + up->delay, .end = up->words.len};
    if (up->count != 0 && before->at > reply->at)
        reply->at = before->at;
    up->delay = 0;
    up->count++;
}

static bool refuses(struct upstream *up)
{
    return dice_percent(&up->dice, up->manners->refuses);
}

static unsigned refusal(struct upstream *up, struct message *message)
{
    unsigned code = dice_percent(&up->dice, 50) ? 450 : 550;

    up->client->upset = true;
    if (message != NULL && code >= 500)
        message->harsh = true;
    return code;
}

static void forget(struct upstream *up)
{
    up->message = NULL;
    up->mail = up->chunked = up->chunk_refused = false;
    up->accepted = 0;
    up->content.len = 0;
}

static void wrong(struct upstream *up, struct span line, const char *why)
{
    sim_fail(up->sim, "upstream", "%s: \"%.*s\"", why, (int)(line.len < 80 ? line.len : 80), line.ptr);
}

static void on_starttls(struct upstream *up, struct span line)
{
    if (!up->greeted || up->mail || !upstream_offers_tls(up))
        wrong(up, line, "STARTTLS out of order");
    faults_point(up->sim, up->client, POINT_SECURING, SIDE_UPSTREAM);
    if (refuses(up)) {
        answer(up, refusal(up, NULL), "not now");
        return;
    }
    answer(up, 220, "go ahead");
    up->replies[(up->first + up->count - 1) % UPSTREAM_REPLIES].encrypts = true;
    up->greeted = false;
}

static void on_ehlo(struct upstream *up, struct span line)
{
    bool extended = line.ptr[0] == 'E';
    char text[200];

    forget(up);
    faults_point(up->sim, up->client, POINT_EHLO, SIDE_UPSTREAM);
    if (dice_percent(&up->dice, up->manners->refuses / 4)) {
        answer(up, refusal(up, NULL), "not you {EHLO}");
        return;
    }
    up->greeted = true;
    if (!extended) {
        answer(up, 250, "up.example {EHLO}");
        return;
    }
    (void)snprintf(
        text, sizeof(text), "250-up.example\r\n%s%s%s%s%s%s250 8BITMIME\r\n",
        upstream_offers_tls(up) ? "250-STARTTLS\r\n" : "",
        up->manners->pipelining ? "250-PIPELINING\r\n" : "", up->manners->chunking ? "250-CHUNKING\r\n" : "",
        up->manners->enhanced ? "250-ENHANCEDSTATUSCODES\r\n" : "",
        up->manners->auth ? "250-AUTH PLAIN LOGIN\r\n" : "", up->manners->size ? "250-SIZE 1000000\r\n" : "");
    answer(up, 250, "{EHLO}"); /* takes its turn; the words are these instead */
    up->words.len =
        up->count > 1 ? up->replies[(up->first + up->count - 2) % UPSTREAM_REPLIES].end : up->said;
    lab_bytes_add(&up->words, span_str(text));
    up->replies[(up->first + up->count - 1) % UPSTREAM_REPLIES].end = up->words.len;
}

/* Filters that change a sender have domains of their own: f0.example, f1.example, ... */
static unsigned whose_sender(struct span from_at)
{
    return from_at.len > 2 && from_at.ptr[1] == 'f' ? (unsigned)(from_at.ptr[2] - '0') : EDITORS_MAX;
}

static void on_mail(struct upstream *up, struct span line)
{
    const char *at = memchr(line.ptr, '@', line.len);
    struct span id = at != NULL ? span_of(line.ptr + 11, (size_t)(at - line.ptr - 11)) : span_of(NULL, 0);

    if (!up->greeted || up->mail || line.len < 12)
        wrong(up, line, "MAIL out of order");
    if (!upstream_safe(up))
        wrong(up, line, "in plaintext, or not");
    forget(up);
    up->message = sim_message(up->sim, id);
    up->sender = at != NULL ? whose_sender(span_skip(line, (size_t)(at - line.ptr))) : EDITORS_MAX;
    faults_point(up->sim, up->client, POINT_MAIL, SIDE_UPSTREAM);
    faults_point(up->sim, up->client, POINT_RESET, SIDE_UPSTREAM);
    if (up->message == NULL || up->message->client != up->client) {
        sim_fail(up->sim, "I5", "a reverse-path of another session: %.*s", (int)line.len, line.ptr);
        return;
    }
    if (memmem(line.ptr, line.len, " SIZE=", 6) != NULL && !up->manners->size)
        wrong(up, line, "SIZE was not offered");
    if (memmem(line.ptr, line.len, " RET=", 5) != NULL)
        wrong(up, line, "DSN was not offered");
    up->mail = !refuses(up);
    answer(up, up->mail ? 250 : refusal(up, up->message), "sender {MAIL %s}", up->message->id);
}

static void on_rcpt(struct upstream *up, struct span line)
{
    unsigned which = line.len > 10 ? (unsigned)(line.ptr[10] - '0') : 99;
    bool added = line.len > 10 && line.ptr[9] == 'a'; /* by a filter: a0, a1, ... */
    bool good = up->mail && which < (added ? EDITORS_MAX : RECIPIENTS_MAX);

    faults_point(up->sim, up->client, POINT_RCPT, SIDE_UPSTREAM);
    if (!good) {
        answer(up, 503, "no sender");
        return;
    }
    if (refuses(up)) {
        answer(up, refusal(up, up->message), "recipient {RCPT %s r%u}", up->message->id, which);
        return;
    }
    up->accepted |= 1u << (added ? RECIPIENTS_MAX + which : which);
    if (!added)
        ledger_recipient(up->sim, up->message, which);
    answer(up, 250, "recipient {RCPT %s r%u}", up->message->id, which);
}

static void on_data(struct upstream *up, struct span line)
{
    const char *id = up->message != NULL ? up->message->id : "?";
    bool willing =
        up->mail && (up->accepted != 0 || (up->manners->pipelining && dice_percent(&up->dice, 30)));

    if (up->chunked)
        wrong(up, line, "DATA after BDAT");
    faults_point(up->sim, up->client, POINT_DATA, SIDE_UPSTREAM);
    if (!willing) {
        answer(up, 554, "nobody to send to");
    } else if (refuses(up)) {
        answer(up, refusal(up, up->message), "no content {DATA %s}", id);
    } else {
        answer(up, 354, "go on {DATA %s}", id);
        up->state = UPSTREAM_CONTENT;
        up->content.len = 0;
    }
}

static void end_of_data(struct upstream *up)
{
    struct message *message = up->message;
    bool takes;

    faults_point(up->sim, up->client, POINT_END, SIDE_UPSTREAM);
    if (up->accepted == 0 && up->content.len == 0) {
        answer(up, 554, "nothing for nobody");
        forget(up);
        return;
    }
    takes = up->accepted != 0 && !up->declines && !refuses(up);
    ledger_end(up, takes);
    answer(up, takes ? 250 : refusal(up, message), "message {END %s}", message->id);
    if (takes)
        up->replies[(up->first + up->count - 1) % UPSTREAM_REPLIES].taken = message;
    forget(up);
}

static void on_bdat(struct upstream *up, struct span line)
{
    char *end;

    if (!up->manners->chunking || !up->mail || up->accepted == 0)
        wrong(up, line, "BDAT out of order");
    up->chunk_left = strtoull(line.ptr + 5, &end, 10);
    up->chunk_last = line.ptr + line.len - end == 5 && memcmp(end, " LAST", 5) == 0;
    if (!up->chunk_last && end != line.ptr + line.len)
        wrong(up, line, "malformed BDAT");
    if (!up->chunked)
        faults_point(up->sim, up->client, POINT_DATA, SIDE_UPSTREAM);
    up->chunked = true;
    up->state = UPSTREAM_CHUNK;
}

static void end_chunk(struct upstream *up)
{
    up->state = UPSTREAM_COMMAND;
    if (up->chunk_last && !up->chunk_refused) {
        end_of_data(up);
        return;
    }
    if (!up->chunk_refused && refuses(up)) {
        up->chunk_refused = true;
        answer(up, refusal(up, up->message), "chunk {BDAT %s}", up->message->id);
        return;
    }
    answer(up, up->chunk_refused ? 503 : 250, "chunk {BDAT %s}", up->message->id);
}

static void on_auth(struct upstream *up, struct span line)
{
    bool initial = line.len > 11;

    if (!up->greeted || up->mail || !up->manners->auth || up->authenticated)
        wrong(up, line, "AUTH out of order");
    faults_point(up->sim, up->client, POINT_AUTH, SIDE_UPSTREAM);
    if (!initial) {
        answer(up, 334, "VXNlcm5hbWU6");
        up->state = UPSTREAM_AUTH;
        return;
    }
    up->authenticated = !refuses(up);
    answer(up, up->authenticated ? 235 : refusal(up, NULL), "credentials {AUTH}");
}

static void on_response(struct upstream *up, struct span line)
{
    up->state = UPSTREAM_COMMAND;
    up->authenticated = !span_eq(line, SPAN("*")) && !refuses(up);
    answer(up, up->authenticated ? 235 : 501, "credentials {AUTH}");
}

static void on_rset(struct upstream *up, struct span line)
{
    (void)line;
    faults_point(up->sim, up->client, POINT_RESET, SIDE_UPSTREAM);
    forget(up);
    answer(up, 250, "forgotten {RSET}");
}

static void on_noop(struct upstream *up, struct span line)
{
    (void)line;
    answer(up, 250, "awake {NOOP}");
}

static void on_vrfy(struct upstream *up, struct span line)
{
    answer(up, 252, "perhaps {%.4s}", line.ptr);
}

static void on_quit(struct upstream *up, struct span line)
{
    (void)line;
    faults_point(up->sim, up->client, POINT_QUIT, SIDE_UPSTREAM);
    answer(up, 221, "bye {QUIT}");
    up->replies[(up->first + up->count - 1) % UPSTREAM_REPLIES].last = true;
}

static const struct {
    const char *name;
    void (*does)(struct upstream *up, struct span line);
    bool ends_group;
} verbs[] = {
    {"EHLO ", on_ehlo, true},          {"HELO ", on_ehlo, true},      {"MAIL FROM:<", on_mail, false},
    {"RCPT TO:<", on_rcpt, false},     {"DATA\r", on_data, true},     {"BDAT ", on_bdat, false},
    {"STARTTLS\r", on_starttls, true}, {"AUTH PLAIN", on_auth, true}, {"RSET\r", on_rset, false},
    {"NOOP\r", on_noop, true},         {"VRFY ", on_vrfy, true},      {"QUIT\r", on_quit, true},
};

/* A command, without CRLF; the CR still stands behind it. */
static void on_command(struct upstream *up, struct span line)
{
    if (up->count != 0 && !up->client->lied_to && (!up->manners->pipelining || up->awaited))
        wrong(up, line,
              up->awaited ? "sent before the group's last answer (RFC 2920 3.1)"
                          : "pipelined without PIPELINING");
    up->awaited = false;
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
        size_t len = strlen(verbs[i].name);
        if (line.len + 1 < len || memcmp(line.ptr, verbs[i].name, len) != 0)
            continue;
        sim_tell(up->sim, up->client, "U<", line);
        up->awaited = verbs[i].ends_group;
        verbs[i].does(up, line);
        if (up->state == UPSTREAM_CHUNK)
            up->awaited = up->chunk_last;
        return;
    }
    wrong(up, line, "no command that was offered");
}

/* A line of content: dots undone (RFC 5321 4.5.2), the end seen. */
static void on_content(struct upstream *up, struct span line)
{
    if (up->count != 0)
        wrong(up, line, "content before 354");
    if (memchr(line.ptr, '\r', line.len) != NULL || memchr(line.ptr, '\0', line.len) != NULL)
        wrong(up, line, "bare CR or NUL in content");
    if (span_eq(line, SPAN("."))) {
        up->state = UPSTREAM_COMMAND;
        up->awaited = false; /* more may follow in this group (RFC 2920 3.1) */
        sim_tell(up->sim, up->client, "U<", line);
        end_of_data(up);
        return;
    }
    if (up->content.len == 0)
        faults_point(up->sim, up->client, POINT_HEADER, SIDE_UPSTREAM);
    else if (line.len == 0)
        faults_point(up->sim, up->client, POINT_BODY, SIDE_UPSTREAM);
    if (line.len != 0 && line.ptr[0] == '.')
        line = span_skip(line, 1);
    lab_bytes_add(&up->content, line);
    lab_bytes_add(&up->content, SPAN("\r\n"));
}

static bool read_chunk(struct upstream *up, struct span data)
{
    struct span part = span_first(data, (size_t)up->chunk_left);

    if (up->chunk_left != 0 && part.len == 0)
        return false;
    if (up->content.len == 0 && part.len != 0)
        faults_point(up->sim, up->client, POINT_HEADER, SIDE_UPSTREAM);
    lab_bytes_add(&up->content, part);
    up->read += part.len;
    up->chunk_left -= part.len;
    if (up->chunk_left != 0)
        return true;
    faults_point(up->sim, up->client, up->chunk_last ? POINT_LAST : POINT_BODY, SIDE_UPSTREAM);
    end_chunk(up);
    return true;
}

static bool read_line(struct upstream *up, struct span data)
{
    const char *lf = data.len != 0 ? memchr(data.ptr, '\n', data.len) : NULL;
    struct span line;

    if (lf == NULL)
        return false;
    if (lf == data.ptr || lf[-1] != '\r') {
        wrong(up, span_of(data.ptr, (size_t)(lf - data.ptr)), "a bare LF");
        return false;
    }
    line = span_of(data.ptr, (size_t)(lf - data.ptr) - 1);
    up->read += line.len + 2;
    if (up->state == UPSTREAM_CONTENT)
        on_content(up, line);
    else if (up->state == UPSTREAM_AUTH)
        on_response(up, line);
    else
        on_command(up, line);
    return true;
}

static bool read_some(struct upstream *up)
{
    struct span data = lab_bytes_from(&up->pipe->from, up->read);

    if (up->gone || up->sim->failed)
        return false;
    return up->state == UPSTREAM_CHUNK ? read_chunk(up, data) : read_line(up, data);
}

/* Says what is due. */
static bool say(struct upstream *up)
{
    bool moved = false;

    while (up->count != 0 && !up->gone && !up->mute && !up->pipe->ended) {
        struct upstream_reply *reply = &up->replies[up->first];
        struct span words = span_of(up->words.ptr + up->said, reply->end - up->said);
        if (reply->at > up->sim->lab.now)
            break;
        sim_tell(up->sim, up->client, "U>", words);
        lab_pipe_send(up->pipe, words);
        up->said = reply->end;
        up->first = (up->first + 1) % UPSTREAM_REPLIES;
        up->count--;
        moved = true;
        if (reply->taken != NULL) {
            reply->taken->said++;
            faults_point(up->sim, up->client, POINT_ACCEPTED, SIDE_UPSTREAM);
        }
        if (reply->encrypts)
            upstream_encrypt(up);
        if (reply->last)
            upstream_leave(up, false);
    }
    if (up->extra && up->count == 0 && !up->gone) {
        up->extra = false;
        upstream_blurt(up, SPAN("250 2.0.0 and another thing\r\n"));
        moved = true;
    }
    return moved;
}

void upstream_hurry(struct upstream *up)
{
    for (unsigned i = 0; i < up->count; i++)
        up->replies[(up->first + i) % UPSTREAM_REPLIES].at = 0;
    (void)say(up);
}

void upstream_blurt(struct upstream *up, struct span s)
{
    if (up->gone || up->pipe->ended)
        return;
    sim_tell(up->sim, up->client, "U>", s);
    lab_pipe_send(up->pipe, s);
}

void upstream_leave(struct upstream *up, bool reset)
{
    if (up->gone)
        return;
    sim_tell(up->sim, up->client, "U>", reset ? SPAN("(reset)") : SPAN("(closes)"));
    up->gone = true;
    if (reset)
        lab_pipe_reset(up->pipe);
    else
        lab_pipe_close(up->pipe);
}

void upstream_begin(struct upstream *up)
{
    static const char *const greetings[] = {"up.example", "up.example ESMTP ready", ""};

    if (up->sim->config.upstreams[0].tls == UPSTREAM_TLS_IMPLICIT)
        upstream_encrypt(up);
    faults_point(up->sim, up->client, POINT_BANNER, SIDE_UPSTREAM);
    up->delay = up->delay != 0 || !dice_percent(&up->dice, up->manners->lazy) ? up->delay
                                                                              : dice_below(&up->dice, 200000);
    if (dice_percent(&up->dice, up->manners->refuses / 4)) {
        up->client->upset = true;
        answer(up, dice_percent(&up->dice, 50) ? 421 : 554, "not today");
        return;
    }
    answer(up, 220, "%s", greetings[dice_below(&up->dice, 3)]);
}

bool upstream_act(struct upstream *up)
{
    bool moved = say(up);

    while (read_some(up))
        moved = true;
    if (moved)
        up->client->touched = up->sim->lab.now;
    return moved;
}

uint64_t upstream_due(const struct upstream *up)
{
    if (up->count == 0 || up->mute || up->gone || up->pipe->ended)
        return UINT64_MAX;
    return up->replies[up->first].at;
}

void upstream_end(struct upstream *up)
{
    lab_bytes_free(&up->words);
    lab_bytes_free(&up->content);
}
