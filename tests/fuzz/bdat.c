/* Fuzzes smtp/bdat.c: the argument is what a look at its octets says, and prints as what parses alike. */
#include "fuzz.h"
#include "smtp/bdat.h"

/* Digits with a value below 2^63, counted from behind, and what may follow them. */
static bool model(struct span s, uint64_t *size, bool *last)
{
    uint64_t weight = 1;
    size_t digits = 0;

    *last = s.len >= 5 && span_eq_nocase(span_skip(s, s.len - 5), SPAN(" last"));
    if (*last)
        s.len -= 5;
    *size = 0;
    for (size_t i = s.len; i-- > 0; digits++) {
        unsigned digit = (unsigned)((unsigned char)s.ptr[i] - '0');
        if (digit > 9 || (digits > 18 && digit != 0))
            return false;
        *size += digits > 18 ? 0 : digit * weight;
        if (*size > INT64_MAX)
            return false;
        weight *= digits < 18 ? 10 : 1;
    }
    return s.len > 0;
}

void fuzz_one(struct span in)
{
    struct span arguments = fuzz_copy(in);
    struct bdat bdat, again;
    uint64_t size;
    bool last, good = bdat_parse(arguments, &bdat) == 0;

    DEMAND(good == model(arguments, &size, &last));
    if (good) {
        char octets[64];
        struct text text = TEXT(octets);

        DEMAND(bdat.size == size && bdat.last == last);
        text_number(&text, bdat.size);
        text_add(&text, bdat.last ? SPAN(" LAST") : SPAN(""));
        DEMAND(bdat_parse(text_span(&text), &again) == 0);
        DEMAND(again.size == bdat.size && again.last == bdat.last);
    }
    fuzz_free(arguments);
}
