/* filters_attachments.c: parts of messages against rules as proxy.yaml has them: what is refused, put off,
 * tagged, logged and let pass, whatever the pieces. */
#include "archive_made.h"
#include "chain/registry.h"
#include "filters/filters.h"
#include "filters_fixture.h"

/* One part, shown as a session shows it. */
struct shown {
    struct filter_part part;
    struct span octets;
};

static struct made one, other;
static struct decision decision;

static enum verdict show(struct fake_session *session, const struct filter_part *part,
                         enum filter_part_kind kind, struct span octets)
{
    struct chain_question question = {.event = FILTER_PART};

    question.part.is = *part;
    question.part.piece = (struct filter_piece){.kind = kind, .value = octets};
    return chain_ask(&session->run, &question, &decision);
}

static enum verdict show_part(struct fake_session *session, const struct shown *shown,
                              struct test_split split)
{
    enum verdict verdict = show(session, &shown->part, FILTER_PART_BEGIN, SPAN(""));

    for (size_t at = 0, end; at < shown->octets.len && verdict == VERDICT_CONTINUE; at = end) {
        end = test_piece_end(split, at, shown->octets.len);
        verdict = show(session, &shown->part, FILTER_PART_BYTES, span_of(shown->octets.ptr + at, end - at));
    }
    return verdict == VERDICT_CONTINUE ? show(session, &shown->part, FILTER_PART_END, SPAN("")) : verdict;
}

/* A message of these parts, the last one without octets; its verdict. */
static enum verdict message(struct fake_session *session, const struct shown *parts, size_t count)
{
    enum verdict verdict = VERDICT_CONTINUE;

    fake_message_begin(session);
    for (size_t i = 0; i < count && verdict == VERDICT_CONTINUE; i++)
        verdict = show_part(session, &parts[i], (struct test_split){SPLIT_WHOLE, 0});
    if (verdict == VERDICT_CONTINUE)
        verdict = fake_ask(session, FILTER_END_OF_MESSAGE, &decision);
    return verdict;
}

static struct shown attachment(unsigned index, const char *filename, const char *other_name,
                               struct span octets)
{
    return (struct shown){.part = {.index = index,
                                   .type = SPAN("application"),
                                   .subtype = SPAN("octet-stream"),
                                   .filename = span_str(filename),
                                   .other_name = span_str(other_name)},
                          .octets = octets};
}

/* --- rules on one part ---------------------------------------------------------------------------------- */

static const struct {
    const char *rules, *filename, *other_name;
    struct span octets;
    char verdict; /* . passes, x rejected, t put off, q kept */
    const char *reason;
} rule_rows[] = {
    {"{names: '*.exe', action: quarantine}", "a.exe", NULL, {"", 0}, 'q', "rule 1: name a.exe"},
    {"{names: '*.exe', action: reject}", "a.exe", NULL, {"", 0}, 'x', "rule 1: name a.exe"},
    {"{names: '*.exe', action: reject}", "A.EXE. ", NULL, {"", 0}, 'x', "rule 1: name A.EXE"},
    {"{names: '*.exe', action: reject}", "a.pdf", "b.exe", {"", 0}, 'x', "rule 1: name b.exe"},
    {"{names: '*.exe', action: reject}", "a.exe\xE2\x80\x8B", NULL, {"", 0}, 'x', "rule 1: name a.exe"},
    {"{names: '*.exe', action: reject}", "a.pdf", NULL, {"", 0}, '.', NULL},
    {"{names: '*.exe', action: reject}", NULL, NULL, {"", 0}, '.', NULL},
    {"{name: no programs, names: ['*.com', '*.exe'], action: tempfail}",
     "a.exe",
     NULL,
     {"", 0},
     't',
     "no programs: name a.exe"},
    {"{types: application/*, action: reject}",
     "a",
     NULL,
     {"", 0},
     'x',
     "rule 1: type application/octet-stream"},
    {"{types: text/*, action: reject}", "a", NULL, {"", 0}, '.', NULL},
    {"{detected: application/pdf, action: reject}",
     "a.txt",
     NULL,
     {"%PDF-1.4\n%", 10},
     'x',
     "rule 1: detected application/pdf"},
    {"{detected: application/pdf, action: reject}", "a.pdf", NULL, {"only text\n", 10}, '.', NULL},
    {"{detected: '*', action: reject}", "a.pdf", NULL, {"", 0}, '.', NULL},
    /* allow, for this name and no other */
    {"{names: good*.exe, action: allow}, {names: '*.exe', action: reject}",
     "good1.exe",
     NULL,
     {"", 0},
     '.',
     NULL},
    {"{names: good*.exe, action: allow}, {names: '*.exe', action: reject}",
     "good.exe",
     "bad.exe",
     {"", 0},
     'x',
     "rule 2: name bad.exe"},
    {"{names: good.txt, action: allow}, {types: application/*, action: reject}",
     "good.txt",
     NULL,
     {"", 0},
     'x',
     "rule 2: type application/octet-stream"},
    {"{names: '*.exe', action: reject}, {names: good*.exe, action: allow}",
     "good1.exe",
     NULL,
     {"", 0},
     'x',
     "rule 1: name good1.exe"},
    {"{names: '*', action: log}, {names: '*.exe', action: reject}",
     "a.exe",
     NULL,
     {"", 0},
     'x',
     "rule 2: name a.exe"},
    {"{names: '*', action: log}", "a.exe", NULL, {"", 0}, '.', NULL},
};

