/* Fuzzes smtp/params.c and param_values.c: what parses prints as what parses to the same, with no more
 * extensions than it needs; nothing that must not be dropped is. */
#include "fuzz.h"
#include "smtp/params.h"

#define ALL ((UINT64_C(1) << KEYWORD_COUNT) - 1)

static void check_same(const struct params *a, const struct params *b)
{
    DEMAND(a->count == b->count && a->size == b->size && a->has_size == b->has_size);
    DEMAND(a->smtputf8 == b->smtputf8 && a->binary == b->binary && a->eight_bit == b->eight_bit);
    for (unsigned i = 0; i < a->count; i++) {
        DEMAND(a->list[i].name == b->list[i].name && span_eq(a->list[i].value, b->list[i].value));
        DEMAND((a->list[i].value.ptr == NULL) == (b->list[i].value.ptr == NULL));
    }
}

static const struct param *find(const struct params *params, enum param_name name)
{
    for (unsigned i = 0; i < params->count; i++)
        if (params->list[i].name == name)
            return &params->list[i];
    return NULL;
}

/* What a server that offers less is told: a part, in order, that it understands; -1 only where something firm
 * would be lost, and then nothing. */
static void check_fewer(const struct params *params, enum param_verb verb, uint64_t fewer)
{
    static char octets[2 * FUZZ_OCTETS_MAX];
    static const enum param_name firm[] = {PARAM_SMTPUTF8,  PARAM_REQUIRETLS, PARAM_HOLDFOR,
                                           PARAM_HOLDUNTIL, PARAM_BY,         PARAM_BODY};
    struct text text = TEXT(octets);
    struct params part;
    int status = params_print(&text, params, fewer);

    DEMAND(!text.cut && (status == 0 || (status == -1 && text.len == 0)));
    if (status != 0)
        return;
    DEMAND(params_parse(text_span(&text), verb, fewer, &part) == 0);
    for (unsigned i = 0, at = 0; i < part.count; i++, at++) {
        while (at < params->count && params->list[at].name != part.list[i].name)
            at++;
        DEMAND(at < params->count && span_eq(params->list[at].value, part.list[i].value));
    }
    for (size_t i = 0; i + 1 < sizeof(firm) / sizeof(firm[0]); i++)
        DEMAND((find(params, firm[i]) != NULL) == (find(&part, firm[i]) != NULL));
    DEMAND(part.binary == params->binary);
}

/* Printed once, and once more from what that parses to. */
static void check_print(const struct params *params, enum param_verb verb, uint64_t offered)
{
    static char octets[2][2 * FUZZ_OCTETS_MAX];
    struct text text = TEXT(octets[0]), twice = TEXT(octets[1]);
    struct params again;

    DEMAND(params_print(&text, params, offered) == 0 && !text.cut);
    for (size_t i = 0; i < text.len; i++)
        DEMAND((unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 0x7f);
    DEMAND(params_parse(text_span(&text), verb, offered, &again) == 0);
    check_same(params, &again);
    DEMAND(params_print(&twice, &again, offered) == 0 && span_eq(text_span(&twice), text_span(&text)));
}

void fuzz_one(struct span in)
{
    enum param_verb verb = fuzz_choice(&in, 2) == 0 ? PARAM_OF_MAIL : PARAM_OF_RCPT;
    unsigned hidden = fuzz_choice(&in, 3 * KEYWORD_COUNT), also = fuzz_choice(&in, KEYWORD_COUNT);
    uint64_t offered = hidden < KEYWORD_COUNT ? ALL & ~(UINT64_C(1) << hidden) : ALL;
    struct span s = fuzz_copy(in);
    struct params params, all;
    int status = params_parse(s, verb, offered, &params);

    DEMAND(status <= 0 && status >= PARAMS_TOO_MANY && params.count <= PARAMS_MAX);
    if (status == 0) {
        DEMAND(params.offender.len == 0);
        DEMAND(params_parse(s, verb, ALL, &all) == 0);
        check_same(&params, &all);
        check_print(&params, verb, offered);
        check_fewer(&params, verb, offered & ~(UINT64_C(1) << also));
        check_fewer(&params, verb, UINT64_C(1) << also);
    } else {
        DEMAND(params.offender.len > 0 && params.offender.ptr >= s.ptr);
        DEMAND(params.offender.ptr + params.offender.len <= s.ptr + s.len);
    }
    DEMAND(params_line_allowance(verb, offered) <= params_line_allowance(verb, ALL));
    fuzz_free(s);
}
