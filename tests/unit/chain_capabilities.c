/* chain_capabilities.c: what filters do to the EHLO keywords about to be offered. */
#include "chain_script.h"

/* One action on the capabilities, by keyword. */
struct act {
    enum { HIDE, KEEP, ALLOW, SET } what;
    const char *keyword;
    const char *arguments;
    int result;
};

static void on_capabilities(struct filter_ctx *ctx, struct filter_capabilities *capabilities)
{
    const struct act *act = filter_config(ctx);
    const char *keep[] = {act->keyword};
    struct option_strings list = {.items = keep, .count = 1};

    if (act->what == HIDE)
        filter_hide(capabilities, span_str(act->keyword));
    else if (act->what == KEEP)
        filter_hide_others(capabilities, &list);
    else if (act->what == ALLOW)
        filter_allow(capabilities, span_str(act->keyword));
    else
        CHECK(filter_set_arguments(capabilities, span_str(act->keyword), span_str(act->arguments)) ==
              act->result);
}

static const struct filter actor = {.api = FILTER_API, .name = "actor", .on_capabilities = on_capabilities};

/* The upstream offers SIZE 1000, CHUNKING, BINARYMIME, DSN and XVERP; all but XVERP are offered. */
static void run(struct act act, enum chain_mode mode, struct ehlo *offer, bool *logged)
{
    struct fake_session session;
    struct chain_member member = {
        .filter = &actor, .name = "actor", .config = &act, .interests = ~0u, .mode = mode};
    struct ehlo upstream;
    struct decision decision;
    struct chain_question question = {.event = FILTER_CAPABILITIES,
                                      .capabilities = {.upstream = &upstream, .offer = offer}};

    ehlo_clear(&upstream);
    CHECK(ehlo_set(&upstream, KEYWORD_SIZE, SPAN("1000")));
    CHECK(ehlo_set(&upstream, KEYWORD_CHUNKING, SPAN("")));
    CHECK(ehlo_set(&upstream, KEYWORD_BINARYMIME, SPAN("")));
    CHECK(ehlo_set(&upstream, KEYWORD_DSN, SPAN("")));
    *offer = upstream;
    CHECK(ehlo_set(&upstream, KEYWORD_XVERP, SPAN("")));
    fake_open(&session);
    CHECK(chain_add(session.chain, &member) == 0);
    CHECK(chain_ask(&session.run, &question, &decision) == VERDICT_CONTINUE);
    *logged = fake_logged(&session.world, "event=observed");
    fake_close(&session);
}

#define BIT(keyword) (UINT64_C(1) << KEYWORD_##keyword)
#define USUAL        (BIT(SIZE) | BIT(CHUNKING) | BIT(BINARYMIME) | BIT(DSN))

static void test_acts(void)
{
    static const struct {
        struct act act;
        uint64_t set;
        uint64_t size;
    } rows[] = {
        {{HIDE, "dsn", NULL, 0}, USUAL & ~BIT(DSN), 1000},
        {{HIDE, "CHUNKING", NULL, 0}, BIT(SIZE) | BIT(DSN), 1000}, /* BINARYMIME goes with it */
        {{HIDE, "SIZE", NULL, 0}, USUAL & ~BIT(SIZE), 0},
        {{HIDE, "ETRN", NULL, 0}, USUAL, 1000},
        {{HIDE, "X-NEVER-HEARD-OF", NULL, 0}, USUAL, 1000},
        {{KEEP, "Size", NULL, 0}, BIT(SIZE), 1000},
        {{KEEP, "unknown", NULL, 0}, 0, 0},
        {{ALLOW, "xverp", NULL, 0}, USUAL | BIT(XVERP), 1000},
        {{ALLOW, "ETRN", NULL, 0}, USUAL, 1000},     /* the upstream has it not */
        {{ALLOW, "STARTTLS", NULL, 0}, USUAL, 1000}, /* not a filter's to give */
        {{SET, "SIZE", "500", 0}, USUAL, 500},
        {{SET, "SIZE", "50\r\n250 X", -1}, USUAL, 1000},
        {{SET, "XVERP", "", -1}, USUAL, 1000}, /* not offered */
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ehlo offer;
        bool logged;
        run(rows[i].act, CHAIN_ENFORCE, &offer, &logged);
        CHECK(offer.set == rows[i].set && offer.size == rows[i].size && !logged);
        run(rows[i].act, CHAIN_OBSERVE, &offer, &logged);
        CHECK(offer.set == USUAL && offer.size == 1000);
        CHECK(logged == (rows[i].set != USUAL));
    }
}

int main(void)
{
    test_acts();
    return test_end("chain_capabilities");
}
