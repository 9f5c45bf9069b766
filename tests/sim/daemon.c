/* daemon.c: clamd and spamd of a simulation: read a message, answer or play a trick. */
#include "daemon.h"

#include <errno.h>

#include "sim.h"

#define SOON 3000  /* milliseconds, within every time limit */
#define LATE 25000 /* beyond all of them */

static const char *const names[DAEMON_TRICKS] = {
    [DAEMON_WELL] = "well",       [DAEMON_REFUSES] = "refuses", [DAEMON_HANGS] = "hangs",
    [DAEMON_FIN] = "fin",         [DAEMON_RST] = "rst",         [DAEMON_STALLS] = "stalls",
    [DAEMON_DEAF] = "deaf",       [DAEMON_GARBAGE] = "garbage", [DAEMON_LATE] = "late",
    [DAEMON_HALF] = "half answer"};

const char *daemon_trick_name(enum daemon_trick trick)
{
    return names[trick];
}

static bool is_of_dial(enum daemon_trick trick)
{
    return trick == DAEMON_REFUSES || trick == DAEMON_HANGS;
}

static bool is_of_answer(enum daemon_trick trick)
{
    return trick == DAEMON_LATE || trick == DAEMON_HALF;
}

static void draw(struct daemon_end *daemon, struct dice *dice)
{
    static const size_t middle[] = {11, 30, 100, 300, 1000, 3000};

    daemon->trick = dice_percent(dice, 60) ? 1 + dice_below(dice, DAEMON_TRICKS - 1) : DAEMON_WELL;
    daemon->stage = DAEMON_BEGIN + dice_below(dice, 3);
    if (is_of_dial(daemon->trick))
        daemon->stage = DAEMON_DIAL;
    if (is_of_answer(daemon->trick))
        daemon->stage = DAEMON_END;
    daemon->strikes_at = daemon->stage == DAEMON_BEGIN ? 0 : SIZE_MAX;
    if (daemon->stage == DAEMON_MIDDLE)
        daemon->strikes_at = middle[dice_below(dice, 6)];
}

static void count(const struct daemon_end *daemon)
{
    daemon->sim->totals->daemons[daemon->trick][daemon->stage]++;
}

void daemon_dialled(struct sim *sim, struct lab_dial *dial)
{
    struct dice dice = dice_for(sim->seed, DICE_CONTENT, 1 + sim->daemon_count);
    struct daemon_end *daemon = &sim->daemons[sim->daemon_count];
    struct lab_manner carry = {.piece = dice_percent(&dice, 50) ? 0 : 1 + dice_below(&dice, 2000),
                               .accept = dice_percent(&dice, 70) ? 0 : 1 + dice_below(&dice, 700)};

    if (sim->daemon_count == DAEMONS_MAX) {
        lab_dial_refuse(dial, -ECONNREFUSED);
        return;
    }
    sim->daemon_count++;
    *daemon = (struct daemon_end){.sim = sim, .spamd = dial->port == DAEMON_SPAMD, .answers_at = UINT64_MAX};
    if (sim->daemons_play)
        draw(daemon, &dice);
    if (is_of_dial(daemon->trick))
        count(daemon);
    if (daemon->trick == DAEMON_REFUSES)
        lab_dial_refuse(dial, -ECONNREFUSED);
    else if (daemon->trick == DAEMON_HANGS)
        dial->hangs = true;
    else
        daemon->pipe = lab_dial_accept(&sim->lab, dial, carry);
    daemon->over = daemon->pipe == NULL;
}

/* --- what is shown ---------------------------------------------------------------------------------------
 */

static uint32_t number_of(const char *octets)
{
    uint32_t number = 0;

    for (unsigned i = 0; i < 4; i++)
        number = number << 8 | (unsigned char)octets[i];
    return number;
}

/* One chunk of INSTREAM; false: there is no whole one. */
static bool read_chunk(struct daemon_end *daemon)
{
    struct span rest = lab_bytes_from(&daemon->pipe->from, daemon->read);
    size_t begin = daemon->begun ? 0 : 10, len;

    if (rest.len < begin + 4)
        return false;
    if (begin != 0 && memcmp(rest.ptr, "zINSTREAM\0", 10) != 0)
        sim_fail(daemon->sim, "clamd", "is told nonsense");
    len = number_of(rest.ptr + begin);
    if (rest.len < begin + 4 + len)
        return false;
    if (len != 0)
        lab_bytes_add(&daemon->content, span_of(rest.ptr + begin + 4, len));
    daemon->begun = true;
    daemon->whole = len == 0;
    daemon->read += begin + 4 + len;
    return true;
}

/* Behind the request and the field that says where the message comes from, it ends where that direction does.
 */
static void read_symbols(struct daemon_end *daemon)
{
    struct span all = lab_bytes_from(&daemon->pipe->from, 0);
    const char *field = all.len != 0 ? memmem(all.ptr, all.len, "\r\nX-Sim: ", 9) : NULL;

    if (!daemon->pipe->finished || daemon->pipe->closed)
        return;
    daemon->whole = true;
    if (field != NULL)
        lab_bytes_add(&daemon->content, span_of(field + 2, (size_t)(all.ptr + all.len - field) - 2));
}