static void test_rules(void)
{
    for (size_t i = 0; i < sizeof(rule_rows) / sizeof(rule_rows[0]); i++) {
        struct yaml yaml;
        struct fake_session session;
        char filter[512];
        struct shown part =
            attachment(0, rule_rows[i].filename, rule_rows[i].other_name, rule_rows[i].octets);
        snprintf(filter, sizeof(filter), "attachments: {rules: [%s]}", rule_rows[i].rules);
        yaml_begin(&yaml, &session, filter);
        enum verdict verdict = message(&session, &part, 1);
        static const char *const letters[] = {[VERDICT_CONTINUE] = ".",
                                              [VERDICT_REJECT] = "x",
                                              [VERDICT_TEMPFAIL] = "t",
                                              [VERDICT_QUARANTINE] = "q"};
        const char *came = letters[verdict];
        CHECK(*came == rule_rows[i].verdict);
        if (*came != rule_rows[i].verdict)
            fprintf(stderr, "%s: %s\n", filter, came);
        if (rule_rows[i].reason != NULL)
            CHECK_SPAN(decision.reason, span_str(rule_rows[i].reason));
        chain_message_end(&session.run, verdict != VERDICT_CONTINUE);
        yaml_end(&yaml, &session);
    }
}

/* Loads the filter and shows it one attachment. The reply is in `decision`. */
static enum verdict verdict_on(const char *filter, const char *filename, struct span octets)
{
    struct yaml yaml;
    struct fake_session session;
    struct shown part = attachment(1, filename, NULL, octets);
    static char text[400], reason[400];
    enum verdict verdict;

    yaml_begin(&yaml, &session, filter);
    verdict = message(&session, &part, 1);
    snprintf(text, sizeof(text), "%.*s", (int)decision.text.len, decision.text.ptr);
    snprintf(reason, sizeof(reason), "%.*s", (int)decision.reason.len, decision.reason.ptr);
    decision.text = span_str(text);
    decision.reason = span_str(reason);
    chain_message_end(&session.run, verdict != VERDICT_CONTINUE);
    yaml_end(&yaml, &session);
    return verdict;
}

static void test_replies(void)
{
    CHECK(verdict_on("attachments: {rules: [{names: x, action: reject}]}", "x", SPAN("")) == VERDICT_REJECT);
    CHECK(decision.code == 550);
    CHECK_SPAN(decision.text, SPAN("Attachment not accepted here"));
    CHECK(verdict_on("attachments: {rules: [{names: x, action: tempfail}]}", "x", SPAN("")) ==
          VERDICT_TEMPFAIL);
    CHECK(decision.code == 451);
    CHECK(verdict_on("attachments: {rules: [{names: x, action: reject, reply: '554 5.6.1 No x'}]}", "x",
                     SPAN("")) == VERDICT_REJECT);
    CHECK(decision.code == 554);
    CHECK_SPAN(decision.text, SPAN("No x"));
}

