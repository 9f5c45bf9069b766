/* filters_rewrite.c: which paths are told to the upstream, which replies to clients; maps that are none. */
#include "filters/filters.h"
#include "filters_fixture.h"

#define MAP                                                                                                  \
    "rewrite: {from: [\"old@a.example new@b.example\", '@a.example @b.example', '<> daemon@b.example', "     \
    "'nobody@c.example <>', '\"x y\"@c.example z@c.example'], to: ['@a.example all@b.example', "             \
    "'bob@a.example @c.example', 'postmaster root@b.example', '@bad.example x@y@z', "                        \
    "'/^(?<who>[^@+]+)[+][^@]*@(\\w+)[.]example$/ ${who}@${2}.example', "                                    \
    "'/^slow(a|aa)+@/ $1@b.example', '/^case@/i lower@b.example', '/^(dollar)@(x)?/ $$$1$2@b.example', "     \
    "'/^all@(.*)$/ @$1.example']}"

static const struct row {
    enum filter_event event;
    const char *address, *path; /* NULL: as it was; "!": refused for now */
} rows[] = {
    {FILTER_MAIL, "old@a.example", "new@b.example"},
    {FILTER_MAIL, "OLD@A.Example", "new@b.example"},
    {FILTER_MAIL, "Other@a.example", "Other@b.example"},
    {FILTER_MAIL, "old@sub.a.example", NULL},
    {FILTER_MAIL, "a.example", NULL},
    {FILTER_MAIL, "", "daemon@b.example"},
    {FILTER_MAIL, "nobody@c.example", ""},
    {FILTER_MAIL, "\"x y\"@c.example", "z@c.example"},
    {FILTER_MAIL, "\"@a.example\"@d.example", NULL},
    {FILTER_RCPT, "old@a.example", "all@b.example"},
    {FILTER_RCPT, "bob@a.example", "bob@c.example"},
    {FILTER_RCPT, "Postmaster", "root@b.example"},
    {FILTER_RCPT, "old@b.example", NULL},
    {FILTER_RCPT, "old@bad.example", "!"},
    {FILTER_RCPT, "Bob+tag@d.example", "Bob@d.example"},
    {FILTER_RCPT, "bob+tag@a.example", "all@b.example"},
    {FILTER_RCPT, "bob+a@b@d.example", NULL},
    {FILTER_RCPT, "slowaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab@d.example", "!"},
    {FILTER_RCPT, "case@d.example", "lower@b.example"},
    {FILTER_RCPT, "CASE@d.example", NULL},
    {FILTER_RCPT, "dollar@d.example", "$dollar@b.example"},
    {FILTER_RCPT, "all@d", "all@d.example"},
    {FILTER_RCPT, "all@d.", "!"},
};

static void test_rows(void)
{
    struct yaml yaml;
    struct fake_session session;

    yaml_begin(&yaml, &session, MAP);
    fake_message_begin(&session);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct decision decision;
        enum verdict verdict = fake_address(&session, rows[i].event, rows[i].address, &decision);
        bool fails = rows[i].path != NULL && rows[i].path[0] == '!';
        CHECK(verdict == (fails ? VERDICT_TEMPFAIL : VERDICT_CONTINUE));
        if (fails)
            continue;
        CHECK((decision.path.ptr != NULL) == (rows[i].path != NULL));
        CHECK_SPAN(decision.path, span_str(rows[i].path));
    }
    chain_message_end(&session.run, true);
    yaml_end(&yaml, &session);
}

static const struct {
    const char *verb;
    unsigned code;
    const char *text;
    unsigned to_code; /* 0: stays */
    const char *to_enhanced, *to_text;
} replies[] = {
    {"CONNECT", 220, "mx.example ESMTP Postfix (Debian 3.7)", 220, NULL, "mx.example ESMTP"},
    {"RCPT", 550, "5.1.1 <a@b.example>: unknown", 551, "5.7.1", "No a@b.example here"},
    {"RCPT", 551, "5.1.1 other", 0, NULL, NULL},
    {"RCPT", 450, "4.2.0 greylisted", 0, NULL, NULL},
    {"DATA", 354, "unknown", 0, NULL, NULL},
    {"EHLO", 250, "unknown", 0, NULL, NULL},
    {"NOOP", 250, "", 0, NULL, NULL},
    {"QUIT", 221, "2.0.0 Bye", 221, NULL, "Bye"},
};

