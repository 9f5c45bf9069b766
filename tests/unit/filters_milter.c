/* filters_milter.c: the filter milter against a milter in the hands of the test: every answer at every stage,
 * every failure at every stage, what is agreed on, and what is wrong with options. */
#include "filters/filters.h"
#include "filters_milter_scene.h"

#define MILTER "milter: {address: 'unix:/m'}"

/* What an answer comes to at each stage, in the order of scene_events: C continue, A accept, R reject, T
 * tempfail, D discard, X disconnect, F fail, S skip. */
static const struct {
    const char *answer;
    const char *verdicts;
} answers[] = {
    /*                           C U H M R D H E B E */
    {"CONTINUE", "CCCCCCCCCC"},
    {"ACCEPT", "CCCCCCCCCC"},
    {"REJECT", "RRRRRRRRRR"},
    {"TEMPFAIL", "TTTTTTTTTT"},
    {"DISCARD", "FFFDDDDDDD"},
    {"REPLYCODE 554 5.7.9 No", "RRRRRRRRRR"},
    {"REPLYCODE 450 4.7.9 Later", "TTTTTTTTTT"},
    {"REPLYCODE 421 4.7.9 Bye", "XXXXXXXXXX"},
    {"REPLYCODE 250 2.0.0 Fine", "FFFFFFFFFF"},
    {"REPLYCODE 550", "RRRRRRRRRR"},
    {"REPLYCODE 550x", "FFFFFFFFFF"},
    {"REPLYCODE 55", "FFFFFFFFFF"},
    {"REPLYCODE 550-5.7.1 a\r\n551 5.7.1 b", "FFFFFFFFFF"},
    {"REPLYCODE 550-5.7.1 a\r\n550 5.7.1 b\r\n550 5.7.1 c", "FFFFFFFFFF"},
    {"REPLYCODE 550-5.7.1 a\r\n550 5.7.1 b", "RRRRRRRRRR"},
    {"SHUTDOWN", "XXXXXXXXXX"},
    {"CONN_FAIL", "FFFFFFFFFF"},
    {"SKIP", "FCFFCFCFCF"},
    {"ADDHEADER X|y", "FFFFFFFFFP"},
    {"REPLBODY x", "FFFFFFFFFP"},
    {"DELRCPT <bob@example.net>", "FFFFFFFFFP"}, /* was not agreed on, which is no failure */
    {"QUARANTINE why", "FFFFFFFFFP"},
    {"OPTNEG 6|0|0", "FFFFFFFFFF"},
    {"PROGRESS", "PPPPPPPPPP"},
};

static enum verdict verdict_of(char letter)
{
    static const char letters[] = "CATRDXFPS";
    static const enum verdict verdicts[] = {VERDICT_CONTINUE, VERDICT_ACCEPT,  VERDICT_TEMPFAIL,
                                            VERDICT_REJECT,   VERDICT_DISCARD, VERDICT_DISCONNECT,
                                            VERDICT_TEMPFAIL, VERDICT_PENDING, VERDICT_SKIP};

    return verdicts[strchr(letters, letter) - letters];
}

static void test_answers(void)
{
    for (size_t row = 0; row < sizeof(answers) / sizeof(answers[0]); row++)
        for (size_t nth = 0; nth < SCENE_EVENTS; nth++) {
            struct scene scene;
            char letter = answers[row].verdicts[nth];
            enum verdict verdict;
            scene_begin(&scene, MILTER);
            scene_reach(&scene, nth);
            verdict = scene_go(&scene, scene_question(scene_events[nth].event), scene_events[nth].packet,
                               answers[row].answer);
            if (verdict != verdict_of(letter) ||
                (letter == 'F') !=
                    (scene.yaml.settings != NULL && scene_logged(&scene, "event=filter_failed"))) {
                fprintf(stderr, "%s at %s: %d\n%.*s", answers[row].answer, scene_events[nth].packet, verdict,
                        (int)scene.session.lab.lines.len, scene.session.lab.lines.ptr);
                test_failures++;
            }
            scene_end(&scene);
        }
}

/* Ways of a milter to be none. */
static void garbage(struct scene *scene)
{
    lab_pipe_send(scene->milter, SPAN("HTTP/1.1 400 Bad Request\r\n\r\n"));
}

static void empty(struct scene *scene)
{
    lab_pipe_send(scene->milter, SPAN("\0\0\0\0"));
}