/* --- archives ------------------------------------------------------------------------------------------- */

#define EICAR       "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
#define NO_PROGRAMS "attachments: {rules: [{name: p, names: '*.com', action: reject}]}"

static void test_archives(void)
{
    struct span zip = made_of(&one, "zip", "none", "eicar.com", SPAN(EICAR));

    CHECK(verdict_on(NO_PROGRAMS, "invoice.zip", zip) == VERDICT_REJECT);
    CHECK_SPAN(decision.reason, SPAN("p: name eicar.com"));
    CHECK(verdict_on(NO_PROGRAMS, "photo.jpg", zip) == VERDICT_REJECT);
    CHECK(verdict_on(NO_PROGRAMS, NULL, zip) == VERDICT_REJECT);
    CHECK(verdict_on("attachments: {rules: [{names: '*.com', action: reject}], archives: {depth: 0}}",
                     "x.zip", zip) == VERDICT_CONTINUE);
    zip = made_of(&one, "zip", "none", "note.txt", SPAN("%PDF-1.4\n%"));
    CHECK(verdict_on(NO_PROGRAMS, "x.zip", zip) == VERDICT_CONTINUE);
    CHECK(verdict_on("attachments: {rules: [{detected: '*/pdf', action: reject}]}", "x.zip", zip) ==
          VERDICT_REJECT);
    CHECK_SPAN(decision.reason, SPAN("rule 1: detected application/pdf"));
    zip = made_nested(&one, &other, 3, "eicar.com", SPAN(EICAR));
    CHECK(verdict_on(NO_PROGRAMS, "x.zip", zip) == VERDICT_REJECT);
    CHECK_SPAN(decision.reason, SPAN("p: name eicar.com"));
}

/* Each finding with each action. */
static void check_finding(const char *key, const char *bounds, const char *name, struct span octets)
{
    char filter[256], expected[256];

    snprintf(filter, sizeof(filter), "attachments: {archives: {%s}}", bounds);
    CHECK(verdict_on(filter, name, octets) == VERDICT_REJECT);
    snprintf(expected, sizeof(expected), "%s: ", key);
    CHECK_SPAN(span_first(decision.reason, strlen(expected)), span_str(expected));
    CHECK(decision.code == 550 && decision.text.len > 10);
    snprintf(filter, sizeof(filter), "attachments: {archives: {%s, %s: tempfail}}", bounds, key);
    CHECK(verdict_on(filter, name, octets) == VERDICT_TEMPFAIL);
    CHECK(decision.code == 451);
    snprintf(filter, sizeof(filter), "attachments: {archives: {%s, %s: log}}", bounds, key);
    CHECK(verdict_on(filter, name, octets) == VERDICT_CONTINUE);
    snprintf(filter, sizeof(filter), "attachments: {archives: {%s, %s: tag}}", bounds, key);
    CHECK(verdict_on(filter, name, octets) == VERDICT_CONTINUE);
}

static char zeros[600000], noise[100000];

static void test_findings(void)
{
    unsigned chance = 1;

    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (char)((chance = chance * 1103515245U + 12345U) >> 24);
    made_begin(&one, "zip", "none", "zip:encryption=zipcrypt");
    made_add(&one, "a.txt", SPAN("secret"));
    check_finding("encrypted_archive", "ratio: 100", "x.zip", made_end(&one));
    check_finding("unreadable_archive", "ratio: 100", "x.zip", SPAN("no zip at all"));
    made_begin(&one, "zip", "none", NULL);
    made_add(&one, "a", span_of(zeros, sizeof(zeros)));
    made_add(&one, "b", span_of(zeros, sizeof(zeros)));
    check_finding("bomb", "ratio: 100", "x.zip", made_end(&one));
    check_finding("too_many", "members: 1", "x.zip", span_of(one.octets, one.len));
    CHECK(
        verdict_on(
            "attachments: {rules: [{detected: x/y, action: log}], archives: {detections: 1, ratio: 1000000}}",
            "x.zip", span_of(one.octets, one.len)) == VERDICT_REJECT);
    CHECK_SPAN(decision.reason, SPAN("too_many: b"));
    check_finding("too_deep", "depth: 1", "x.zip", made_nested(&one, &other, 2, "a", SPAN("b")));
    check_finding("too_large", "memory: 64KiB", "x.zip",
                  made_of(&one, "zip", "none", "a", span_of(noise, sizeof(noise))));
    check_finding("too_large", "unpacked: 64KiB", "x.zip", span_of(one.octets, one.len));
    /* what is too large and no archive passes */
    CHECK(verdict_on("attachments: {archives: {memory: 64KiB}}", "x.jpg", span_of(noise, sizeof(noise))) ==
          VERDICT_CONTINUE);
}

