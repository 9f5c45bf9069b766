/* chain_envelope.c: edits of the envelope: what is an address, which parameters may be given, when it may be
 * done, order, what is left of a filter that fails or observes, and of a full arena. */
#include "chain_world.h"
#include "postern/filter_io.h"

enum { MOST = 4 };

/* What the filter does at the end of the message. */
struct editor {
    struct {
        enum envelope_edit_kind kind;
        struct span address, parameters;
    } edits[MOST];
    unsigned count;
    enum verdict verdict;
    uint64_t after;    /* does it so much later */
    int results[MOST]; /* of the last time */
};

static struct editor *editor_of(const struct filter_ctx *ctx)
{
    return (struct editor *)(uintptr_t)filter_config(ctx); /* NOLINT(performance*) */
}

static void edit(struct filter_ctx *ctx)
{
    struct editor *editor = editor_of(ctx);

    for (unsigned i = 0; i < editor->count; i++) {
        struct span address = editor->edits[i].address, parameters = editor->edits[i].parameters;
        switch (editor->edits[i].kind) {
        case ENVELOPE_SENDER:
            editor->results[i] = filter_change_sender(ctx, address, parameters);
            break;
        case ENVELOPE_ADD:
            editor->results[i] = filter_add_recipient(ctx, address, parameters);
            break;
        case ENVELOPE_DELETE:
            editor->results[i] = filter_delete_recipient(ctx, address);
            break;
        }
    }
}

static void later(struct filter_ctx *ctx)
{
    edit(ctx);
    filter_resume(ctx, editor_of(ctx)->verdict);
}

static enum verdict act(struct filter_ctx *ctx)
{
    if (editor_of(ctx)->after != 0)
        return filter_timer(ctx, editor_of(ctx)->after, later) == 0 ? VERDICT_PENDING : VERDICT_FAIL;
    edit(ctx);
    return editor_of(ctx)->verdict;
}

static const struct filter filter = {
    .api = FILTER_API, .name = "editor", .on_data = act, .on_end_of_headers = act, .on_end_of_message = act};

static void add(struct fake_session *session, struct editor *editor, const char *name, unsigned edits,
                enum chain_mode mode)
{
    struct chain_member member = {.filter = &filter,
                                  .name = name,
                                  .config = editor,
                                  .interests = ~0u,
                                  .edits = edits,
                                  .mode = mode,
                                  .on_failure = CHAIN_FAIL_PASS,
                                  .time_limit = 1000};

    CHECK(chain_add(session->chain, &member) == 0);
}

static const uint64_t offers = 1u << KEYWORD_DSN | 1u << KEYWORD_SIZE | 1u << KEYWORD_BINARYMIME;

static void begin(struct fake_session *session, bool utf8)
{
    fake_message_begin(session);
    chain_envelope_terms(&session->run, offers, utf8);
}

/* The edits kept, one after the other: "=" sender, "+" and "-" recipients. */
static struct span kept(struct fake_session *session)
{
    static const char kinds[] = {[ENVELOPE_SENDER] = '=', [ENVELOPE_ADD] = '+', [ENVELOPE_DELETE] = '-'};
    static char bytes[4096];
    struct text text = TEXT(bytes);
    bool full;

    for (const struct envelope_edit *e = chain_envelope_edits(&session->run, &full); e != NULL; e = e->next) {
        text_char(&text, kinds[e->kind]);
        text_add(&text, e->address);
        text_add(&text, e->parameters);
        text_char(&text, ';');
    }
    return text_span(&text);
}

