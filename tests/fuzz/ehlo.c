/* Fuzzes smtp/ehlo.c and ehlo_offer.c: what is kept of an EHLO reply prints as a reply that reads as the
 * same, and what a client is offered is a part of it within both sides' limits. */
#include "fuzz.h"
#include "smtp/ehlo.h"
#include "smtp/reply.h"

static char octets[2][1 << 14];

static void check_same(const struct ehlo *a, const struct ehlo *b)
{
    DEMAND(a->set == b->set && a->size == b->size && a->used == b->used);
    DEMAND(memcmp(&a->limits, &b->limits, sizeof(a->limits)) == 0);
    for (unsigned i = 0; i < KEYWORD_COUNT; i++)
        DEMAND(span_eq(ehlo_arguments(a, (enum keyword)i), ehlo_arguments(b, (enum keyword)i)));
}

/* The arguments fill the memory without gaps, and belong to what is offered. */
static void check_memory(const struct ehlo *ehlo)
{
    size_t sum = 0;

    for (unsigned i = 0; i < KEYWORD_COUNT; i++) {
        DEMAND(ehlo_has(ehlo, (enum keyword)i) || ehlo->argument_len[i] == 0);
        DEMAND((size_t)ehlo->argument_at[i] + ehlo->argument_len[i] <= ehlo->used);
        sum += ehlo->argument_len[i];
    }
    DEMAND(sum == ehlo->used && ehlo->used <= sizeof(ehlo->text));
    DEMAND(!ehlo_has(ehlo, KEYWORD_NONE));
}

static void check_print(const struct ehlo *ehlo)
{
    struct text text = TEXT(octets[0]), twice = TEXT(octets[1]);
    struct reply_limits limits = {sizeof(octets[0]), 1000};
    struct reply_reader reader = {0};
    struct reply_in in;
    struct ehlo again;
    struct span line;

    ehlo_print(&text, ehlo, SPAN("mx.example"), SPAN("at your service"));
    DEMAND(!text.cut && reply_read(&reader, text_span(&text), &limits, &in) == (long)text.len);
    DEMAND(in.code == 250 && in.count == 1 + (unsigned)__builtin_popcountll(ehlo->set));
    DEMAND(reply_next_line(&in.lines, &line) && span_starts_nocase(line, SPAN("mx.example at")));
    ehlo_clear(&again);
    while (reply_next_line(&in.lines, &line)) {
        DEMAND(line.len + sizeof("250 \r\n") - 1 <= 512);
        ehlo_add_line(&again, line);
    }
    check_same(ehlo, &again);
    ehlo_print(&twice, &again, SPAN("mx.example"), SPAN("at your service"));
    DEMAND(span_eq(text_span(&twice), text_span(&text)));
}

static bool within(uint64_t offered, uint64_t a, uint64_t b)
{
    return (a == 0 || (offered != 0 && offered <= a)) && (b == 0 || (offered != 0 && offered <= b));
}

static void check_offer(const struct ehlo *upstream, uint64_t allowed, uint64_t size, uint64_t growth)
{
    const uint64_t ours = UINT64_C(1) << KEYWORD_PIPELINING;
    struct ehlo_limits own = {(uint32_t)allowed % 7, 0, (uint32_t)size % 3};
    struct ehlo out;

    ehlo_offer(&out, upstream, allowed, size, growth, &own);
    check_memory(&out);
    check_print(&out);
    DEMAND((out.set & ~(upstream->set | ours)) == 0 && ehlo_has(&out, KEYWORD_PIPELINING));
    for (unsigned i = 0; i < KEYWORD_COUNT; i++)
        if (ehlo_has(&out, (enum keyword)i))
            DEMAND(ehlo_treatment((enum keyword)i) != TREATMENT_NEVER &&
                   (ehlo_treatment((enum keyword)i) != TREATMENT_STRIP || (allowed >> i & 1) != 0));
    DEMAND(!ehlo_has(&out, KEYWORD_BINARYMIME) || ehlo_has(&out, KEYWORD_CHUNKING));
    DEMAND(!ehlo_offers_mechanism(&out, SPAN("ntlm")) &&
           !ehlo_offers_mechanism(&out, SPAN("SCRAM-SHA-1-PLUS")));
    if (ehlo_has(&out, KEYWORD_SIZE))
        DEMAND(within(out.size + (out.size > 1 ? growth : 0), upstream->size, size));
    if (ehlo_has(&out, KEYWORD_LIMITS))
        DEMAND(within(out.limits.mail_max, upstream->limits.mail_max, own.mail_max));
}

void fuzz_one(struct span in)
{
    enum keyword keyword = (enum keyword)fuzz_choice(&in, KEYWORD_COUNT);
    uint64_t allowed = UINT64_MAX << fuzz_choice(&in, 64), size = fuzz_choice(&in, 256);
    uint64_t growth = fuzz_choice(&in, 256);
    struct ehlo ehlo, before;

    ehlo_clear(&ehlo);
    while (in.len > 0) {
        const char *lf = memchr(in.ptr, '\n', in.len);
        struct span line = fuzz_copy(span_first(in, lf != NULL ? (size_t)(lf - in.ptr) : in.len));
        in = span_skip(in, line.len + (lf != NULL));
        ehlo_add_line(&ehlo, line);
        check_memory(&ehlo);
        fuzz_free(line);
    }
    check_print(&ehlo);
    check_offer(&ehlo, allowed, size % 3 == 0 ? 0 : size << size % 40, growth);
    before = ehlo;
    ehlo_remove(&ehlo, keyword);
    DEMAND(ehlo.set == (before.set & ~(UINT64_C(1) << keyword)));
    for (unsigned i = 0; i < KEYWORD_COUNT; i++)
        DEMAND(i == keyword ||
               span_eq(ehlo_arguments(&ehlo, (enum keyword)i), ehlo_arguments(&before, (enum keyword)i)));
    check_memory(&ehlo);
    check_print(&ehlo);
}
