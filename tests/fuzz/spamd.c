/* Fuzzes filters/spamassassin/spamd.c: what is taken for an answer lies in it, no part of an answer is one,
 * and one that is put together well is read as it is meant. */
#include "filters/spamassassin/spamd.h"

#include "fuzz.h"

static bool within(struct span outer, struct span inner)
{
    return inner.len == 0 || (inner.ptr >= outer.ptr && inner.ptr + inner.len <= outer.ptr + outer.len);
}

static bool parse(struct span in, struct spamd_answer *answer)
{
    struct span copy = fuzz_copy(in);
    bool taken = spamd_parse(copy, answer);

    DEMAND(within(copy, answer->status));
    if (taken) {
        struct span tests = answer->tests;
        DEMAND(within(copy, tests) && answer->status.len != 0);
        DEMAND(tests.len == 0 || (tests.ptr[tests.len - 1] != '\n' && tests.ptr[tests.len - 1] != '\r'));
        DEMAND(memmem(answer->status.ptr, answer->status.len, "\r\n", 2) == NULL);
    }
    fuzz_free(copy);
    return taken;
}

/* The digits of a number and no more than three behind its point, as thousandths. */
static int64_t thousandths(bool negative, struct span whole, struct span fraction)
{
    int64_t value = 0;

    for (size_t i = 0; i < whole.len; i++)
        value = value * 10 + (whole.ptr[i] - '0');
    for (size_t i = 0; i < 3; i++)
        value = value * 10 + (i < fraction.len ? fraction.ptr[i] - '0' : 0);
    return negative ? -value : value;
}

static struct span draw_digits(struct span *in, unsigned least, unsigned most, char *to)
{
    size_t count = least + fuzz_choice(in, most - least + 1);

    for (size_t i = 0; i < count; i++)
        to[i] = (char)('0' + fuzz_choice(in, 10));
    return span_of(to, count);
}

/* An answer whose tests are what is left of the input. */
static void check_good(struct span in)
{
    static char octets[FUZZ_OCTETS_MAX + 200];
    struct text answer = TEXT(octets), number;
    char whole_octets[6], fraction_octets[6], number_octets[20];
    bool negative = fuzz_choice(&in, 2) == 0, first = fuzz_choice(&in, 2) == 0;
    struct span whole = draw_digits(&in, 1, 6, whole_octets),
                fraction = draw_digits(&in, 0, 6, fraction_octets);
    struct spamd_answer read;
    struct span tests = in;
    int64_t score;

    number = (struct text)TEXT(number_octets);
    text_add(&number, negative ? SPAN("-") : SPAN(""));
    text_add(&number, whole);
    text_add(&number, SPAN("."));
    text_add(&number, fraction);
    DEMAND(spamd_score(text_span(&number), &score) && score == thousandths(negative, whole, fraction));

    text_add(&answer, SPAN("SPAMD/1.1 0 EX_OK\r\n"));
    if (first)
        text_format(&answer, "Content-length: %zu\r\n", tests.len);
    text_format(&answer, "Spam: True ; %.*s / 5.0\r\n", (int)number.len, number.ptr);
    if (!first)
        text_format(&answer, "Content-length: %zu\r\n", tests.len);
    text_add(&answer, SPAN("\r\n"));
    text_add(&answer, tests);
    DEMAND(!answer.cut && spamd_parse(text_span(&answer), &read) && read.score == score);
    while (tests.len != 0 && (tests.ptr[tests.len - 1] == '\n' || tests.ptr[tests.len - 1] == '\r'))
        tests.len--;
    DEMAND(span_eq(read.tests, tests));
}

void fuzz_one(struct span in)
{
    struct spamd_answer answer;
    size_t at = fuzz_position(&in);
    int64_t score;

    (void)spamd_score(in, &score);
    if (parse(in, &answer) && at < in.len)
        DEMAND(!parse(span_first(in, at), &answer));
    check_good(in);
}