/* Members and octets are those of all archives of a message, and start anew with the next. */
static void test_sums(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct span zip = made_of(&one, "zip", "none", "a", SPAN("b"));
    struct shown parts[] = {attachment(1, "a.zip", NULL, zip), attachment(2, "b.zip", NULL, zip),
                            attachment(3, "c.zip", NULL, zip)};

    yaml_begin(&yaml, &session, "attachments: {archives: {members: 2}}");
    CHECK(message(&session, parts, 2) == VERDICT_CONTINUE);
    chain_message_end(&session.run, false);
    CHECK(message(&session, parts, 3) == VERDICT_REJECT);
    CHECK_SPAN(decision.reason, SPAN("too_many: c.zip"));
    chain_message_end(&session.run, true);
    yaml_end(&yaml, &session);
}

/* --- the rest ------------------------------------------------------------------------------------------- */

static void test_tags(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct shown parts[] = {attachment(1, "a.exe", NULL, SPAN("x")), attachment(2, "b.exe", NULL, SPAN("x")),
                            attachment(3, "c.zip", NULL, SPAN("x"))};

    yaml_begin(&yaml, &session,
               "attachments: {header: X-Seen, rules: [{name: program, names: '*.exe', action: tag}, "
               "{names: '*.scr', action: tag}], archives: {unreadable_archive: tag}}");
    CHECK(message(&session, parts, 3) == VERDICT_CONTINUE);
    CHECK_SPAN(fake_edited(&session, SPAN("Subject: x\r\n\r\n")),
               SPAN("X-Seen: unreadable_archive\r\nX-Seen: program\r\nSubject: x\r\n\r\n"));
    chain_message_end(&session.run, false);
    yaml_end(&yaml, &session);
}

static void test_log(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct shown part = attachment(1, "\x1b[31m\r\n.exe", NULL, SPAN("x"));

    yaml_begin(&yaml, &session, "attachments: {rules: [{name: program, names: '*.exe', action: log}]}");
    CHECK(message(&session, &part, 1) == VERDICT_CONTINUE);
    CHECK(fake_logged(&session.world, "program: name [31m.exe"));
    chain_message_end(&session.run, false);
    yaml_end(&yaml, &session);
}

/* What stands before the parts of a multipart is looked into, too, and not mixed up with them. */
static void test_preamble(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct span zip = made_of(&one, "zip", "none", "eicar.com", SPAN(EICAR));
    struct filter_part multipart = {.type = SPAN("multipart"), .subtype = SPAN("mixed"), .multipart = true};
    struct shown text = attachment(1, NULL, NULL, SPAN("text"));

    yaml_begin(&yaml, &session, NO_PROGRAMS);
    fake_message_begin(&session);
    CHECK(show(&session, &multipart, FILTER_PART_BEGIN, SPAN("")) == VERDICT_CONTINUE);
    CHECK(show(&session, &multipart, FILTER_PART_BYTES, zip) == VERDICT_CONTINUE);
    CHECK(show_part(&session, &text, (struct test_split){SPLIT_WHOLE, 0}) == VERDICT_REJECT);
    chain_message_end(&session.run, true);
    yaml_end(&yaml, &session);
}