static void test_words(void)
{
    static const struct {
        enum envelope_edit_kind kind;
        const char *address, *parameters;
        bool utf8;
        const char *out; /* NULL: refused */
    } rows[] = {
        {ENVELOPE_SENDER, "a@example.org", NULL, false, "=a@example.org;"},
        {ENVELOPE_SENDER, "", NULL, false, "=;"},
        {ENVELOPE_SENDER, "a@example.org", "SIZE=10 ret=HDRS", false, "=a@example.org SIZE=10 RET=HDRS;"},
        {ENVELOPE_SENDER, "a@example.org", "NOTIFY=NEVER", false, NULL}, /* of RCPT */
        {ENVELOPE_SENDER, "a@example.org", "BODY=8BITMIME", false, NULL},
        {ENVELOPE_SENDER, "a@example.org", "BODY=BINARYMIME", false, NULL},
        {ENVELOPE_SENDER, "a@example.org", "SIZE=ten", false, NULL},
        {ENVELOPE_SENDER, "a@example.org", "SIZE=1 SIZE=2", false, NULL},
        {ENVELOPE_SENDER, "a@example.org", "X\r\nDATA", false, NULL},
        {ENVELOPE_SENDER, "a@example.org>\r\nDATA\r\n<", NULL, false, NULL},
        {ENVELOPE_SENDER, "a@example.org> SIZE=1", NULL, false, NULL},
        {ENVELOPE_SENDER, "\xc3\xa9@example.org", NULL, false, NULL},
        {ENVELOPE_SENDER, "\xc3\xa9@example.org", NULL, true, "=\xc3\xa9@example.org;"},
        {ENVELOPE_SENDER, "\xc3@example.org", NULL, true, NULL},
        {ENVELOPE_ADD, "a@example.org", NULL, false, "+a@example.org;"},
        {ENVELOPE_ADD, "\"a\"@example.org", NULL, false, "+a@example.org;"},
        {ENVELOPE_ADD, "a@example.org", "NOTIFY=SUCCESS,FAILURE", false,
         "+a@example.org NOTIFY=SUCCESS,FAILURE;"},
        {ENVELOPE_ADD, "a@example.org", "RET=FULL", false, NULL}, /* of MAIL */
        {ENVELOPE_ADD, "", NULL, false, NULL},
        {ENVELOPE_ADD, "postmaster", NULL, false, "+postmaster;"},
        {ENVELOPE_ADD, "nobody", NULL, false, NULL},
        {ENVELOPE_ADD, "<a@example.org>", NULL, false, NULL},
        {ENVELOPE_DELETE, "a@EXAMPLE.org", NULL, false, "-a@EXAMPLE.org;"},
        {ENVELOPE_DELETE, "\xc3\xa9@example.org", NULL, false, "-\xc3\xa9@example.org;"},
        {ENVELOPE_DELETE, "", NULL, false, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_session session;
        struct editor editor = {
            .edits = {{rows[i].kind, span_str(rows[i].address), span_str(rows[i].parameters)}}, .count = 1};
        struct decision decision;
        fake_open(&session);
        add(&session, &editor, "editor", FILTER_EDITS_ENVELOPE, CHAIN_ENFORCE);
        begin(&session, rows[i].utf8);
        CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_CONTINUE);
        CHECK(editor.results[0] == (rows[i].out != NULL ? 0 : -1));
        CHECK_SPAN(kept(&session), span_str(rows[i].out));
        fake_close(&session);
    }
}

static void test_stage(void)
{
    static const struct {
        unsigned edits;
        enum filter_event event;
        int result;
    } rows[] = {{FILTER_EDITS_ENVELOPE, FILTER_DATA, -1},
                {FILTER_EDITS_ENVELOPE, FILTER_END_OF_HEADERS, -1},
                {FILTER_EDITS_ENVELOPE, FILTER_END_OF_MESSAGE, 0},
                {FILTER_EDITS_MESSAGE | FILTER_EDITS_BODY, FILTER_END_OF_MESSAGE, -1},
                {0, FILTER_END_OF_MESSAGE, -1}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_session session;
        struct editor editor = {.edits = {{ENVELOPE_SENDER, SPAN("a@b.example"), SPAN("")},
                                          {ENVELOPE_ADD, SPAN("a@b.example"), SPAN("")},
                                          {ENVELOPE_DELETE, SPAN("a@b.example"), SPAN("")}},
                                .count = 3};
        struct decision decision;
        fake_open(&session);
        add(&session, &editor, "editor", rows[i].edits, CHAIN_ENFORCE);
        begin(&session, false);
        CHECK(fake_ask(&session, rows[i].event, &decision) == VERDICT_CONTINUE);
        for (unsigned n = 0; n < editor.count; n++)
            CHECK(editor.results[n] == rows[i].result);
        CHECK((kept(&session).len != 0) == (rows[i].result == 0));
        fake_close(&session);
    }
}

