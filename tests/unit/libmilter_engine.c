/* Tests filters/libmilter/engine.c: every command in every phase, every answer at every stage, how messages
 * and sessions end. */
#include "libmilter_lab.h"

static const char commands[] = "OCHMRTLNBEUAQK";

/* How a phase is reached, and for each command: '.' it is told, 'a' after the message was aborted, '-' it is
 * taken and nobody told, '!' the session ends. ABORT tells its own 'a', QUIT its own end. */
static const struct {
    const char *lead, *outcome;
} transitions[] = {
    /*            OCHMRTLNBEUAQK */
    {"", /*    */ ".!!!!!!!!!!-qq"}, {"O", /*   */ "!...!!!!!!.-qq"},  {"OC", /*  */ "!!..!!!!!!.-qq"},
    {"OCH", /* */ "!!..!!!!!!.-qq"}, {"OCHM", "!!aa.!!!!!.aqq"},       {"OCHMR", "!!aa.......aqq"},
    {"OCHMRT", "!!aa!!..!!aaqq"},    {"OCHMRTL", "!!aa!!..!!aaqq"},    {"OCHMRTLN", "!!aa!!!!..aaqq"},
    {"OCHMRTLNB", "!!aa!!!!..aaqq"}, {"OCHMRTLNBE", "!!..!!!!!!.-qq"}, {"OCHMRTLNBEK", "!...!!!!!!.---"},
    {"OCHMU", "!!aa.!!!!!.aqq"},     {"OCHMRTA", "!!..!!!!!!.-qq"},
};

/* What the callbacks say when a command comes then. */
static void expect(const char *lead, char command, char outcome, char *to)
{
    bool in_message = strpbrk(lead, "M") != NULL && strpbrk(lead, "EA") == NULL;

    *to = '\0';
    if (outcome == '.')
        (void)sprintf(to, "%c", command);
    else if (outcome == 'a')
        (void)sprintf(to, command == MILTER_ABORT ? "a" : "a%c", command);
    else if (outcome == 'q')
        (void)sprintf(to, in_message ? "aq" : "q");
}

static void test_transitions(void)
{
    for (size_t row = 0; row < sizeof(transitions) / sizeof(transitions[0]); row++) {
        for (size_t i = 0; commands[i] != '\0'; i++) {
            SMFICTX *ctx = lab_new(&lab_all);
            char outcome = transitions[row].outcome[i], expected[8];
            bool goes_on;

            lab_tell_all(ctx, transitions[row].lead);
            lab_clear();
            goes_on = lab_tell(ctx, commands[i]);
            expect(transitions[row].lead, commands[i], outcome, expected);
            if (strcmp(lab.told, expected) != 0 ||
                goes_on != (outcome != '!' && commands[i] != MILTER_QUIT)) {
                fprintf(stderr, "%c after \"%s\": \"%s\", %d\n", commands[i], transitions[row].lead, lab.told,
                        goes_on);
                FAIL("transition");
            }
            engine_end(ctx);
            context_free(ctx);
        }
    }
}

