/* milter_tricks.c: what a milter says to each packet, or does instead: agreements, answers, tricks. Carrying
 * it is left to milter.c, what it edits to milter_edits.c, what follows from it to milter_ledger.c. */

#include "sim.h"

#define LATE UINT64_C(25000) /* milliseconds, beyond all limits */

#define S(step) (1u << STEP_##step)
#define OF_DIAL S(DIAL)
#define QUESTIONS                                                                                            \
    (S(CONNECT) | S(HELO) | S(UNKNOWN) | S(MAIL) | S(RCPT) | S(DATA) | S(HEADER) | S(EOH) | S(BODY) | S(EOM))
#define ANSWERS (S(OPTNEG) | QUESTIONS)

static const struct {
    const char *name;
    unsigned steps;
} tricks[MILTER_TRICKS] = {
    [MILTER_WELL] = {"well", 0},
    [MILTER_DRIPS] = {"drips", ANSWERS | S(EDITS)},
    [MILTER_TWICE] = {"twice", ANSWERS},
    [MILTER_PROGRESSES] = {"progress", QUESTIONS | S(EDITS)},
    [MILTER_LEAVES] = {"leaves", QUESTIONS & ~S(EOM)},
    [MILTER_REFUSES] = {"refuses", OF_DIAL},
    [MILTER_HANGS] = {"hangs", OF_DIAL},
    [MILTER_FIN] = {"fin", ANSWERS | S(EDITS) | S(IDLE)},
    [MILTER_RST] = {"rst", ANSWERS | S(EDITS) | S(IDLE)},
    [MILTER_STALLS] = {"stalls", ANSWERS | S(EDITS) | S(IDLE)},
    [MILTER_DEAF] = {"deaf", ANSWERS | S(EDITS) | S(IDLE)},
    [MILTER_GARBAGE] = {"garbage", ANSWERS | S(EDITS) | S(IDLE)},
    [MILTER_ODD] = {"odd", ANSWERS | S(EDITS) | S(IDLE)},
    [MILTER_HALF] = {"half answer", ANSWERS | S(EDITS)},
    [MILTER_LATE] = {"late", ANSWERS | S(EDITS)},
    [MILTER_SLOW] = {"slow octets", ANSWERS | S(EDITS)},
    [MILTER_FOREVER] = {"asks forever", QUESTIONS | S(EDITS)},
};

static const char *const steps[MILTER_STEPS] = {"dial", "optneg", "connect", "helo",   "unknown",
                                                "mail", "rcpt",   "data",    "header", "eoh",
                                                "body", "eom",    "edits",   "idle"};

bool milter_applies(enum milter_trick trick, enum milter_step step)
{
    return (tricks[trick].steps >> step & 1u) != 0;
}

const char *milter_trick_name(enum milter_trick trick)
{
    return tricks[trick].name;
}

const char *milter_step_name(enum milter_step step)
{
    return steps[step];
}

static bool of_session(enum milter_step step)
{
    return step < STEP_MAIL || step == STEP_IDLE;
}

void milter_count(const struct milter_end *end, enum milter_trick trick, enum milter_step step)
{
    sim_tell(end->of->sim, end->client, "M!", span_str(tricks[trick].name));
    end->of->sim->totals->milters[trick][step]++;
}

/* --- what it will do -------------------------------------------------------------------------------------
 */

/* A word that is legal at the step; that it is agreed on is seen to when it is said. */
static char draw_word(const struct milter_end *end, enum milter_step step, struct dice *dice)
{
    static const char words[] = "arty4zds";
    char word = words[dice_below(dice, of_session(step) && step != STEP_UNKNOWN ? 6 : 8)];
    bool repeated = step == STEP_RCPT || step == STEP_HEADER || step == STEP_BODY || step == STEP_UNKNOWN;

    if (word == 'd' && (step == STEP_UNKNOWN || !milter_certain(end)))
        return 't';
    return word == 's' && !repeated ? 'a' : word;
}

struct milter_plan milter_draw_plan(const struct milter_end *end, struct dice *dice, bool session)
{
    const struct sim *sim = end->of->sim;
    struct milter_plan plan = {0};

    if (sim->forced_milter)
        return !end->client->plain && session == of_session(sim->forced_plan.step) ? sim->forced_plan : plan;
    if (end->client->plain || !dice_percent(dice, session ? end->of->mischief / 2 : end->of->mischief))
        return plan;
    do
        plan.step = dice_below(dice, MILTER_STEPS);
    while (of_session(plan.step) != session);
    plan.after = dice_percent(dice, 25) ? 1 + dice_below(dice, 3) : 0;
    if (plan.step > STEP_OPTNEG && plan.step != STEP_EDITS && plan.step != STEP_IDLE &&
        dice_percent(dice, 40)) {
        plan.word = draw_word(end, plan.step, dice);
        return plan;
    }
    do
        plan.trick = 1 + dice_below(dice, MILTER_TRICKS - 1);
    while (!milter_applies(plan.trick, plan.step));
    return plan;
}

