/* filters_clamav.c: the filter clamav against a clamd in the hands of the test: the octets it is told, each
 * of its answers, ends at every place, several addresses, what is too large, failing memory. */
#include "filters_daemon.h"

#define FOUND   SPAN("stream: Test.Virus FOUND\0")
#define FINE    SPAN("stream: OK\0")
#define MESSAGE SPAN("Subject: x\r\n\r\nhello\r\n")
#define TOLD    SPAN("zINSTREAM\0\0\0\0\x15Subject: x\r\n\r\nhello\r\n\0\0\0\0")

static const struct {
    const char *filter;
    struct span answer;
    enum verdict verdict;
    unsigned code;
    const char *text, *reason;
} verdict_rows[] = {
    {"clamav: {address: 'unix:/c'}", {"stream: OK\0", 11}, VERDICT_CONTINUE, 0, NULL, NULL},
    {"clamav: {address: 'unix:/c'}",
     {"stream: Test.Virus FOUND\0", 25},
     VERDICT_REJECT,
     550,
     "Infected with Test.Virus",
     "Test.Virus"},
    {"clamav: {address: 'unix:/c', on_infected: tempfail}",
     {"stream: Test.Virus FOUND\0", 25},
     VERDICT_TEMPFAIL,
     451,
     "Infected with Test.Virus",
     "Test.Virus"},
    {"clamav: {address: 'unix:/c', on_infected: discard}",
     {"stream: Test.Virus FOUND\0", 25},
     VERDICT_DISCARD,
     0,
     NULL,
     "Test.Virus"},
    {"clamav: {address: 'unix:/c', on_infected: quarantine}",
     {"stream: Test.Virus FOUND\0", 25},
     VERDICT_QUARANTINE,
     0,
     NULL,
     "Test.Virus"},
    {"clamav: {address: 'unix:/c', on_reject: quarantine}",
     {"stream: Test.Virus FOUND\0", 25},
     VERDICT_QUARANTINE,
     0,
     NULL,
     "Test.Virus"},
    {"clamav: {address: 'unix:/c', reply: '554 5.7.9 %s? 100% not here, %s'}",
     {"stream: A %s\r\n250 B FOUND\0", 26},
     VERDICT_REJECT,
     554,
     "A %s??250 B? 100% not here, %s",
     NULL},
    {"clamav: {address: 'unix:/c'}",
     {"stream: Can't allocate memory ERROR\0", 36},
     VERDICT_TEMPFAIL,
     451,
     NULL,
     "clamd: stream: Can't allocate memory ERROR"},
    {"clamav: {address: 'unix:/c', on_failure: reject}",
     {"stream: OK", 10},
     VERDICT_REJECT,
     550,
     NULL,
     "clamd did not finish its answer"},
    {"clamav: {address: 'unix:/c', on_failure: pass}", {"\0", 1}, VERDICT_CONTINUE, 0, NULL, NULL},
    {"clamav: {address: 'unix:/c'}",
     {"stream:  FOUND\0", 15},
     VERDICT_TEMPFAIL,
     451,
     NULL,
     "clamd: stream:  FOUND"},
    {"clamav: {address: 'unix:/c'}",
     {"INSTREAM size limit exceeded. ERROR\0", 36},
     VERDICT_REJECT,
     552,
     "The message is too large to be scanned",
     "too large to be scanned"},
    {"clamav: {address: 'unix:/c', too_large: tempfail}",
     {"INSTREAM size limit exceeded. ERROR\0", 36},
     VERDICT_TEMPFAIL,
     452,
     NULL,
     NULL},
    {"clamav: {address: 'unix:/c', too_large: pass}",
     {"INSTREAM size limit exceeded. ERROR\0", 36},
     VERDICT_CONTINUE,
     0,
     NULL,
     NULL},
};

static void test_verdicts(void)
{
    for (size_t i = 0; i < sizeof(verdict_rows) / sizeof(verdict_rows[0]); i++) {
        struct scene scene;
        scene_begin(&scene, verdict_rows[i].filter);
        scene_message(&scene, MESSAGE, (struct lab_manner){0});
        CHECK_SPAN(scene_heard(&scene), TOLD);
        if (scene_answer(&scene, verdict_rows[i].answer) != verdict_rows[i].verdict)
            FAIL(verdict_rows[i].answer.ptr);
        CHECK(scene.decision.code == verdict_rows[i].code);
        if (verdict_rows[i].text != NULL)
            CHECK_SPAN(scene.decision.text, span_str(verdict_rows[i].text));
        if (verdict_rows[i].reason != NULL)
            CHECK_SPAN(scene.decision.reason, span_str(verdict_rows[i].reason));
        CHECK(scene.daemon->closed);
        scene_end(&scene);
    }
}

