/* chain_edits.c: added header fields: order, stage, folding, harmlessness; dropped with the filter that
 * failed. */
#include "chain_script.h"

static struct span added(struct fake_session *session)
{
    return fake_edited(session, SPAN(""));
}

static void test_order_and_drop(void)
{
    struct fake_session session;
    struct script one = {.header = "X-One"}, two = {.header = "X-Two"}, three = {.header = "X-Three"};
    struct decision decision;

    fake_open(&session);
    script_add(&session, &one, "one", CHAIN_ENFORCE, CHAIN_FAIL_TEMPFAIL);
    script_add(&session, &two, "two", CHAIN_ENFORCE, CHAIN_FAIL_PASS);
    script_add(&session, &three, "three", CHAIN_OBSERVE, CHAIN_FAIL_TEMPFAIL);
    CHECK(added(&session).len == 0);
    fake_message_begin(&session);
    CHECK(added(&session).len == 0);
    fake_ask(&session, FILTER_END_OF_HEADERS, &decision);
    CHECK_SPAN(added(&session), SPAN("X-Two: yes\r\nX-One: yes\r\n")); /* the last added is the topmost */
    CHECK(three.header_result == 0 && strstr(session.world.lines, "what=X-Three") != NULL);
    fake_ask(&session, FILTER_BODY, &decision);
    CHECK_SPAN(added(&session), SPAN("X-Two: yes\r\nX-One: yes\r\nX-Two: yes\r\nX-One: yes\r\n"));
    two.verdict[FILTER_END_OF_MESSAGE] = VERDICT_FAIL;
    two.header = NULL;
    one.header = NULL;
    fake_ask(&session, FILTER_END_OF_MESSAGE, &decision);
    CHECK(decision.verdict == VERDICT_CONTINUE);
    CHECK_SPAN(added(&session), SPAN("X-One: yes\r\nX-One: yes\r\n"));
    chain_message_end(&session.run, false);
    fake_message_begin(&session);
    CHECK(added(&session).len == 0);
    fake_close(&session);
}