/* --- what it says ----------------------------------------------------------------------------------------
 */

static void say_word(struct milter_end *end, char word)
{
    if (word == 'y')
        milter_say(end, 'y', SPAN("550 5.7.1 not 100%% welcome\0"));
    else if (word == 'z')
        milter_say(end, 'y', SPAN("450-4.7.1 not\r\n450 4.7.1 now\0"));
    else
        milter_say(end, word, SPAN(""));
}

static void add_number(struct lab_bytes *data, unsigned number)
{
    char octets[4] = {(char)(number >> 24), (char)(number >> 16), (char)(number >> 8), (char)number};

    lab_bytes_add(data, span_of(octets, 4));
}

/* Agrees on a part of what it is offered; version first. */
static void say_agreement(struct milter_end *end)
{
    static const unsigned offered[] = {0x7f, 0x17f, 0x37f, 0x37f, 0x1fffff};
    struct dice *dice = &end->dice;
    struct lab_bytes data = {0};
    unsigned version = dice_percent(dice, 60) ? end->of->version : 2 + dice_below(dice, end->of->version - 1);

    end->version = version;
    end->actions = end->of->actions & (version < 6 ? 0x3f : ~0u) & (unsigned)dice_throw(dice);
    if (dice_percent(dice, 60))
        end->actions = end->of->actions & (version < 6 ? 0x3f : ~0u);
    end->steps = (unsigned)(dice_throw(dice) & dice_throw(dice) & dice_throw(dice)) & offered[version - 2];
    if (dice_percent(dice, 40) || end->of->sim->forced_milter)
        end->steps = 0;
    end->lists = (end->actions & 0x100) != 0 && dice_percent(dice, 50);
    add_number(&data, version);
    add_number(&data, end->actions);
    add_number(&data, end->steps);
    if (end->lists) {
        add_number(&data, 5);
        lab_bytes_add(&data, SPAN("i {no_such}\0"));
    }
    milter_say(end, 'O', lab_bytes_from(&data, 0));
    lab_bytes_free(&data);
}

static void say_garbage(struct milter_end *end)
{
    static const struct span rubbish[] = {{"\0\0\0\0", 4},
                                          {"\xff\xff\xff\xff"
                                           "c",
                                           5},
                                          {"\0\0\0\1?", 5},
                                          {"\0\0\0\3hab", 7},
                                          {"\0\0\0\5i\0\0\0", 8},
                                          {"HTTP/1.1 400 Bad Request\r\n", 26}};
    unsigned which = dice_below(&end->dice, 6);

    lab_bytes_add(&end->out, rubbish[which == 4 ? 2 : which]);
}

/* Well-formed, and never right where it is said. */
static void say_odd(struct milter_end *end, enum milter_step step)
{
    static const char version_0[12] = {0}, version_7[12] = {0, 0, 0, 7}, version_many[12] = {'\x80'};
    static const char *const versions[] = {version_0, version_7, version_many};

    if (step == STEP_OPTNEG && dice_percent(&end->dice, 70))
        milter_say(end, 'O', span_of(versions[dice_below(&end->dice, 3)], 12));
    else if (step == STEP_OPTNEG)
        milter_say(end, 'c', SPAN(""));
    else if (step >= STEP_EOM || dice_percent(&end->dice, 30))
        milter_say(end, dice_percent(&end->dice, 50) ? 'f' : 'O', span_of(version_7, 12));
    else if (dice_percent(&end->dice, 30))
        milter_say(end, 'y', SPAN("250 2.0.0 fine\0"));
    else if (dice_percent(&end->dice, 50))
        milter_say(end, 'h', SPAN("X-Odd\0out of turn\0"));
    else
        milter_say(end, 'b', SPAN("half an edit"));
}

/* What it says is thrown away behind here. */
static void cut(struct milter_end *end, enum milter_step step)
{
    unsigned which = end->cut_count != 0 ? dice_below(&end->dice, end->cut_count) : 0;

    end->out.len = step == STEP_EDITS && end->cut_count != 0 ? end->cuts[which] : 0;
}