/* Ends with these octets; `more` may follow. */
static bool ends_with(struct span content, struct span octets, size_t more)
{
    for (size_t i = 0; i <= more && octets.len + i <= content.len; i++) {
        struct span end = span_skip(content, content.len - octets.len - i);
        if (span_eq(span_first(end, octets.len), octets))
            return true;
    }
    return false;
}

/* Behind fields that filters have put in front, it is the message, or has the body that a filter has written.
 */
static bool is_whole(struct span content, const struct message *message)
{
    bool found = ends_with(content, lab_bytes_from(&message->expected, 0), 2);

    for (unsigned i = 0; i < EDITORS_MAX && !found; i++) {
        struct lab_bytes rewritten = {0};
        if ((message->bodies >> i & 1u) != 0)
            message_rewritten(message, i, &rewritten);
        found = rewritten.len != 0 && ends_with(content, lab_bytes_from(&rewritten, 0), 0);
        lab_bytes_free(&rewritten);
    }
    return found;
}

/* The message that it has been shown all of; NULL: none of which that can be said. */
static struct message *shown(const struct daemon_end *daemon)
{
    struct span content = lab_bytes_from(&daemon->content, 0), id;
    const char *field = content.len != 0 ? memmem(content.ptr, content.len, "X-Sim: ", 7) : NULL;
    struct message *message;

    if (field == NULL)
        return NULL;
    id = span_skip(content, (size_t)(field + 7 - content.ptr));
    field = id.len != 0 ? memchr(id.ptr, ' ', id.len) : NULL;
    message = field != NULL ? sim_message(daemon->sim, span_first(id, (size_t)(field - id.ptr))) : NULL;
    return message != NULL && is_whole(content, message) ? message : NULL;
}

/* --- what it says ----------------------------------------------------------------------------------------
 */

static void leave(struct daemon_end *daemon)
{
    if (!daemon->pipe->ended)
        lab_pipe_end(daemon->pipe);
    daemon->over = true;
}

static bool is_infected(const struct daemon_end *daemon, const struct message *message)
{
    return daemon->sim->daemons_play && !message->client->plain && message->id[1] % 4 == 0;
}

static void answer_clamd(struct daemon_end *daemon)
{
    struct message *message = shown(daemon);
    bool infected = message != NULL && is_infected(daemon, message), half = daemon->trick == DAEMON_HALF;
    struct span text = infected ? SPAN("stream: Sim.Test FOUND\0") : SPAN("stream: OK\0");

    if (infected)
        ledger_decided(daemon->sim, message, -1, VERDICT_REJECT);
    else if (message != NULL && !half)
        message->cleared = true;
    lab_pipe_send(daemon->pipe, span_first(text, half ? text.len - 3 : text.len));
}

static void answer_spamd(struct daemon_end *daemon)
{
    static const struct span text = {
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 4\r\nSpam: False ; -1.0 / 5.0\r\n\r\nNONE", 70};

    lab_pipe_send(daemon->pipe, span_first(text, daemon->trick == DAEMON_HALF ? 40 : text.len));
}

static void strike(struct daemon_end *daemon)
{
    static const struct span rubbish[] = {
        {"stream: \n\xff FOUND", 15}, {"SPAMD/9 zero\r\n\r\n", 16}, {"\0\0\0\0", 4}, {"ERROR\r\n", 7}};

    count(daemon);
    daemon->strikes_at = SIZE_MAX;
    daemon->over = true;
    if (daemon->trick == DAEMON_FIN)
        leave(daemon);
    else if (daemon->trick == DAEMON_RST)
        lab_pipe_reset(daemon->pipe);
    else if (daemon->trick == DAEMON_DEAF)
        daemon->pipe->stalled = true;
    if (daemon->trick != DAEMON_GARBAGE)
        return;
    lab_pipe_send(daemon->pipe, rubbish[daemon->read % 4]);
    leave(daemon);
}

static void read_all(struct daemon_end *daemon)
{
    if (daemon->spamd)
        read_symbols(daemon);
    else
        while (!daemon->whole && read_chunk(daemon))
            ;
    if (!daemon->whole)
        return;
    if (is_of_answer(daemon->trick))
        count(daemon);
    daemon->answers_at = daemon->sim->lab.now;
    if (daemon->sim->daemons_play)
        daemon->answers_at += daemon->trick == DAEMON_LATE ? LATE : daemon->read % 3 * SOON / 3;
}

bool daemon_act(struct daemon_end *daemon)
{
    size_t before = daemon->read;

    if (daemon->over)
        return false;
    if (daemon->pipe->closed) {
        daemon->over = true;
        return false;
    }
    if (!daemon->whole)
        read_all(daemon);
    if (daemon->trick != DAEMON_WELL && !is_of_answer(daemon->trick) &&
        (daemon->pipe->from.len >= daemon->strikes_at || daemon->whole)) {
        strike(daemon);
        return true;
    }
    if (!daemon->whole || daemon->sim->lab.now < daemon->answers_at)
        return daemon->read != before;
    daemon->spamd ? answer_spamd(daemon) : answer_clamd(daemon);
    leave(daemon);
    return true;
}

uint64_t daemon_due(const struct daemon_end *daemon)
{
    return daemon->over || !daemon->whole ? UINT64_MAX : daemon->answers_at;
}

void daemon_free(struct daemon_end *daemon)
{
    lab_bytes_free(&daemon->content);
}