static void test_left_out(void)
{
    static const struct {
        uint32_t steps;
        const char *lead;
        char command;
        bool legal;
    } cases[] = {
        {MILTER_NO_MAIL, "OCH", MILTER_RCPT, true},
        {MILTER_NO_MAIL, "O", MILTER_RCPT, true},
        {MILTER_NO_RCPT, "OCHM", MILTER_DATA, true},
        {MILTER_NO_RCPT, "OCH", MILTER_DATA, false},
        {MILTER_NO_MAIL | MILTER_NO_RCPT, "OCH", MILTER_DATA, true},
        {MILTER_NO_MAIL | MILTER_NO_RCPT, "OCH", MILTER_HEADER, true},
        {MILTER_NO_HEADERS, "OCHMRT", MILTER_BODY, false},
        {MILTER_NO_HEADERS | MILTER_NO_EOH, "OCHMRT", MILTER_BODY, true},
        {MILTER_NO_EOH, "OCHMRTL", MILTER_BODY, true},
        {MILTER_NO_BODY, "OCHMRTLN", MILTER_EOM, true},
        {MILTER_NO_BODY, "OCHMRTL", MILTER_EOM, false},
        {MILTER_NO_BODY | MILTER_NO_EOH, "OCHMRTL", MILTER_EOM, true},
        {MILTER_NO_BODY, "OCHMRTLNB", MILTER_HEADER, false},
        {0x7f | MILTER_NO_DATA, "O", MILTER_EOM, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SMFICTX *ctx = lab_new(&lab_all);
        lab.wanted_steps = cases[i].steps;
        lab_tell_all(ctx, cases[i].lead);
        if (lab_tell(ctx, cases[i].command) != cases[i].legal) {
            fprintf(stderr, "%c after \"%s\" without 0x%x\n", cases[i].command, cases[i].lead,
                    cases[i].steps);
            FAIL("a step that is left out");
        }
        engine_end(ctx);
        context_free(ctx);
    }
}

/* Stage, its callback, and how it is reached. */
static const struct stage {
    char command;
    enum call call;
    const char *lead;
    bool in_message;
} stages[] = {
    {MILTER_CONNECT, CALL_CONNECT, "O", false},   {MILTER_HELO, CALL_HELO, "OC", false},
    {MILTER_UNKNOWN, CALL_UNKNOWN, "OCHM", true}, {MILTER_MAIL, CALL_MAIL, "OCH", true},
    {MILTER_RCPT, CALL_RCPT, "OCHM", true},       {MILTER_DATA, CALL_DATA, "OCHMR", true},
    {MILTER_HEADER, CALL_HEADER, "OCHMRT", true}, {MILTER_EOH, CALL_EOH, "OCHMRT", true},
    {MILTER_BODY, CALL_BODY, "OCHMRTN", true},    {MILTER_EOM, CALL_EOM, "OCHMRTNB", false},
};
#define STAGE_COUNT (sizeof(stages) / sizeof(stages[0]))

/* What is said, and whether a message that is under way is one still. */
static void check_answer(const struct stage *stage, int answer, const char *said, bool goes_on)
{
    SMFICTX *ctx = lab_new(&lab_all);

    lab_tell_all(ctx, stage->lead);
    lab_clear();
    lab.answers[stage->call] = answer;
    CHECK(lab_tell(ctx, stage->command));
    if (strcmp(lab.said, said) != 0) {
        fprintf(stderr, "%c returns %d: \"%s\"\n", stage->command, answer, lab.said);
        FAIL("answer");
    }
    lab_clear();
    engine_end(ctx);
    if (strcmp(lab.told, stage->in_message && goes_on ? "aq" : "q") != 0) {
        fprintf(stderr, "%c returned %d: \"%s\"\n", stage->command, answer, lab.told);
        FAIL("end of the message");
    }
    context_free(ctx);
}

static void test_answers(void)
{
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        bool one_of_many = stages[i].command == MILTER_RCPT || stages[i].command == MILTER_UNKNOWN;

        check_answer(&stages[i], SMFIS_CONTINUE, "c", true);
        check_answer(&stages[i], SMFIS_REJECT, "r", one_of_many);
        check_answer(&stages[i], SMFIS_TEMPFAIL, "t", one_of_many);
        check_answer(&stages[i], SMFIS_DISCARD, "d", false);
        check_answer(&stages[i], SMFIS_ACCEPT, "a", false);
        check_answer(&stages[i], SMFIS_SKIP, "s", true);
        check_answer(&stages[i], SMFIS_NOREPLY, "", true);
        check_answer(&stages[i], SMFIS_ALL_OPTS, "t", one_of_many);
        check_answer(&stages[i], -1, "t", one_of_many);
        check_answer(&stages[i], 99, "t", one_of_many);
    }
}

/* A step that was negotiated not to be answered is not, whatever the callback says; a mail server that does
 * not know of that is answered all the same. */
static void test_unanswered(void)
{
    const uint32_t all = 0xff080;

    for (size_t i = 0; i < STAGE_COUNT; i++) {
        for (int known = 0; known < 2; known++) {
            SMFICTX *ctx = lab_new(&lab_all);
            struct milter_packet offer = LAB_OFFER(6, MILTER_ACTIONS, known ? MILTER_STEPS : 0x3ffu & ~all);

            lab.wanted_steps = all;
            for (size_t call = 0; call < LAB_CALLS; call++)
                lab.answers[call] =
                    call == CALL_NEGOTIATE || call == CALL_EOM ? SMFIS_CONTINUE : SMFIS_NOREPLY;
            CHECK(engine_take(ctx, &offer));
            CHECK(lab.last.numbers[2] == (known ? all : 0));
            lab_tell_all(ctx, stages[i].lead + 1);
            lab_clear();
            lab.answers[stages[i].call] = i % 2 == 0 ? SMFIS_REJECT : SMFIS_NOREPLY;
            CHECK(lab_tell(ctx, stages[i].command));
            if (stages[i].call != CALL_EOM)
                CHECK(strcmp(lab.said, known ? "" : "c") == 0);
            engine_end(ctx);
            context_free(ctx);
        }
    }
}

static void set_reply(SMFICTX *ctx, enum call call)
{
    if (call == CALL_RCPT)
        CHECK(smfi_setreply(ctx, (char *)"550", (char *)"5.1.1", (char *)"no such user") == MI_SUCCESS);
}

