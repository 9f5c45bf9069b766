/* filters_rewrite.c: which paths are told to the upstream; maps that are none. */
#include "filters/filters.h"
#include "filters_fixture.h"

#define MAP                                                                                                  \
    "rewrite: {from: [\"old@a.example new@b.example\", '@a.example @b.example', '<> daemon@b.example', "     \
    "'nobody@c.example <>', '\"x y\"@c.example z@c.example'], to: ['@a.example all@b.example', "             \
    "'bob@a.example @c.example', 'postmaster root@b.example', '@bad.example x@y@z']}"

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

int main(void)
{
    registry_add(&filter_rewrite);
    test_rows();
    yaml_refused("rewrite: {from: alone@a.example}", "is not");
    yaml_refused("rewrite: {from: 'a@a.example b'}", "is not");
    yaml_refused("rewrite: {to: 'a@a.example b@'}", "is not");
    yaml_refused("rewrite: {to: 'a@a.example <>'}", "is not");
    yaml_refused("rewrite: {to: ['a@a.example b@c', 'A@a.example b@d']}", "twice");
    return test_end("filters_rewrite");
}
