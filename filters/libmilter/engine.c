/* engine.c: the conversation: which command may come when, what it leads to, and what is answered. How a
 * callback gets its arguments is left to ask.c, the first exchange to negotiate.c. */
#include "filters/libmilter/engine.h"

#include <assert.h>
#include <stdlib.h>

#include "filters/libmilter/ask.h"
#include "filters/libmilter/say.h"

#define BIT(n)     (1u << (n))
#define ANY_PHASE  (BIT(PHASES) - 1)
#define NEGOTIATED (ANY_PHASE & ~BIT(PHASE_NEW))
#define BETWEEN    (BIT(PHASE_OPEN) | BIT(PHASE_IDLE))
#define SAME_PHASE PHASES
#define KEEPS_ALL  MILTER_STAGES

/* A command, the phases it may come in, the phase it leads to, the callback that it is told to, the step that
 * leaves it unanswered, and the first stage whose macros are of an earlier message or session when it comes.
 */
struct step {
    char command;
    unsigned legal;
    enum phase next;
    enum call call;
    uint32_t silent;
    unsigned forgets;
    int (*ask)(SMFICTX *ctx, const struct milter_packet *packet);
};

static const struct step steps[] = {
    {MILTER_OPTNEG, BIT(PHASE_NEW), PHASE_OPEN, CALL_NEGOTIATE, 0, MILTER_AT_CONNECT, ask_negotiate},
    {MILTER_CONNECT, BIT(PHASE_OPEN), PHASE_IDLE, CALL_CONNECT, MILTER_NR_CONNECT, MILTER_AT_HELO,
     ask_connect},
    {MILTER_HELO, BETWEEN, PHASE_IDLE, CALL_HELO, MILTER_NR_HELO, MILTER_AT_MAIL, ask_helo},
    {MILTER_MAIL, BETWEEN, PHASE_MAIL, CALL_MAIL, MILTER_NR_MAIL, MILTER_AT_RCPT, ask_mail},
    {MILTER_RCPT, BIT(PHASE_MAIL) | BIT(PHASE_RCPT), PHASE_RCPT, CALL_RCPT, MILTER_NR_RCPT, MILTER_AT_DATA,
     ask_rcpt},
    {MILTER_DATA, BIT(PHASE_RCPT), PHASE_DATA, CALL_DATA, MILTER_NR_DATA, KEEPS_ALL, ask_data},
    {MILTER_HEADER, BIT(PHASE_RCPT) | BIT(PHASE_DATA) | BIT(PHASE_HEADERS), PHASE_HEADERS, CALL_HEADER,
     MILTER_NR_HEADER, KEEPS_ALL, ask_header},
    {MILTER_EOH, BIT(PHASE_RCPT) | BIT(PHASE_DATA) | BIT(PHASE_HEADERS), PHASE_EOH, CALL_EOH, MILTER_NR_EOH,
     KEEPS_ALL, ask_eoh},
    {MILTER_BODY, BIT(PHASE_RCPT) | BIT(PHASE_EOH) | BIT(PHASE_BODY), PHASE_BODY, CALL_BODY, MILTER_NR_BODY,
     KEEPS_ALL, ask_body},
    {MILTER_EOM, BIT(PHASE_RCPT) | BIT(PHASE_EOH) | BIT(PHASE_BODY), PHASE_IDLE, CALL_EOM, 0, KEEPS_ALL,
     ask_eom},
    {MILTER_UNKNOWN, BETWEEN | BIT(PHASE_MAIL) | BIT(PHASE_RCPT), SAME_PHASE, CALL_UNKNOWN, MILTER_NR_UNKNOWN,
     KEEPS_ALL, ask_unknown},
};

/* The step that leads to a phase; a phase whose step is left out need not have been. */
static const uint32_t left_out[PHASES] = {
    [PHASE_MAIL] = MILTER_NO_MAIL,       [PHASE_RCPT] = MILTER_NO_RCPT, [PHASE_DATA] = MILTER_NO_DATA,
    [PHASE_HEADERS] = MILTER_NO_HEADERS, [PHASE_EOH] = MILTER_NO_EOH,   [PHASE_BODY] = MILTER_NO_BODY,
};