static void test_reply(void)
{
    SMFICTX *ctx = lab_new(&lab_all);

    lab.during = set_reply;
    lab.answers[CALL_RCPT] = SMFIS_TEMPFAIL;
    lab_tell_all(ctx, "OCHMR");
    CHECK(strcmp(lab.said, "Occct") == 0);
    lab.answers[CALL_RCPT] = SMFIS_CONTINUE;
    lab_tell_all(ctx, "R");
    lab.answers[CALL_DATA] = SMFIS_REJECT;
    lab_clear();
    lab_tell_all(ctx, "T");
    CHECK(strcmp(lab.said, "y") == 0);
    CHECK(strcmp(lab.text, "550 5.1.1 no such user") == 0);
    lab.answers[CALL_MAIL] = SMFIS_REJECT;
    lab_clear();
    lab_tell_all(ctx, "M");
    CHECK(strcmp(lab.said, "r") == 0);
    engine_end(ctx);
    context_free(ctx);
}

/* xxfi_body has the octets that come with the end, and decides before xxfi_eom. */
static void test_body_with_end(void)
{
    static const struct {
        int answer;
        const char *told, *said;
    } cases[] = {{SMFIS_CONTINUE, "BE", "c"},
                 {SMFIS_SKIP, "BE", "c"},
                 {SMFIS_REJECT, "B", "r"},
                 {SMFIS_ACCEPT, "B", "a"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SMFICTX *ctx = lab_new(&lab_all);
        char octets[] = "octets";
        struct milter_packet packet = {.command = MILTER_EOM, .rest = span_str(octets)};

        lab_tell_all(ctx, "OCHMRTN");
        lab_clear();
        lab.answers[CALL_BODY] = cases[i].answer;
        CHECK(engine_take(ctx, &packet));
        CHECK(strcmp(lab.told, cases[i].told) == 0 && strcmp(lab.said, cases[i].said) == 0);
        engine_end(ctx);
        context_free(ctx);
    }
}

static void test_ends(void)
{
    SMFICTX *ctx = lab_new(&lab_all);

    engine_end(ctx);
    CHECK(strcmp(lab.told, "q") == 0);
    context_free(ctx);
    ctx = lab_new(&lab_all);
    lab_tell_all(ctx, "OCHMK");
    CHECK(strcmp(lab.told, "OCHMaq") == 0);
    lab_tell_all(ctx, "CHMRTLNBE");
    engine_end(ctx);
    CHECK(strcmp(lab.told, "OCHMaqCHMRTLNBEq") == 0);
    engine_end(ctx);
    CHECK(strcmp(lab.told, "OCHMaqCHMRTLNBEq") == 0);
    context_free(ctx);
    ctx = lab_new(&lab_all);
    lab_tell_all(ctx, "OCHM");
    lab.deaf = true;
    CHECK(!lab_tell(ctx, MILTER_RCPT));
    engine_end(ctx);
    CHECK(strcmp(lab.told, "OCHMRaq") == 0);
    context_free(ctx);
}

static void test_without_callbacks(void)
{
    static const struct smfiDesc nothing = {.xxfi_name = (char *)"nothing", .xxfi_version = SMFI_VERSION};
    SMFICTX *ctx = lab_new(&nothing);

    lab_tell_all(ctx, "OCHMRTLNBEMRAUK");
    CHECK(strcmp(lab.said, "Occcccccccccc") == 0);
    CHECK(lab.told_len == 0);
    engine_end(ctx);
    context_free(ctx);
}

/* Packets whose data is not what they should have. */
static void test_shapes(void)
{
    static const struct {
        char command;
        struct span data;
        bool goes_on;
    } cases[] = {
        {MILTER_HELO, {"name", 4}, false},
        {MILTER_HELO, {"name\0", 5}, true},
        {MILTER_HELO, {"", 0}, false},
        {MILTER_MAIL, {"<a>\0x", 5}, false},
        {MILTER_MAIL, {"<a>\0x\0", 6}, true},
        {MILTER_MAIL, {"\0", 1}, true},
        {MILTER_MACRO, {"", 0}, true},
        {MILTER_MACRO, {"Mi\0x", 4}, true},
        {MILTER_MACRO, {"Zi\0x\0", 5}, true},
        {'Z', {"", 0}, false},
        {'\0', {"", 0}, false},
        {MILTER_UNKNOWN, {"FROB", 4}, false},
        {MILTER_ABORT, {"more", 4}, true},
        {MILTER_QUIT_ANEW, {"more", 4}, true},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        SMFICTX *ctx = lab_new(&lab_all);
        char data[16];

        memcpy(data, cases[i].data.ptr, cases[i].data.len);
        lab_tell_all(ctx, "OC");
        CHECK(engine_read(ctx, cases[i].command, span_of(data, cases[i].data.len)) == cases[i].goes_on);
        engine_end(ctx);
        context_free(ctx);
    }
}

int main(void)
{
    test_transitions();
    test_left_out();
    test_answers();
    test_unanswered();
    test_reply();
    test_body_with_end();
    test_ends();
    test_without_callbacks();
    test_shapes();
    return test_end("libmilter_engine");
}
