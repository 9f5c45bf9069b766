/* filters_spamassassin.c: the filter spamassassin against a spamd in the hands of the test: the octets it is
 * told, its answers, tags, and what is wrong with answers and options. */
#include "filters/spamassassin/spamd.h"
#include "filters_daemon.h"

#define SPAM    "SPAMD/1.1 0 EX_OK\r\nContent-length: 14\r\nSpam: True ; 1000.4 / 5.0\r\n\r\nGTUBE,NO_RELAY"
#define HAM     "SPAMD/1.1 0 EX_OK\r\nSpam: False ; -0.1 / 5.0\r\nContent-length: 0\r\n\r\n"
#define MESSAGE SPAN("Subject: x\r\n\r\nhello\r\n")

/* --- answers ------------------------------------------------------------------------------------------- */

static void test_scores(void)
{
    static const struct {
        const char *written;
        bool is;
        int64_t score;
    } rows[] = {
        {"5", true, 5000},   {"5.0", true, 5000},  {"-0.1", true, -100}, {"1000.47", true, 1000470},
        {"0.0009", true, 0}, {"+3.5", true, 3500}, {"12.", true, 12000}, {"", false, 0},
        {"-", false, 0},     {".5", false, 0},     {"5,0", false, 0},    {"5 ", false, 0},
        {"1e3", false, 0},   {"nan", false, 0},    {"--1", false, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t score = 0;
        bool is = spamd_score(span_str(rows[i].written), &score);
        if (is != rows[i].is || (is && score != rows[i].score))
            FAIL(rows[i].written);
    }
    int64_t huge;
    CHECK(spamd_score(SPAN("99999999999999999999999999999999"), &huge) && huge > 0);
}

static void test_answers(void)
{
    static const char *const wrong[] = {
        "",
        "SPAMD/1.1 0 EX_OK",
        "SPAMD/1.1 0 EX_OK\r\n",
        "SPAMD/1.1 0 EX_OK\r\n\r\n",
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\n\r\n",
        "SPAMD/1.1 0 EX_OK\r\nSpam: True ; 5.0 / 5.0\r\n\r\n",
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 1\r\nSpam: True ; 5.0 / 5.0\r\n\r\n",
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: True ; 5.0 / 5.0\r\n",
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: True ; x / 5.0\r\n\r\n",
        "SPAMD/1.1 0 EX_OK\r\nContent-length: -1\r\nSpam: True ; 5.0 / 5.0\r\n\r\n",
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: True 5.0\r\n\r\n",
        "SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: True / 5.0 ;\r\n\r\n",
        "SPAMD/1.0 76 Bad header line: x\r\n",
        "SPAMD/1.1 74 EX_IOERR\r\nContent-length: 0\r\nSpam: True ; 5.0 / 5.0\r\n\r\n",
        "HTTP/1.1 0 EX_OK\r\nContent-length: 0\r\nSpam: True ; 5.0 / 5.0\r\n\r\n",
        "\r\n",
    };
    struct spamd_answer answer;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (spamd_parse(span_str(wrong[i]), &answer))
            FAIL(wrong[i]);
    CHECK(spamd_parse(SPAN(SPAM), &answer) && answer.score == 1000400);
    CHECK_SPAN(answer.tests, SPAN("GTUBE,NO_RELAY"));
    for (size_t len = 0; len < strlen(SPAM); len++)
        CHECK(!spamd_parse(span_of(SPAM, len), &answer)); /* half an answer is none */
    CHECK(spamd_parse(SPAN(HAM), &answer) && answer.score == -100 && answer.tests.len == 0);
}

/* --- the filter ---------------------------------------------------------------------------------------- */

static bool begins(struct span *s, const char *with)
{
    size_t len = strlen(with);
    bool so = s->len >= len && memcmp(s->ptr, with, len) == 0;

    if (so)
        *s = span_skip(*s, len);
    return so;
}

static bool ends(struct span s, struct span with)
{
    return s.len >= with.len && span_eq(span_skip(s, s.len - with.len), with);
}

static void test_request(void)
{
    struct scene scene;
    struct span heard;

    scene_begin(&scene, "spamassassin: {address: 'unix:/s', reject_score: 5, user: joe}");
    scene.session.facts.helo = SPAN("a b;(c\r\nX-Forged: yes");
    scene.session.facts.tls_version = SPAN("TLSv1.3");
    scene.session.facts.authenticated = true;
    scene_message(&scene, MESSAGE, (struct lab_manner){0});
    CHECK(scene.daemon->finished); /* which is how spamd knows the end */
    heard = scene_heard(&scene);
    CHECK(begins(&heard, "SYMBOLS SPAMC/1.5\r\nUser: joe\r\n\r\nX-Envelope-From: <ann@example.org>\r\n"));
    CHECK(begins(&heard, "Received: from a?b??c??X-Forged:?yes ([203.0.113.7])\r\n\tby mx.example.com"));
    CHECK(begins(&heard, " with ESMTPSA id t1;\r\n\t"));
    CHECK(ends(heard, SPAN(" +0000\r\nSubject: x\r\n\r\nhello\r\n")));
    CHECK(scene_answer(&scene, SPAN(HAM)) == VERDICT_CONTINUE);
    CHECK(scene_added(&scene, ""));
    scene_end(&scene);
}

static void test_verdicts(void)
{
    static const struct {
        const char *filter, *answer;
        enum verdict verdict;
        unsigned code;
        const char *text, *added;
    } rows[] = {
        {"spamassassin: {address: 'unix:/s', reject_score: 1000.4}", SPAM, VERDICT_REJECT, 550,
         "This looks like spam", ""},
        {"spamassassin: {address: 'unix:/s', reject_score: 1000.5}", SPAM, VERDICT_CONTINUE, 0, NULL, ""},
        {"spamassassin: {address: 'unix:/s', reject_score: 5, reply: '450 4.7.1 Score %s'}", SPAM,
         VERDICT_TEMPFAIL, 450, "Score 1000.4", ""},
        {"spamassassin: {address: 'unix:/s', quarantine_score: 5, reject_score: 2000}", SPAM,
         VERDICT_QUARANTINE, 0, NULL, ""},
        {"spamassassin: {address: 'unix:/s', quarantine_score: 5, reject_score: 900}", SPAM, VERDICT_REJECT,
         550, NULL, ""},
        {"spamassassin: {address: 'unix:/s', quarantine_score: 5}", HAM, VERDICT_CONTINUE, 0, NULL, ""},
        {"spamassassin: {address: 'unix:/s', tag_score: 5, reject_score: 2000}", SPAM, VERDICT_CONTINUE, 0,
         NULL,
         "X-Spam-Flag: YES\r\n"
         "X-Spam-Status: Yes, score=1000.4 required=5.0 tests=GTUBE, NO_RELAY\r\n"},
        {"spamassassin: {address: 'unix:/s', tag_score: 5}", HAM, VERDICT_CONTINUE, 0, NULL,
         "X-Spam-Status: No, score=-0.1 required=5.0 tests=\r\n"},
        {"spamassassin: {address: 'unix:/s', tag_score: 5}", "SPAMD/1.0 76 Bad header line: x\r\n",
         VERDICT_TEMPFAIL, 451, NULL, ""},
        {"spamassassin: {address: 'unix:/s', tag_score: 5, on_failure: pass}", "", VERDICT_CONTINUE, 0, NULL,
         ""},
        {"spamassassin: {address: 'unix:/s', tag_score: 5}", "nonsense", VERDICT_TEMPFAIL, 451, NULL, ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        scene_begin(&scene, rows[i].filter);
        scene_message(&scene, MESSAGE, (struct lab_manner){0});
        if (scene_answer(&scene, span_str(rows[i].answer)) != rows[i].verdict)
            FAIL(rows[i].filter);
        CHECK(scene.decision.code == rows[i].code);
        if (rows[i].text != NULL)
            CHECK_SPAN(scene.decision.text, span_str(rows[i].text));
        if (rows[i].verdict == VERDICT_CONTINUE)
            CHECK(scene_added(&scene, rows[i].added));
        scene_end(&scene);
    }
}

static void feed(void *arg, struct span input, struct test_split split)
{
    struct lab_manner manner = {.piece = split.kind == SPLIT_BYTES ? 1 : 0,
                                .split = split.kind == SPLIT_AT ? split.at : 0};
    struct scene scene;

    (void)arg;
    scene_begin(&scene, "spamassassin: {address: 'localhost:783', reject_score: 5}");
    scene_message(&scene, MESSAGE, manner);
    CHECK(scene_answer(&scene, input) == VERDICT_REJECT);
    CHECK_SPAN(scene.decision.reason, SPAN("score 1000.4: GTUBE,NO_RELAY"));
    scene_end(&scene);
}

/* What is too large passes unless it is said otherwise: spam seldom is, and letters with pictures are. */
static void test_too_large(void)
{
    for (int said = 0; said < 2; said++) {
        struct scene scene;
        scene_begin(&scene,
                    said ? "spamassassin: {address: 'unix:/s', tag_score: 5, max_size: 30, too_large: reject}"
                         : "spamassassin: {address: 'unix:/s', tag_score: 5, max_size: 30}");
        CHECK(scene_content(&scene, MESSAGE) == VERDICT_PENDING);
        scene_accept(&scene, (struct lab_manner){0});
        CHECK(scene_await(&scene, 0) == VERDICT_CONTINUE);
        CHECK(scene_content(&scene, MESSAGE) == (said ? VERDICT_REJECT : VERDICT_CONTINUE));
        CHECK(scene.daemon->closed);
        scene_end(&scene);
    }
}

/* An answer longer than is kept is no answer. */
static void test_endless_answer(void)
{
    static char line[6000];
    struct scene scene;

    memset(line, 'x', sizeof(line));
    scene_begin(&scene, "spamassassin: {address: 'unix:/s', reject_score: 5, time_limit: 1s}");
    scene_message(&scene, MESSAGE, (struct lab_manner){.piece = 100});
    for (int i = 0; i < 20; i++)
        lab_pipe_send(scene.daemon, span_of(line, sizeof(line)));
    CHECK(scene_await(&scene, 1000) == VERDICT_TEMPFAIL);
    CHECK(scene.daemon->closed);
    scene_end(&scene);
}

static void test_no_memory(void)
{
    unsigned refused = 0;

    for (unsigned n = 0; n < 16; n++) {
        unsigned left = n;
        struct scene scene;
        enum verdict verdict;

        scene_begin(&scene, "spamassassin: {address: 'unix:/s', tag_score: 1, reject_score: 5}");
        mem_set_gate(lab_memory, &left);
        verdict = scene_content(&scene, MESSAGE);
        if (verdict == VERDICT_PENDING) {
            if (lab_dial_waiting(&scene.session.lab) != NULL)
                scene_accept(&scene, (struct lab_manner){0});
            verdict = scene_await(&scene, 20000);
        }
        if (verdict == VERDICT_CONTINUE && (verdict = scene_end_of_message(&scene)) == VERDICT_PENDING) {
            lab_pipe_send(scene.daemon, SPAN(SPAM));
            lab_pipe_close(scene.daemon);
            verdict = scene_await(&scene, 20000);
        }
        CHECK(verdict == VERDICT_TEMPFAIL || verdict == VERDICT_REJECT);
        refused += verdict == VERDICT_REJECT;
        mem_set_gate(NULL, NULL);
        scene_end(&scene);
    }
    CHECK(refused > 0 && refused < 12);
}

static void test_complaints(void)
{
    yaml_refused("spamassassin: {address: 'unix:/s'}",
                 "does nothing; needed: one of reject_score, quarantine_score, tag_score");
    yaml_refused("spamassassin: {reject_score: 5}", "address");
    yaml_refused("spamassassin: {address: 'unix:/s', reject_score: many}", "is no score");
    yaml_refused("spamassassin: {address: 'unix:/s', tag_score: '5,0'}", "is no score");
    yaml_refused("spamassassin: {address: 'unix:/s', tag_score: 5, user: \"a\\r\\nb\"}",
                 "is no name of a user");
    yaml_refused("spamassassin: {address: nowhere, tag_score: 5}", "is no address of a daemon");
}

int main(void)
{
    for (size_t i = 0; filters_builtin[i] != NULL; i++)
        registry_add(filters_builtin[i]);
    test_scores();
    test_answers();
    test_request();
    test_verdicts();
    test_every_split(SPAN(SPAM), feed, NULL);
    test_too_large();
    test_endless_answer();
    test_no_memory();
    test_complaints();
    return test_end("filters_spamassassin");
}