/* What an answer is on the wire, and whether the message is over for this filter. */
static const struct outcome {
    int answer;
    char command;
    enum { GOES_ON, ENDS_BUT_RCPT, ENDS } then;
} outcomes[] = {
    {SMFIS_CONTINUE, MILTER_SAY_CONTINUE, GOES_ON},
    {SMFIS_REJECT, MILTER_SAY_REJECT, ENDS_BUT_RCPT},
    {SMFIS_DISCARD, MILTER_SAY_DISCARD, ENDS},
    {SMFIS_ACCEPT, MILTER_SAY_ACCEPT, ENDS},
    {SMFIS_TEMPFAIL, MILTER_SAY_TEMPFAIL, ENDS_BUT_RCPT},
    {SMFIS_SKIP, MILTER_SAY_SKIP, GOES_ON},
    {SMFIS_NOREPLY, '\0', GOES_ON},
};

static bool in_message(const SMFICTX *ctx)
{
    return ctx->phase >= PHASE_MAIL;
}

static void leave_message(SMFICTX *ctx)
{
    bool begun = in_message(ctx);

    if (ctx->phase > PHASE_IDLE)
        ctx->phase = PHASE_IDLE;
    if (begun && ctx->filter->xxfi_abort != NULL) {
        ctx->calling = CALL_ABORT;
        (void)ctx->filter->xxfi_abort(ctx);
        ctx->calling = CALL_NONE;
    }
}

static void leave_session(SMFICTX *ctx)
{
    leave_message(ctx);
    if (!ctx->closed && ctx->filter->xxfi_close != NULL) {
        ctx->calling = CALL_CLOSE;
        (void)ctx->filter->xxfi_close(ctx);
        ctx->calling = CALL_NONE;
    }
    ctx->closed = true;
    macros_forget(&ctx->macros, MILTER_AT_CONNECT);
}

/* Every command that engine_take() does not take itself has one. */
static const struct step *step_of(char command)
{
    const struct step *step = steps, *end = steps + sizeof(steps) / sizeof(steps[0]);

    while (step < end && step->command != command)
        step++;
    assert(step < end);
    return step;
}

/* Whether the step may follow, over phases that the filter does not take part in. */
static bool may_follow(const SMFICTX *ctx, const struct step *step)
{
    enum phase phase = ctx->phase;

    while ((step->legal & BIT(phase)) == 0) {
        if (phase == PHASE_OPEN)
            phase = PHASE_IDLE;
        if (phase < PHASE_IDLE || phase + 1 >= PHASES || (ctx->terms.steps & left_out[phase + 1]) == 0)
            return false;
        phase++;
    }
    return true;
}

/* A command that begins something anew ends the message that is under way. */
static bool enter(SMFICTX *ctx, const struct step *step)
{
    if (!may_follow(ctx, step)) {
        if (!in_message(ctx) || (step->legal & BIT(PHASE_IDLE)) == 0) {
            say(ctx->filter, LOG_ERR, "%s is out of order", milter_shape(MILTER_OF_MTA, step->command)->name);
            return false;
        }
        leave_message(ctx);
    }
    macros_forget(&ctx->macros, step->forgets);
    if (step->next != SAME_PHASE)
        ctx->phase = step->next;
    if (step->command != MILTER_OPTNEG)
        ctx->closed = false;
    return true;
}

static const struct outcome *outcome_of(const SMFICTX *ctx, int answer)
{
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (outcomes[i].answer == answer)
            return &outcomes[i];
    say(ctx->filter, LOG_ERR, "a callback returned %d, which is no answer: taken as SMFIS_TEMPFAIL", answer);
    return outcome_of(ctx, SMFIS_TEMPFAIL);
}