static void huge(struct scene *scene)
{
    lab_pipe_send(scene->milter, SPAN("\xff\xff\xff\xff"
                                      "c"));
}

static void unknown(struct scene *scene)
{
    lab_pipe_send(scene->milter, SPAN("\0\0\0\x01Z"));
}

static void misshapen(struct scene *scene)
{
    lab_pipe_send(scene->milter, SPAN("\0\0\0\x02"
                                      "cx"));
}

static void ends(struct scene *scene)
{
    lab_pipe_close(scene->milter);
}

static void ends_in_packet(struct scene *scene)
{
    lab_pipe_send(scene->milter, SPAN("\0\0\0\x09y55"));
    lab_pipe_close(scene->milter);
}

static void resets(struct scene *scene)
{
    lab_pipe_reset(scene->milter);
}

static void hangs(struct scene *scene)
{
    lab_pass(&scene->session.lab, 121000);
}

/* An octet of an answer now and then does not renew its time. */
static void drips(struct scene *scene)
{
    for (unsigned i = 0; i < 20; i++) {
        lab_pipe_send(scene->milter, span_of(i < 3 ? "\0" : i == 3 ? "\x40" : "y", 1));
        lab_pass(&scene->session.lab, 9000);
    }
}

/* Progress does, but not for ever. */
static void delays(struct scene *scene)
{
    for (unsigned i = 0; i < 30; i++) {
        lab_pipe_send(scene->milter, SPAN("\0\0\0\x01p"));
        lab_pass(&scene->session.lab, 9000);
    }
}

static const struct {
    const char *name;
    void (*fail)(struct scene *scene);
} failures[] = {
    {"garbage", garbage},
    {"empty", empty},
    {"huge", huge},
    {"unknown", unknown},
    {"ends", ends},
    {"misshapen", misshapen},
    {"in packet", ends_in_packet},
    {"resets", resets},
    {"hangs", hangs},
    {"drips", drips},
    {"delays", delays},
};

/* Each at each stage, OPTNEG first of all; afterwards the next message finds a new milter, at once. */
static void fail_at(size_t nth, size_t how, const char *filter, enum verdict wanted)
{
    const char *packet = nth < SCENE_EVENTS ? scene_events[nth].packet : "OPTNEG";
    size_t event = nth < SCENE_EVENTS ? nth : 0;
    struct scene scene;
    unsigned resumed;
    enum verdict verdict;

    scene_begin(&scene, filter);
    scene_reach(&scene, event);
    resumed = scene.session.resumed;
    verdict = scene_go(&scene, scene_question(scene_events[event].event), packet, NULL);
    CHECK(verdict == VERDICT_PENDING);
    if (nth == SCENE_EVENTS)
        CHECK(scene.read != 0);
    failures[how].fail(&scene);
    verdict = scene_answer(&scene, resumed);
    if (verdict != wanted || !scene_logged(&scene, "event=filter_failed")) {
        fprintf(stderr, "%s at %s: %d\n%.*s", failures[how].name, packet, verdict,
                (int)scene.session.lab.lines.len, scene.session.lab.lines.ptr);
        test_failures++;
    }
    CHECK(scene.milter->closed);
    scene_message(&scene);
    CHECK(scene_go(&scene, scene_question(FILTER_MAIL), NULL, NULL) == VERDICT_CONTINUE);
    CHECK(!scene.milter->closed);
    for (size_t i = 4; i < SCENE_EVENTS; i++)
        CHECK(scene_go(&scene, scene_question(scene_events[i].event), NULL, NULL) == VERDICT_CONTINUE);
    scene_end(&scene);
}

static void test_failures_at_all_stages(void)
{
    static const struct {
        const char *filter;
        enum verdict verdict;
    } ways[] = {{MILTER, VERDICT_TEMPFAIL},
                {"milter: {address: 'unix:/m', on_failure: pass}", VERDICT_CONTINUE},
                {"milter: {address: 'unix:/m', on_failure: reject}", VERDICT_REJECT},
                {"milter: {address: 'unix:/m', on_failure: shutdown}", VERDICT_DISCONNECT}};
    const size_t count = sizeof(ways) / sizeof(ways[0]);

    for (size_t nth = 0; nth <= SCENE_EVENTS; nth++)
        for (size_t how = 0; how < sizeof(failures) / sizeof(failures[0]); how++) {
            bool all = failures[how].fail == ends || failures[how].fail == hangs;
            if (nth == SCENE_EVENTS && failures[how].fail == delays)
                continue; /* that is no OPTNEG */
            for (size_t way = 0; way < count; way++)
                if (all || way == (nth + how) % count)
                    fail_at(nth, how, ways[way].filter, ways[way].verdict);
        }
}

