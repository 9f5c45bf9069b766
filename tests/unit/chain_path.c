/* chain_path.c: paths rewritten by filters: what is none, when it may be done, whose word is the last, and
 * what is left of a filter that fails. */
#include "chain_world.h"
#include "postern/filter_io.h"

/* What the filter does when it is asked. */
struct rewriter {
    const char *to; /* NULL: nothing */
    enum verdict verdict;
    uint64_t after; /* rewrites so much later */
    int result;     /* of the last attempt */
};

static void rewrite(struct filter_ctx *ctx)
{
    struct rewriter *rewriter = (struct rewriter *)(uintptr_t)filter_config(ctx); /* NOLINT(performance*) */

    rewriter->result = rewriter->to != NULL ? filter_rewrite_path(ctx, span_str(rewriter->to)) : 0;
}

static void later(struct filter_ctx *ctx)
{
    const struct rewriter *rewriter = filter_config(ctx);

    rewrite(ctx);
    filter_resume(ctx, rewriter->verdict);
}

static enum verdict asked(struct filter_ctx *ctx)
{
    const struct rewriter *rewriter = filter_config(ctx);

    if (rewriter->after != 0)
        return filter_timer(ctx, rewriter->after, later) == 0 ? VERDICT_PENDING : VERDICT_FAIL;
    rewrite(ctx);
    return rewriter->verdict;
}

static enum verdict on_path(struct filter_ctx *ctx, const struct filter_path *path)
{
    CHECK(span_eq(path->address, SPAN("user@example.org")) || path->address.ptr[0] != 'u');
    return asked(ctx);
}

static const struct filter filter = {
    .api = FILTER_API, .name = "rewriter", .on_mail = on_path, .on_rcpt = on_path, .on_data = asked};

static void add(struct fake_session *session, struct rewriter *rewriter, enum chain_mode mode)
{
    struct chain_member member = {.filter = &filter,
                                  .name = "rewriter",
                                  .config = rewriter,
                                  .interests = ~0u,
                                  .mode = mode,
                                  .on_failure = CHAIN_FAIL_PASS,
                                  .time_limit = 1000};

    CHECK(chain_add(session->chain, &member) == 0);
}

static void test_addresses(void)
{
    static const struct {
        enum filter_event event;
        const char *old, *to, *path; /* NULL: refused */
    } rows[] = {
        {FILTER_MAIL, "a@b.example", "c@d.example", "c@d.example"},
        {FILTER_MAIL, "a@b.example", "", ""},
        {FILTER_RCPT, "a@b.example", "", NULL},
        {FILTER_RCPT, "a@b.example", "postmaster", "postmaster"},
        {FILTER_MAIL, "a@b.example", "c", NULL},
        {FILTER_MAIL, "a@b.example", "c@d.example> SIZE=1", NULL},
        {FILTER_MAIL, "a@b.example", "c@d.example>", NULL},
        {FILTER_MAIL, "a@b.example", "c@d.example\r\nDATA", NULL},
        {FILTER_MAIL, "a@b.example", "\"c\"@d.example", "c@d.example"},
        {FILTER_MAIL, "a@b.example", "\"c d\"@d.example", "\"c d\"@d.example"},
        {FILTER_MAIL, "a@b.example", "\xc3\xa9@d.example", NULL},
        {FILTER_MAIL, "\xc3\xa8@b.example", "\xc3\xa9@d.example", "\xc3\xa9@d.example"},
        {FILTER_MAIL, "a@b.example",
         "12345678901234567890123456789012345678901234567890123456789012345@d.example", NULL},
        {FILTER_DATA, "", "c@d.example", NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fake_session session;
        struct rewriter rewriter = {.to = rows[i].to};
        struct decision decision;
        fake_open(&session);
        add(&session, &rewriter, CHAIN_ENFORCE);
        fake_message_begin(&session);
        CHECK(fake_address(&session, rows[i].event, rows[i].old, &decision) == VERDICT_CONTINUE);
        CHECK(rewriter.result == (rows[i].path != NULL ? 0 : -1));
        CHECK((decision.path.ptr != NULL) == (rows[i].path != NULL));
        CHECK_SPAN(decision.path, span_str(rows[i].path));
        fake_close(&session);
    }
}

static void test_several(void)
{
    struct fake_session session;
    struct rewriter one = {.to = "one@x.example"}, two = {.to = "two@x.example", .after = 5},
                    three = {.to = "three@x.example"};
    struct decision decision;

    fake_open(&session);
    add(&session, &one, CHAIN_ENFORCE);
    add(&session, &two, CHAIN_ENFORCE);
    add(&session, &three, CHAIN_OBSERVE);
    fake_message_begin(&session);
    CHECK(fake_ask(&session, FILTER_RCPT, &decision) == VERDICT_PENDING);
    fake_pass(&session.world, 5);
    CHECK(chain_result(&session.run, &decision) == VERDICT_CONTINUE);
    CHECK_SPAN(decision.path, SPAN("two@x.example"));
    CHECK(fake_logged(&session.world, "edit=rewrite_path what=three@x.example"));
    two.after = 2000; /* beyond its time limit: what it did is dropped, and it is not asked again */
    CHECK(fake_ask(&session, FILTER_RCPT, &decision) == VERDICT_PENDING);
    fake_pass(&session.world, 1000);
    CHECK(chain_result(&session.run, &decision) == VERDICT_CONTINUE);
    CHECK_SPAN(decision.path, SPAN("one@x.example"));
    one.verdict = VERDICT_FAIL;
    CHECK(fake_ask(&session, FILTER_RCPT, &decision) == VERDICT_CONTINUE);
    CHECK(decision.path.ptr == NULL);
    CHECK(fake_ask(&session, FILTER_DATA, &decision) == VERDICT_CONTINUE);
    CHECK(decision.path.ptr == NULL);
    fake_close(&session);
}

int main(void)
{
    test_addresses();
    test_several();
    return test_end("chain_path");
}