/* What the filter is held to: it said that it does not answer here, or the other end does not know SKIP. */
static int corrected(const SMFICTX *ctx, const struct step *step, int answer)
{
    if ((ctx->terms.steps & step->silent) != 0 && answer != SMFIS_NOREPLY) {
        say(ctx->filter, LOG_ERR, "a callback returned %d where it had promised SMFIS_NOREPLY", answer);
        answer = SMFIS_NOREPLY;
    }
    if (answer == SMFIS_NOREPLY && (ctx->terms.steps & step->silent) != 0 && !ctx->unanswered)
        return SMFIS_CONTINUE;
    if (answer == SMFIS_SKIP && (ctx->terms.offered_steps & MILTER_CAN_SKIP) == 0)
        return SMFIS_CONTINUE;
    return answer;
}

/* The reply that the filter has set, if it is of the class of its answer. */
static bool takes_reply(const SMFICTX *ctx, int answer)
{
    return ctx->reply != NULL && ((answer == SMFIS_REJECT && ctx->reply[0] == '5') ||
                                  (answer == SMFIS_TEMPFAIL && ctx->reply[0] == '4'));
}

static bool answer_step(SMFICTX *ctx, const struct step *step, int answer)
{
    const struct outcome *outcome;
    struct milter_packet packet = {.command = '\0'};
    bool replied;
    int status;

    answer = corrected(ctx, step, answer);
    outcome = outcome_of(ctx, answer);
    if (outcome->then == ENDS ||
        (outcome->then == ENDS_BUT_RCPT && step->command != MILTER_RCPT && step->command != MILTER_UNKNOWN))
        ctx->phase = ctx->phase < PHASE_IDLE ? ctx->phase : PHASE_IDLE;
    if (outcome->command == '\0')
        return true;
    packet.command = outcome->command;
    replied = takes_reply(ctx, outcome->answer);
    if (replied) {
        packet.command = MILTER_SAY_REPLY;
        packet.strings[0] = span_str(ctx->reply);
    }
    status = ctx->outlet.say(ctx->outlet.arg, &packet, false);
    if (replied) {
        free(ctx->reply);
        ctx->reply = NULL;
    }
    return status == 0;
}

static bool take_step(SMFICTX *ctx, const struct step *step, const struct milter_packet *packet)
{
    int answer;

    if (!enter(ctx, step))
        return false;
    ctx->unanswered = (ctx->terms.steps & ctx->terms.offered_steps & step->silent) != 0;
    ctx->calling = step->call;
    answer = step->ask(ctx, packet);
    ctx->calling = CALL_NONE;
    if (answer == ASK_FAILED)
        return false;
    return answer == ASK_ANSWERED || answer_step(ctx, step, answer);
}

bool engine_take(SMFICTX *ctx, const struct milter_packet *packet)
{
    if (ctx->debug > 3)
        say(ctx->filter, LOG_DEBUG, "%s", milter_shape(MILTER_OF_MTA, packet->command)->name);
    switch (packet->command) {
    case MILTER_MACRO:
        (void)macros_tell(&ctx->macros, (char)packet->numbers[0], packet->rest);
        return true;
    case MILTER_ABORT:
        leave_message(ctx);
        return true;
    case MILTER_QUIT:
        leave_session(ctx);
        return false;
    case MILTER_QUIT_ANEW:
        leave_session(ctx);
        if (ctx->phase > PHASE_OPEN)
            ctx->phase = PHASE_OPEN;
        return true;
    default:
        return take_step(ctx, step_of(packet->command), packet);
    }
}

bool engine_read(SMFICTX *ctx, char command, struct span data)
{
    const struct milter_shape *shape = milter_shape(MILTER_OF_MTA, command);
    struct milter_packet packet;
    int status;

    /* Commands without arguments have always been taken with some, too. */
    if (shape != NULL && shape->fields[0] == '\0')
        data.len = 0;
    status = milter_parse(MILTER_OF_MTA, command, data, &packet);
    if (status < 0 && command == MILTER_MACRO)
        return true;
    if (status < 0) {
        say(ctx->filter, LOG_ERR, "%s: %s", shape != NULL ? shape->name : "command",
            milter_error_text(status));
        return false;
    }
    return engine_take(ctx, &packet);
}

void engine_end(SMFICTX *ctx)
{
    leave_session(ctx);
}