/* What another reader would not decode is looked into as it is, beside what is decoded. */
static void test_undecoded(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct span zip = made_of(&one, "zip", "none", "eicar.com", SPAN(EICAR));
    struct filter_part part = attachment(1, "x.zip", NULL, SPAN("")).part;

    yaml_begin(&yaml, &session, NO_PROGRAMS);
    fake_message_begin(&session);
    CHECK(show(&session, &part, FILTER_PART_BEGIN, SPAN("")) == VERDICT_CONTINUE);
    for (size_t i = 0; i < zip.len; i++) {
        CHECK(show(&session, &part, FILTER_PART_UNDECODED, span_of(zip.ptr + i, 1)) == VERDICT_CONTINUE);
        CHECK(show(&session, &part, FILTER_PART_BYTES, SPAN("x")) == VERDICT_CONTINUE);
    }
    CHECK(show(&session, &part, FILTER_PART_END, SPAN("")) == VERDICT_REJECT);
    CHECK_SPAN(span_first(decision.reason, 10), SPAN("unreadable"));
    chain_message_end(&session.run, true);
    part.filename = SPAN("x");
    fake_message_begin(&session);
    CHECK(show(&session, &part, FILTER_PART_BYTES, SPAN("x")) == VERDICT_CONTINUE);
    CHECK(show(&session, &part, FILTER_PART_UNDECODED, zip) == VERDICT_CONTINUE);
    CHECK(show(&session, &part, FILTER_PART_END, SPAN("")) == VERDICT_REJECT);
    CHECK_SPAN(decision.reason, SPAN("p: name eicar.com"));
    chain_message_end(&session.run, true);
    yaml_end(&yaml, &session);
}

/* A session for all splits. */
struct splitting {
    struct fake_session *session;
    enum verdict expected;
};

static void feed(void *arg, struct span input, struct test_split split)
{
    const struct splitting *splitting = arg;
    struct shown part = attachment(1, "x.zip", NULL, input);
    enum verdict verdict;

    fake_message_begin(splitting->session);
    verdict = show_part(splitting->session, &part, split);
    CHECK(verdict == splitting->expected);
    chain_message_end(&splitting->session->run, verdict != VERDICT_CONTINUE);
}

static void test_splits(void)
{
    struct yaml yaml;
    struct fake_session session;
    struct splitting splitting = {&session, VERDICT_REJECT};

    yaml_begin(&yaml, &session, NO_PROGRAMS);
    test_every_split(made_of(&one, "zip", "none", "eicar.com", SPAN(EICAR)), feed, &splitting);
    splitting.expected = VERDICT_CONTINUE;
    test_every_split(made_of(&one, "zip", "none", "eicar.txt", SPAN(EICAR)), feed, &splitting);
    yaml_end(&yaml, &session);
    yaml_begin(&yaml, &session, "attachments: {rules: [{detected: '*/pdf', action: reject}]}");
    splitting.expected = VERDICT_REJECT;
    test_every_split(SPAN("%PDF-1.4\n%%%%\n"), feed, &splitting);
    yaml_end(&yaml, &session);
}

static void test_complaints(void)
{
    yaml_refused("attachments: {rules: [{action: reject}]}", "rules[0].action: a rule needs names, types");
    yaml_refused("attachments: {rules: [{names: x}]}", "action");
    yaml_refused("attachments: {rules: [{names: x, action: log, reply: '550 x'}]}",
                 "only reject and tempfail");
    yaml_refused("attachments: {rules: [{names: x, action: reject, reply: '450 x'}]}", "5xx");
    yaml_refused("attachments: {rules: [{names: x, action: tempfail, reply: '550 x'}]}", "4xx");
    yaml_refused("attachments: {rules: [{names: x, action: reject, reply: 'no'}]}", "is no refusal");
    yaml_refused("attachments: {header: 'X Y'}", "no name of a header field");
    yaml_refused("attachments: {archives: {depth: 6}}", "depth");
    yaml_refused("attachments: {archives: {bomb: allow}}", "bomb");
}

int main(void)
{
    registry_add(&filter_attachments);
    test_rules();
    test_replies();
    test_archives();
    test_findings();
    test_sums();
    test_tags();
    test_log();
    test_preamble();
    test_undecoded();
    test_splits();
    test_complaints();
    return test_end("attachments");
}