/* The answer turns into the trick; of edits some are said. */
static void spoil(struct milter_end *end, enum milter_trick trick, enum milter_step step)
{
    size_t whole = end->out.len;

    milter_count(end, trick, step);
    switch (trick) {
    case MILTER_DRIPS:
        end->spread = 900;
        return;
    case MILTER_PROGRESSES:
        end->more = 3;
        return;
    case MILTER_LEAVES:
        end->leaving = true;
        return;
    case MILTER_TWICE:
        lab_bytes_add(&end->out, SPAN("\0\0\0\1c"));
        end->confused = true;
        end->client->upset = true;
        if (end->of->on_failure == MILTER_REJECTS)
            end->client->barred = true;
        end->client->cut_short = end->client->cut_short || end->of->on_failure == MILTER_SHUTS;
        return;
    case MILTER_LATE:
        end->out_at += LATE;
        break;
    case MILTER_SLOW:
        end->spread = 60000;
        break;
    case MILTER_HALF:
        cut(end, step);
        end->out.len = end->out.len + 3 < whole ? end->out.len + 3 : whole - 1;
        end->leaves = true;
        break;
    case MILTER_FOREVER:
        end->more = 30;
        break;
    default:
        cut(end, step);
        end->leaves = trick == MILTER_FIN || trick == MILTER_GARBAGE;
        end->resets = trick == MILTER_RST;
        end->falls_silent = true;
        if (trick == MILTER_GARBAGE)
            say_garbage(end);
        end->wrong = trick == MILTER_ODD;
        if (end->wrong)
            say_odd(end, step);
        if (end->wrong && step > STEP_OPTNEG && step < STEP_EOM)
            say_word(end, 'c');
        end->pipe->stalled = trick == MILTER_DEAF;
    }
    end->word = '\0';
    milter_lost(end);
}

/* The plan for this step, if its time has come. */
static struct milter_plan plan_for(struct milter_end *end, enum milter_step step)
{
    struct milter_plan *plan = of_session(step) ? &end->session : &end->letter, now = *plan;

    if (plan->step != step || (plan->trick == MILTER_WELL && plan->word == '\0'))
        return (struct milter_plan){0};
    if (plan->after != 0) {
        plan->after--;
        return (struct milter_plan){0};
    }
    *plan = (struct milter_plan){0};
    return now;
}

static uint64_t draw_delay(struct milter_end *end)
{
    static const unsigned delays[] = {0, 0, 0, 1, 40, 300};

    return end->client->plain ? dice_below(&end->dice, 2) : delays[dice_below(&end->dice, 6)];
}

/* What there is to be said is begun. */
static void begin(struct milter_end *end)
{
    end->saying = true;
    end->said = 0;
    end->spread = 0;
    end->more = 0;
    end->out.len = 0;
    end->cut_count = 0;
    end->out_at = end->of->sim->lab.now + draw_delay(end);
}

static void compose(struct milter_end *end, char command, const struct milter_plan *plan)
{
    end->word = plan->word != '\0' ? plan->word : 'c';
    if (end->word == 's' && (end->steps & 0x400) == 0)
        end->word = 'c';
    if (end->word == 'd' && end->confused) /* nobody could say what it is said of */
        end->word = 't';
    if (command == 'O')
        say_agreement(end);
    else if (command == 'E' && end->message != NULL && end->message->recipients != 0)
        milter_edits_add(end);
    if (command != 'O')
        say_word(end, end->word);
}

/* An answer is due; what is not answered can be the occasion for a trick, too. */
void milter_answer(struct milter_end *end, char command)
{
    enum milter_step step = command == 'O' ? STEP_OPTNEG : milter_step_of(command);
    bool answered = command == 'O' || milter_answers_it(end, command);
    struct milter_plan plan = plan_for(end, step);

    if (!answered && (plan.trick < MILTER_FIN || plan.trick >= MILTER_HALF) && plan.trick != MILTER_TWICE)
        return;
    end->due = answered ? command : '\0';
    begin(end);
    if (answered)
        compose(end, command, &plan);
    if (plan.trick == MILTER_WELL && step == STEP_EOM) {
        plan = plan_for(end, STEP_EDITS);
        step = STEP_EDITS;
    }
    if (plan.trick != MILTER_WELL)
        spoil(end, plan.trick, step);
}

/* Behind a message nothing is due. */
void milter_idle(struct milter_end *end)
{
    struct milter_plan plan = plan_for(end, STEP_IDLE);

    if (plan.trick == MILTER_WELL)
        return;
    begin(end);
    end->out_at = end->of->sim->lab.now + 1; /* a reset must not overtake the answer */
    spoil(end, plan.trick, STEP_IDLE);
}
