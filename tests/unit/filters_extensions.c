/* filters_extensions.c: keywords hidden, kept, un-hidden, and SIZE announced otherwise. */
#include "filters/filters.h"
#include "filters_fixture.h"

#define BIT(keyword) (UINT64_C(1) << KEYWORD_##keyword)
#define USUAL        (BIT(SIZE) | BIT(8BITMIME) | BIT(CHUNKING) | BIT(BINARYMIME))

static const struct {
    const char *filter;
    uint64_t set;
    uint64_t size;
} rows[] = {
    {"extensions", USUAL, 1000},
    {"extensions: {deny: chunking}", BIT(SIZE) | BIT(8BITMIME), 1000},
    {"extensions: {deny: [SIZE, X-UNKNOWN]}", USUAL & ~BIT(SIZE), 0},
    {"extensions: {only: [size, 8bitmime]}", BIT(SIZE) | BIT(8BITMIME), 1000},
    {"extensions: {allow: [XVERP, ETRN]}", USUAL | BIT(XVERP), 1000},
    {"extensions: {only: SIZE, allow: XVERP}", BIT(SIZE) | BIT(XVERP), 1000},
    {"extensions: {only: SIZE, allow: XVERP, deny: XVERP}", BIT(SIZE), 1000},
    {"extensions: {size: 10MiB}", USUAL, 10485760},
    {"extensions: {size: 10MiB, deny: SIZE}", USUAL & ~BIT(SIZE), 0},
};

int main(void)
{
    registry_add(&filter_extensions);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct yaml yaml;
        struct fake_session session;
        struct decision decision;
        struct ehlo upstream, offer;
        struct chain_question question = {.event = FILTER_CAPABILITIES,
                                          .capabilities = {.upstream = &upstream, .offer = &offer}};
        ehlo_clear(&upstream);
        ehlo_add_line(&upstream, SPAN("SIZE 1000"));
        ehlo_add_line(&upstream, SPAN("8BITMIME"));
        ehlo_add_line(&upstream, SPAN("CHUNKING"));
        ehlo_add_line(&upstream, SPAN("BINARYMIME"));
        offer = upstream;
        ehlo_add_line(&upstream, SPAN("XVERP"));
        yaml_begin(&yaml, &session, rows[i].filter);
        CHECK(chain_ask(&session.run, &question, &decision) == VERDICT_CONTINUE);
        CHECK(offer.set == rows[i].set && offer.size == rows[i].size);
        yaml_end(&yaml, &session);
    }
    return test_end("filters_extensions");
}
