/* Tests filters/libmilter/negotiate.c, context.c: versions, what is offered, wanted and agreed on. */
#include "libmilter_lab.h"

#define UNANSWERED 0xff080u
#define OLD        0x80000000u /* in place of an answer: xxfi_negotiate is missing */

static const struct {
    uint32_t offer[3];
    unsigned answer;
    uint32_t flags, wanted_actions, wanted_steps;
    uint32_t agreed[3]; /* version 0: there is no agreement */
} cases[] = {
    /* version, actions, steps; answer; xxfi_flags; wanted; agreed */
    {{6, 0x1ff, 0x1fffff}, SMFIS_ALL_OPTS, 0, 0, 0, {6, 0x1ff, 0x400}},
    {{6, 0x1ff, 0x1ffbff}, SMFIS_ALL_OPTS, 0, 0, 0, {6, 0x1ff, 0}},
    {{2, 0x3f, 0x7f}, SMFIS_ALL_OPTS, 0, 0, 0, {2, 0x3f, 0}},
    {{100, 0x1ff, 0x1fffff}, SMFIS_ALL_OPTS, 0, 0, 0, {6, 0x1ff, 0x400}},
    {{1, 0x1ff, 0x1fffff}, SMFIS_ALL_OPTS, 0, 0, 0, {0, 0, 0}},
    {{6, 0, 0}, SMFIS_ALL_OPTS, 0, 0, 0, {6, 0xf, 0}},
    {{6, 0x1ff, 0x1fffff}, SMFIS_CONTINUE, 0, 0x11, 0x100, {6, 0x11, 0x100}},
    {{6, 0x1ff, 0x1fffff}, SMFIS_CONTINUE, 0x1ff, 0, 0, {6, 0, 0}},
    {{6, 0x3f, 0x1fffff}, SMFIS_CONTINUE, 0, 0x40, 0, {0, 0, 0}},
    {{6, 0x1ff, 0x3ff}, SMFIS_CONTINUE, 0, 0, 0x800, {0, 0, 0}},
    {{6, 0x1ff, 0x3f}, SMFIS_CONTINUE, 0, 0, UNANSWERED, {6, 0, 0}},
    {{6, 0x1ff, 0x1fffff}, SMFIS_CONTINUE, 0, 0, UNANSWERED, {6, 0, UNANSWERED}},
    {{6, 0x1ff, 0x3f}, SMFIS_CONTINUE, 0, 0, 0x300, {6, 0, 0}},
    {{6, 0x1ff, 0x3f}, SMFIS_CONTINUE, 0, 0, 0x40, {0, 0, 0}},
    {{6, 0x1ff, 0x301fffff}, SMFIS_CONTINUE, 0, 0, 0x10000000, {0, 0, 0}},
    {{6, 0x1ff, 0x1fffff}, SMFIS_REJECT, 0, 0, 0, {0, 0, 0}},
    {{6, 0x1ff, 0x1fffff}, SMFIS_TEMPFAIL, 0, 0, 0, {0, 0, 0}},
    {{6, 0x1ff, 0x1fffff}, 5, 0, 0, 0, {0, 0, 0}},
    {{6, 0x1ff, 0x1fffff}, OLD, 0x3f, 0, 0, {6, 0x3f, 0}},
    {{6, 0xf, 0x1fffff}, OLD, 0x3f, 0, 0, {0, 0, 0}},
};

static void test_terms(void)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct smfiDesc filter = lab_all;
        struct milter_packet offer = LAB_OFFER(cases[i].offer[0], cases[i].offer[1], cases[i].offer[2]);
        SMFICTX *ctx;
        bool agreed;

        filter.xxfi_flags = cases[i].flags;
        filter.xxfi_negotiate = cases[i].answer == OLD ? NULL : filter.xxfi_negotiate;
        ctx = lab_new(&filter);
        lab.answers[CALL_NEGOTIATE] = (int)cases[i].answer;
        lab.wanted_actions = cases[i].wanted_actions;
        lab.wanted_steps = cases[i].wanted_steps;
        agreed = engine_take(ctx, &offer);
        CHECK(agreed == (cases[i].agreed[0] != 0));
        if (agreed && memcmp(lab.last.numbers, cases[i].agreed, sizeof(cases[i].agreed)) != 0) {
            fprintf(stderr, "case %zu: %u 0x%x 0x%x\n", i, lab.last.numbers[0], lab.last.numbers[1],
                    lab.last.numbers[2]);
            FAIL("terms");
        }
        engine_end(ctx);
        CHECK(lab.told[lab.told_len - 1] == 'q');
        context_free(ctx);
    }
}

/* What a filter of an older version has no place for is not looked at. */
static void test_versions(void)
{
    static const struct {
        int version;
        bool served, unknown, data, negotiate;
    } versions[] = {
        {1, false, false, false, false},
        {2, true, false, false, false},
        {3, true, true, false, false},
        {4, true, true, true, false},
        {5, false, false, false, false},
        {6, false, false, false, false},
        {0x01000000, true, true, true, true},
        {0x01000001, true, true, true, true},
        {0x01000002, true, true, true, true},
        {0x01000100, false, false, false, false},
        {0x02000001, false, false, false, false},
        {0, false, false, false, false},
    };

    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        struct smfiDesc filter = lab_all;
        filter.xxfi_version = versions[i].version;
        CHECK((filter_describe(&filter) == 0) == versions[i].served);
        if (!versions[i].served)
            continue;
        CHECK((filter.xxfi_unknown != NULL) == versions[i].unknown);
        CHECK((filter.xxfi_data != NULL) == versions[i].data);
        CHECK((filter.xxfi_negotiate != NULL) == versions[i].negotiate);
    }
}

static void test_unwanted(void)
{
    struct smfiDesc filter = {.xxfi_version = SMFI_VERSION};

    CHECK(filter_unwanted(&lab_all) == 0);
    CHECK(filter_unwanted(&filter) == 0x37f);
    filter.xxfi_data = lab_all.xxfi_data;
    filter.xxfi_connect = lab_all.xxfi_connect;
    CHECK(filter_unwanted(&filter) == (0x37f & ~(MILTER_NO_DATA | MILTER_NO_CONNECT)));
}

int main(void)
{
    test_terms();
    test_versions();
    test_unwanted();
    return test_end("libmilter_negotiate");
}