/* What is behind a greeting that was refused is not a message that the milter has let pass. */
static void test_interrupted(void)
{
    struct scene scene;

    scene_begin(&scene, MILTER);
    scene_reach(&scene, 5);
    CHECK(scene_go(&scene, scene_question(FILTER_HELO), "ABORT", NULL) == VERDICT_PENDING);
    scene_expect(&scene, "HELO client.example");
    scene_say(&scene, "CONTINUE");
    CHECK(scene_answer(&scene, 4) == VERDICT_CONTINUE);
    CHECK(scene_ask(&scene, scene_question(FILTER_DATA)) == VERDICT_TEMPFAIL);
    CHECK(scene_logged(&scene, "behind a greeting that was refused"));
    scene_message(&scene);
    CHECK(scene_go(&scene, scene_question(FILTER_MAIL), NULL, NULL) == VERDICT_CONTINUE);
    CHECK(scene_go(&scene, scene_question(FILTER_DATA), NULL, NULL) == VERDICT_CONTINUE);
    scene_end(&scene);
}

/* Bits that have not been offered are masked, as some milters answer with all they know; it is said once. */
static void test_masked(void)
{
    struct scene scene;

    scene_begin(&scene, "milter: {address: 'unix:/m', edits: none}");
    CHECK(scene_ask(&scene, scene_question(FILTER_CONNECT)) == VERDICT_PENDING);
    scene_accept(&scene);
    scene_expect(&scene, "OPTNEG 6|256|2097151");
    scene_say(&scene, "OPTNEG 6|63|4293918720"); /* LEAD_SPACE and beyond */
    CHECK(scene_logged(&scene, "ADDHDRS CHGBODY ADDRCPT DELRCPT CHGHDRS QUARANTINE"));
    CHECK(scene_logged(&scene, "wants steps that are not offered: 0xffe00000"));
    scene_meet(&scene, "CONNECT [203.0.113.7]|4|1234|203.0.113.7");
    scene_say(&scene, "CONTINUE");
    CHECK(scene_answer(&scene, 0) == VERDICT_CONTINUE);
    chain_run_reset(&scene.session.run);
    scene.session.lab.lines.len = 0;
    CHECK(scene_ask(&scene, scene_question(FILTER_CONNECT)) == VERDICT_PENDING);
    scene_expect(&scene, "QUIT");
    scene_accept(&scene);
    scene_say(&scene, "OPTNEG 6|63|4293918720");
    CHECK(!scene_logged(&scene, "not offered"));
    scene_end(&scene);
}

/* Whatever fails for want of memory, every question is answered, and nothing is left. */
static void test_memory(void)
{
    for (unsigned allowed = 0; allowed < 60; allowed++) {
        struct scene scene;
        unsigned left = allowed;
        scene_begin(&scene, MILTER);
        mem_set_gate(lab_memory, &left);
        for (size_t i = 0; i < SCENE_EVENTS; i++) {
            unsigned resumed = scene.session.resumed;
            if (scene_events[i].event == FILTER_MAIL)
                scene_message(&scene);
            if (scene_go(&scene, scene_question(scene_events[i].event), NULL, NULL) == VERDICT_PENDING) {
                lab_pass(&scene.session.lab, 700000);
                CHECK(scene_answer(&scene, resumed) != VERDICT_PENDING);
            }
        }
        mem_set_gate(NULL, NULL);
        scene_end(&scene);
    }
}

static void test_options(void)
{
    yaml_refused("milter: {}", "address");
    yaml_refused("milter: {address: []}", "is empty");
    yaml_refused("milter: {address: '/run/m'}", "is no address of a milter");
    yaml_refused("milter: {address: 'unix:/m', protocol: 1}", "a whole number, 2 to 6");
    yaml_refused("milter: {address: 'unix:/m', edits: some}", "is not known");
    yaml_refused("milter: {address: 'unix:/m', macros: none}", "is no macro");
    yaml_refused("milter: {address: 'unix:/m', connect_timeout: 0s}", "out of range");
}

int main(void)
{
    registry_add(&filter_milter);
    test_answers();
    test_failures_at_all_stages();
    test_interrupted();
    test_masked();
    test_memory();
    test_options();
    return test_end("filters_milter");
}