static void test_tag(void)
{
    static const struct {
        struct span answer;
        const char *field;
    } rows[] = {
        {{"stream: OK\0", 11}, "X-Virus-Status: Clean\r\n"},
        {{"stream: Test.Virus FOUND\0", 25}, "X-Virus-Status: Infected (Test.Virus)\r\n"},
        {{"INSTREAM size limit exceeded. ERROR\0", 36}, "X-Virus-Status: Not scanned (too large)\r\n"},
        {{"what?\0", 6}, ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        scene_begin(&scene,
                    "clamav: {address: 'unix:/c', on_infected: tag, too_large: pass, on_failure: pass}");
        scene_message(&scene, MESSAGE, (struct lab_manner){0});
        CHECK(scene_answer(&scene, rows[i].answer) == VERDICT_CONTINUE);
        CHECK(scene_added(&scene, rows[i].field));
        scene_end(&scene);
    }
}

/* clamd's answer, and what it takes, in pieces of every size. */
static void feed(void *arg, struct span input, struct test_split split)
{
    struct lab_manner manner = {.piece = split.kind == SPLIT_BYTES ? 1 : 0,
                                .split = split.kind == SPLIT_AT ? split.at : 0,
                                .accept = split.kind == SPLIT_AT ? split.at : 1};
    struct scene scene;

    (void)arg;
    scene_begin(&scene, "clamav: {address: '127.0.0.1:3310'}");
    scene_message(&scene, MESSAGE, manner);
    CHECK_SPAN(scene_heard(&scene), TOLD);
    CHECK(scene_answer(&scene, input) == VERDICT_REJECT);
    CHECK_SPAN(scene.decision.reason, SPAN("Test.Virus"));
    scene_end(&scene);
}

/* A clamd that does not read makes the message wait, not us grow. */
static void test_back_pressure(void)
{
    static char piece[20000];
    struct scene scene;
    size_t pieces = 0, waited = 0;

    memset(piece, 'x', sizeof(piece));
    scene_begin(&scene, "clamav: {address: 'unix:/c'}");
    for (; pieces < 20; pieces++) {
        enum verdict verdict = scene_content(&scene, span_of(piece, sizeof(piece)));
        if (pieces == 0) {
            CHECK(verdict == VERDICT_PENDING);
            scene_accept(&scene, (struct lab_manner){.accept = 777});
            verdict = scene_await(&scene, 0);
        }
        if (pieces == 5)
            scene.daemon->stalled = true;
        if (verdict == VERDICT_PENDING) {
            if (scene.daemon->stalled) {
                CHECK(scene_await(&scene, 0) == VERDICT_PENDING);
                waited++;
            }
            scene.daemon->stalled = false;
            verdict = scene_await(&scene, 0);
        }
        CHECK(verdict == VERDICT_CONTINUE);
    }
    CHECK(waited > 0 && scene.session.lab.pool.leased <= 2);
    CHECK(scene_end_of_message(&scene) == VERDICT_PENDING);
    lab_run(&scene.session.lab);
    CHECK(scene.daemon->from.len == 10 + pieces * (4 + sizeof(piece)) + 4);
    CHECK(scene_answer(&scene, FINE) == VERDICT_CONTINUE);
    scene_end(&scene);
}

/* Gone before the message, in it, and at its end. */
static void test_lost(void)
{
    for (unsigned place = 0; place < 3; place++) {
        struct scene scene;
        scene_begin(&scene, "clamav: {address: 'unix:/c'}");
        CHECK(scene_content(&scene, MESSAGE) == VERDICT_PENDING);
        if (place == 0) {
            scene_refuse(&scene, -ECONNREFUSED);
            CHECK(chain_result(&scene.session.run, &scene.decision) == VERDICT_TEMPFAIL);
            CHECK_SPAN(scene.decision.reason, SPAN("no connection: Connection refused"));
            scene_end(&scene);
            continue;
        }
        scene_accept(&scene, (struct lab_manner){0});
        CHECK(scene_await(&scene, 0) == VERDICT_CONTINUE);
        if (place == 1) {
            lab_pipe_reset(scene.daemon);
            lab_run(&scene.session.lab);
            CHECK(scene_content(&scene, MESSAGE) == VERDICT_TEMPFAIL);
        } else {
            CHECK(scene_end_of_message(&scene) == VERDICT_PENDING);
            lab_pipe_end(scene.daemon);
            CHECK(scene_await(&scene, 0) == VERDICT_TEMPFAIL);
            CHECK_SPAN(scene.decision.reason,
                       SPAN("connection to the daemon lost: it closed the connection"));
        }
        CHECK(scene.daemon->closed);
        scene_end(&scene);
    }
}

/* "OK" before clamd has been told that this is all: about what it has seen only. */
static void test_too_early(void)
{
    for (int found = 0; found < 2; found++) {
        struct scene scene;
        scene_begin(&scene, "clamav: {address: 'unix:/c'}");
        CHECK(scene_content(&scene, MESSAGE) == VERDICT_PENDING);
        scene_accept(&scene, (struct lab_manner){0});
        CHECK(scene_await(&scene, 0) == VERDICT_CONTINUE);
        lab_pipe_send(scene.daemon, found ? FOUND : FINE);
        lab_pipe_end(scene.daemon);
        lab_run(&scene.session.lab);
        CHECK(scene_end_of_message(&scene) == (found ? VERDICT_REJECT : VERDICT_TEMPFAIL));
        scene_end(&scene);
    }
}

static void test_slow(void)
{
    struct scene scene;

    scene_begin(&scene, "clamav: {address: 'unix:/c', time_limit: 2s, on_failure: reject}");
    scene_message(&scene, MESSAGE, (struct lab_manner){0});
    CHECK(scene_await(&scene, 1999) == VERDICT_PENDING);
    CHECK(scene_await(&scene, 1) == VERDICT_REJECT);
    CHECK_SPAN(scene.decision.reason, SPAN("time limit"));
    CHECK(scene.daemon->closed);
    scene_end(&scene);
}

/* The second address is asked when nobody is at the first, and nobody else when somebody was. */
static void test_addresses(void)
{
    struct scene scene;

    scene_begin(&scene, "clamav: {address: ['unix:/a', 'b.example:3310'], connect_limit: 1s}");
    CHECK(scene_content(&scene, MESSAGE) == VERDICT_PENDING);
    CHECK(strcmp(lab_dial_waiting(&scene.session.lab)->host, "unix:/a") == 0);
    lab_pass(&scene.session.lab, 1000);
    CHECK(strcmp(lab_dial_waiting(&scene.session.lab)->host, "b.example") == 0);
    CHECK(lab_dial_waiting(&scene.session.lab)->port == 3310);
    scene_accept(&scene, (struct lab_manner){0});
    CHECK(scene_await(&scene, 0) == VERDICT_CONTINUE);
    CHECK(scene_end_of_message(&scene) == VERDICT_PENDING);
    lab_run(&scene.session.lab);
    CHECK(scene_answer(&scene, FOUND) == VERDICT_REJECT);
    CHECK_SPAN(scene_heard(&scene), TOLD);
    scene_end(&scene);
}

static void test_too_large(void)
{
    static const struct {
        const char *filter;
        enum verdict verdict;
        unsigned code;
    } rows[] = {{"clamav: {address: 'unix:/c', max_size: 30}", VERDICT_REJECT, 552},
                {"clamav: {address: 'unix:/c', max_size: 30, too_large: tempfail}", VERDICT_TEMPFAIL, 452},
                {"clamav: {address: 'unix:/c', max_size: 30, too_large: pass}", VERDICT_CONTINUE, 0}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        scene_begin(&scene, rows[i].filter);
        CHECK(scene_content(&scene, MESSAGE) == VERDICT_PENDING);
        scene_accept(&scene, (struct lab_manner){0});
        CHECK(scene_await(&scene, 0) == VERDICT_CONTINUE);
        CHECK(scene_content(&scene, MESSAGE) == rows[i].verdict);
        CHECK(scene.decision.code == rows[i].code && scene.daemon->closed);
        if (rows[i].verdict == VERDICT_CONTINUE) {
            CHECK(scene_logged(&scene, "passes unscanned"));
            CHECK(scene_content(&scene, MESSAGE) == VERDICT_CONTINUE);
            CHECK(scene_end_of_message(&scene) == VERDICT_CONTINUE);
        }
        scene_end(&scene);
    }
}

/* The client leaves, at each stage; the next message is asked about over a connection of its own. */
static void test_aborted(void)
{
    for (unsigned stage = 0; stage < 4; stage++) {
        struct scene scene;
        scene_begin(&scene, "clamav: {address: 'unix:/c'}");
        CHECK(scene_content(&scene, MESSAGE) == VERDICT_PENDING);
        if (stage > 0)
            scene_accept(&scene, (struct lab_manner){0});
        if (stage > 1)
            CHECK(scene_await(&scene, 0) == VERDICT_CONTINUE);
        if (stage > 2)
            CHECK(scene_end_of_message(&scene) == VERDICT_PENDING);
        chain_message_end(&scene.session.run, true);
        CHECK(TAILQ_EMPTY(&scene.session.lab.dials));
        lab_run(&scene.session.lab);
        CHECK(scene.daemon == NULL || scene.daemon->closed);
        scene.session.resumed = 0;
        lab_session_message(&scene.session);
        scene_message(&scene, MESSAGE, (struct lab_manner){0});
        CHECK(scene_answer(&scene, FINE) == VERDICT_CONTINUE);
        scene_end(&scene);
    }
}

static void test_empty(void)
{
    struct scene scene;

    scene_begin(&scene, "clamav: {address: 'unix:/c', on_infected: tag}");
    CHECK(scene_end_of_message(&scene) == VERDICT_CONTINUE);
    CHECK(scene_added(&scene, "X-Virus-Status: Clean\r\n"));
    scene_end(&scene);
}

/* Memory ends after n allocations: never a message that passes unseen. */
static void test_no_memory(void)
{
    unsigned refused = 0;

    for (unsigned n = 0; n < 14; n++) {
        unsigned left = n;
        struct scene scene;
        enum verdict verdict;

        scene_begin(&scene, "clamav: {address: 'unix:/c'}");
        mem_set_gate(lab_memory, &left);
        verdict = scene_content(&scene, MESSAGE);
        if (verdict == VERDICT_PENDING) {
            if (lab_dial_waiting(&scene.session.lab) != NULL)
                scene_accept(&scene, (struct lab_manner){0});
            verdict = scene_await(&scene, 20000);
        }
        if (verdict == VERDICT_CONTINUE && (verdict = scene_end_of_message(&scene)) == VERDICT_PENDING) {
            lab_pipe_send(scene.daemon, FOUND);
            lab_pipe_close(scene.daemon);
            verdict = scene_await(&scene, 20000);
        }
        CHECK(verdict == VERDICT_TEMPFAIL || verdict == VERDICT_REJECT);
        refused += verdict == VERDICT_REJECT;
        mem_set_gate(NULL, NULL);
        scene_end(&scene);
    }
    CHECK(refused > 0 && refused < 10);
}

static void test_complaints(void)
{
    yaml_refused("clamav: {}", "address");
    yaml_refused("clamav: {address: []}", "is empty; allowed: one address or several");
    yaml_refused("clamav: {address: /run/clamd.ctl}", "is no address of a daemon; allowed: unix:/path");
    yaml_refused("clamav: {address: 'unix:/c', reply: 'virus'}", "is no refusal");
    yaml_refused("clamav: {address: 'unix:/c', reply: '451 later'}", "allowed: a code that begins with 5");
    yaml_refused("clamav: {address: 'unix:/c', on_infected: tempfail, reply: '550 no'}",
                 "allowed: a code that begins with 4");
    yaml_refused("clamav: {address: 'unix:/c', on_infected: maybe}",
                 "reject, tempfail, quarantine, discard, tag");
}

int main(void)
{
    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    test_verdicts();
    test_tag();
    test_every_split(FOUND, feed, NULL);
    test_back_pressure();
    test_lost();
    test_too_early();
    test_slow();
    test_addresses();
    test_too_large();
    test_aborted();
    test_empty();
    test_no_memory();
    test_complaints();
    return test_end("filters_clamav");
}