static void test_replies(void)
{
    struct yaml yaml;
    struct fake_session session;

    yaml_begin(&yaml, &session,
               "rewrite: {replies: ['/^220 (\\S+) .*Postfix/ 220 $1 ESMTP', '/greylisted/ 550 5.7.1 no', "
               "'/^55[0] [\\d.]+ <([^>]*)>: UNKNOWN$/ 551 5.7.1 No $1 here', '/unknown/ 250 ok', "
               "'/^(\\d+) \\S+ Bye/ $1 Bye']}");
    for (size_t i = 0; i < sizeof(replies) / sizeof(replies[0]); i++) {
        struct decision decision;
        CHECK(fake_reply(&session, replies[i].verb, replies[i].code, replies[i].text, &decision) ==
              VERDICT_CONTINUE);
        CHECK(decision.code == replies[i].to_code);
        if (decision.code == 0)
            continue;
        CHECK_SPAN(span_str(decision.enhanced), span_str(replies[i].to_enhanced));
        CHECK_SPAN(decision.text, span_str(replies[i].to_text));
    }
    CHECK(fake_logged(&session.world, "of another class"));
    yaml_end(&yaml, &session);
}

static void test_helo(void)
{
    static const char *const names[][2] = {
        {"A.example", "b.example"}, {"host7.c.example", "h7.example"}, {"other.example", NULL}, {"bad", NULL},
        {"[1.2.3.4]", "[4.3.2.1]"},
    };
    struct yaml yaml;
    struct fake_session session;

    yaml_begin(&yaml, &session,
               "rewrite: {helo: ['a.example b.example', '/^host(\\d+)/ h$1.example', '/^bad/ a b', "
               "'[1.2.3.4] [4.3.2.1]']}");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct chain_question question = {.event = FILTER_HELO, .helo = span_str(names[i][0])};
        struct decision decision;
        CHECK(chain_ask(&session.run, &question, &decision) == VERDICT_CONTINUE);
        CHECK((decision.path.ptr != NULL) == (names[i][1] != NULL));
        CHECK_SPAN(decision.path, span_str(names[i][1]));
    }
    CHECK(fake_logged(&session.world, "is no name"));
    yaml_end(&yaml, &session);
}

/* What is wrong in a file is said with its name and line. */
static void test_file(void)
{
    const char *path = yaml_file("# a map\na@a.example b@b.example\n\n/(/ c@c.example\n");
    char name[64], filter[128], words[128];

    snprintf(name, sizeof(name), "%s", path);
    snprintf(filter, sizeof(filter), "rewrite: {to: ['x@a.example y@b.example', 'file:%s']}", name);
    snprintf(words, sizeof(words), "to[2]: %s:4: ", name);
    yaml_refused(filter, words);
    unlink(name);
}

int main(void)
{
    registry_add(&filter_rewrite);
    test_rows();
    test_helo();
    test_replies();
    test_file();
    yaml_refused("rewrite: {from: alone@a.example}", "is not");
    yaml_refused("rewrite: {from: 'a@a.example b'}", "is not");
    yaml_refused("rewrite: {to: 'a@a.example b@'}", "is not");
    yaml_refused("rewrite: {to: 'a@a.example <>'}", "is not");
    yaml_refused("rewrite: {to: ['a@a.example b@c', 'A@a.example b@d']}", "twice");
    yaml_refused("rewrite: {to: '/(/ b@b.example'}", "at offset 1 of the pattern");
    yaml_refused("rewrite: {to: '/a b@b.example'}", "no slash behind");
    yaml_refused("rewrite: {to: '/a/'}", "replacement are missing");
    yaml_refused("rewrite: {to: '/a/x b@b.example'}", "replacement are missing");
    yaml_refused("rewrite: {to: '/a/ $1@b.example'}", "names no group");
    yaml_refused("rewrite: {to: '/a/ ${x}@b.example'}", "names no group");
    yaml_refused("rewrite: {to: '/a/ b@b.example$'}", "names no group");
    yaml_refused("rewrite: {to: '/a/ b'}", "is no address");
    yaml_refused("rewrite: {helo: 'a b@c'}", "\"old.example new.example\"");
    yaml_refused("rewrite: {helo: '/a/ b@c'}", "is no name");
    yaml_refused("rewrite: {replies: 'a b'}", "a line is");
    yaml_refused("rewrite: {replies: '/a/ 150 b'}", "begin with a code");
    yaml_refused("rewrite: {replies: '/a/ b'}", "begin with a code");
    return test_end("filters_rewrite");
}