static void test_order_and_drop(void)
{
    struct fake_session session;
    struct editor one = {.edits = {{ENVELOPE_ADD, SPAN("a@b.example"), SPAN("")},
                                   {ENVELOPE_DELETE, SPAN("c@b.example"), SPAN("")}},
                         .count = 2};
    struct editor two = {.edits = {{ENVELOPE_SENDER, SPAN("d@b.example"), SPAN("")}}, .count = 1};
    struct editor three = {.edits = {{ENVELOPE_DELETE, SPAN("a@b.example"), SPAN("")}}, .count = 1};
    struct decision decision;

    two.verdict = VERDICT_FAIL;
    fake_open(&session);
    add(&session, &one, "one", FILTER_EDITS_ENVELOPE, CHAIN_ENFORCE);
    add(&session, &two, "two", FILTER_EDITS_ENVELOPE, CHAIN_ENFORCE);
    add(&session, &three, "three", FILTER_EDITS_ENVELOPE, CHAIN_ENFORCE);
    begin(&session, false);
    CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_CONTINUE);
    CHECK(two.results[0] == 0);
    CHECK_SPAN(kept(&session), SPAN("+a@b.example;-c@b.example;-a@b.example;"));
    chain_message_end(&session.run, false);
    begin(&session, false);
    CHECK_SPAN(kept(&session), SPAN(""));
    two.verdict = VERDICT_CONTINUE;
    CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_CONTINUE);
    CHECK_SPAN(kept(&session), SPAN("+a@b.example;-c@b.example;=d@b.example;-a@b.example;"));
    fake_close(&session);
}

static void test_observe(void)
{
    struct fake_session session;
    struct editor editor = {
        .edits = {{ENVELOPE_ADD, SPAN("a@b.example"), SPAN("")}, {ENVELOPE_ADD, SPAN("none"), SPAN("")}},
        .count = 2};
    struct decision decision;

    fake_open(&session);
    add(&session, &editor, "editor", FILTER_EDITS_ENVELOPE, CHAIN_OBSERVE);
    begin(&session, false);
    CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_CONTINUE);
    CHECK(editor.results[0] == 0 && editor.results[1] == -1);
    CHECK_SPAN(kept(&session), SPAN(""));
    CHECK(strstr(session.world.lines, "edit=add_recipient what=a@b.example") != NULL);
    fake_close(&session);
}

/* The filter answers later, from its timer: the edit is one of the end of the message all the same. */
static void test_later(void)
{
    struct fake_session session;
    struct editor editor = {
        .edits = {{ENVELOPE_ADD, SPAN("a@b.example"), SPAN("")}}, .count = 1, .after = 10};
    struct decision decision;

    fake_open(&session);
    add(&session, &editor, "editor", FILTER_EDITS_ENVELOPE, CHAIN_ENFORCE);
    begin(&session, false);
    CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_PENDING);
    fake_pass(&session.world, 20);
    CHECK(chain_result(&session.run, &decision) == VERDICT_CONTINUE && editor.results[0] == 0);
    CHECK_SPAN(kept(&session), SPAN("+a@b.example;"));
    fake_close(&session);
}

static void test_full(void)
{
    struct fake_session session;
    struct editor editor = {.edits = {{ENVELOPE_ADD, SPAN("a@b.example"), SPAN("")}}, .count = 1};
    struct decision decision;
    bool full = false;

    fake_open(&session);
    add(&session, &editor, "editor", FILTER_EDITS_ENVELOPE, CHAIN_ENFORCE);
    begin(&session, false);
    session.arena.limit = session.arena.used;
    CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_CONTINUE);
    CHECK(editor.results[0] == -1 && chain_envelope_edits(&session.run, &full) == NULL && full);
    editor.verdict = VERDICT_FAIL; /* and its edits never were */
    CHECK(fake_ask(&session, FILTER_END_OF_MESSAGE, &decision) == VERDICT_CONTINUE);
    CHECK(chain_envelope_edits(&session.run, &full) == NULL && !full);
    fake_close(&session);
}

int main(void)
{
    test_words();
    test_stage();
    test_order_and_drop();
    test_observe();
    test_later();
    test_full();
    return test_end("chain_envelope");
}