/* Where each declared edit may be used. */
static void test_stage(void)
{
    static const struct {
        unsigned edits;
        enum filter_event last; /* the last event that allows it; FILTER_EVENTS: none does */
    } rows[] = {{0, FILTER_EVENTS},
                {FILTER_EDITS_HEADERS, FILTER_END_OF_HEADERS},
                {FILTER_EDITS_MESSAGE, FILTER_END_OF_MESSAGE},
                {FILTER_EDITS_HEADERS | FILTER_EDITS_MESSAGE, FILTER_END_OF_MESSAGE}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (enum filter_event event = FILTER_CONNECT; event < FILTER_EVENTS; event++) {
            struct fake_session session;
            struct script script = {.header = "X-Test"};
            struct chain_member member = {.filter = &script_filter,
                                          .name = "script",
                                          .config = &script,
                                          .interests = ~0u,
                                          .edits = rows[i].edits};
            struct decision decision;
            bool allowed = rows[i].last != FILTER_EVENTS && event >= FILTER_MAIL && event <= rows[i].last;
            if (event == FILTER_CAPABILITIES)
                continue;
            fake_open(&session);
            CHECK(chain_add(session.chain, &member) == 0);
            fake_message_begin(&session);
            fake_ask(&session, event, &decision);
            CHECK(script.header_result == (allowed ? 0 : -1));
            CHECK((added(&session).len != 0) == allowed);
            fake_close(&session);
        }
}

/* One field as it comes out; NULL: refused. */
struct field {
    struct span name, value;
    const char *out;
};

static struct field field; /* what add_field() adds */

static enum verdict add_field(struct filter_ctx *ctx)
{
    return filter_add_header(ctx, field.name, field.value) == 0 ? VERDICT_CONTINUE : VERDICT_DISCARD;
}

static const struct filter adder = {.api = FILTER_API, .name = "adder", .on_data = add_field};

static enum verdict add_one(struct fake_session *session, struct field what, struct decision *decision)
{
    struct chain_member member = {
        .filter = &adder, .name = "adder", .interests = ~0u, .edits = FILTER_EDITS_HEADERS};

    field = what;
    fake_open(session);
    CHECK(chain_add(session->chain, &member) == 0);
    fake_message_begin(session);
    return fake_ask(session, FILTER_DATA, decision);
}

#define TEN "123456789 "

static void test_fields(void)
{
    static const struct field rows[] = {
        {{"X", 1}, {"", 0}, "X:\r\n"},
        {{"X", 1}, {"a", 1}, "X: a\r\n"},
        {{"X", 1}, {"  a  b  ", 8}, "X: a  b\r\n"},
        {{"X", 1}, {"a\r\nBcc: b\0c\x7f\x01", 14}, "X: a  Bcc: b c\r\n"},
        {{"X", 1}, {"caf\xc3\xa9", 5}, "X: caf\xc3\xa9\r\n"},
        {{"", 0}, {"a", 1}, NULL},
        {{"X Y", 3}, {"a", 1}, NULL},
        {{"X:Y", 3}, {"a", 1}, NULL},
        {{"X\n", 2}, {"a", 1}, NULL},
        {{"X\xc3", 2}, {"a", 1}, NULL},
        {{"X", 1},
         {TEN TEN TEN TEN TEN TEN TEN TEN "end", 83},
         "X: " TEN TEN TEN TEN TEN TEN "123456789\r\n 123456789 end\r\n"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_session session;
        struct decision decision;
        CHECK(add_one(&session, rows[i], &decision) ==
              (rows[i].out != NULL ? VERDICT_CONTINUE : VERDICT_DISCARD));
        CHECK_SPAN(added(&session), span_str(rows[i].out));
        fake_close(&session);
    }
}

/* Words and spaces of every length: no line above 998 octets, no line of spaces only, no octet lost. */
static void test_folding(void)
{
    static char value[4000];

    for (size_t word = 1; word <= 1000; word += word < 100 ? 1 : 25)
        for (size_t spaces = 1; spaces <= 12; spaces += 5) {
            struct fake_session session;
            struct decision decision;
            struct span out;
            size_t line = 0, ink = 0, wanted = 0;
            for (size_t i = 0; i < sizeof(value); i++) {
                value[i] = i % (word + spaces) < word ? 'x' : ' ';
                wanted += value[i] == 'x';
            }
            if (add_one(&session, (struct field){SPAN("Name"), {value, sizeof(value)}, NULL}, &decision) !=
                VERDICT_CONTINUE) {
                CHECK(word + spaces > 900);
                fake_close(&session);
                continue;
            }
            out = added(&session);
            CHECK(out.len > 2 && memcmp(out.ptr + out.len - 2, "\r\n", 2) == 0);
            for (size_t i = 0; i < out.len; i++) {
                size_t on_line = i - line;
                ink += out.ptr[i] == 'x';
                if (out.ptr[i] != '\n')
                    continue;
                CHECK(on_line <= 999 && out.ptr[i - 1] == '\r' && out.ptr[i - 2] != ' ');
                CHECK(word > 60 || on_line <= 79);
                CHECK(i + 1 == out.len || out.ptr[i + 1] == ' ');
                line = i + 1;
            }
            CHECK(ink == wanted);
            fake_close(&session);
        }
}

static void test_full(void)
{
    struct fake_session session;
    struct script script = {.header = "X-Test"};
    struct decision decision;
    bool full;

    fake_open(&session);
    script_add(&session, &script, "script", CHAIN_ENFORCE, CHAIN_FAIL_PASS);
    arena_init(&session.arena, 16);
    fake_message_begin(&session);
    fake_ask(&session, FILTER_DATA, &decision);
    CHECK(script.header_result == -1);
    (void)chain_header_edits(&session.run, &full);
    CHECK(full);
    /* when the filter then fails and is passed over, nothing is missing any more */
    script.header = NULL;
    script.verdict[FILTER_BODY] = VERDICT_FAIL;
    CHECK(fake_ask(&session, FILTER_BODY, &decision) == VERDICT_CONTINUE);
    CHECK(chain_header_edits(&session.run, &full) == NULL && !full);
    fake_close(&session);
}

int main(void)
{
    test_order_and_drop();
    test_stage();
    test_fields();
    test_folding();
    test_full();
    return test_end("chain_edits");
}
