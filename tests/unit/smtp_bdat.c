/* smtp_bdat.c: the argument of BDAT, well-formed and hostile. */
#include "smtp/bdat.h"

#include "test.h"

struct bdat_case {
    const char *arguments;
    int result;
    uint64_t size;
    bool last;
};

static const struct bdat_case cases[] = {
    {"0", 0, 0, false},
    {"5", 0, 5, false},
    {"0005", 0, 5, false},
    {"0 LAST", 0, 0, true},
    {"86 last", 0, 86, true},
    {"86 LaSt", 0, 86, true},
    {"9223372036854775807", 0, INT64_MAX, false},
    {"9223372036854775807 LAST", 0, INT64_MAX, true},
    {"9223372036854775808", -1, 0, false},
    {"18446744073709551615", -1, 0, false},
    {"18446744073709551616", -1, 0, false},
    {"18446744073709551621", -1, 0, false},
    {"99999999999999999999999999999999999999999", -1, 0, false},
    {"", -1, 0, false},
    {"LAST", -1, 0, false},
    {" 5", -1, 0, false},
    {"-1", -1, 0, false},
    {"+5", -1, 0, false},
    {"0x10", -1, 0, false},
    {"5.0", -1, 0, false},
    {"1e3", -1, 0, false},
    {"5LAST", -1, 0, false},
    {"5  LAST", -1, 0, false},
    {"5\tLAST", -1, 0, false},
    {"5 LAST LAST", -1, 0, false},
    {"5 LASTS", -1, 0, false},
    {"5 LAS", -1, 0, false},
    {"5 ", -1, 0, false},
    {"5 6", -1, 0, false},
};

int main(void)
{
    struct bdat bdat;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct bdat_case *c = &cases[i];
        int result = bdat_parse(span_str(c->arguments), &bdat);
        if (result != c->result || (result == 0 && (bdat.size != c->size || bdat.last != c->last))) {
            fprintf(stderr, "BDAT %s: %d\n", c->arguments, result);
            test_failures++;
        }
    }
    CHECK(bdat_parse(span_of("5\0", 2), &bdat) == -1);
    CHECK(bdat_parse(span_of(NULL, 0), &bdat) == -1);
    return test_end("smtp_bdat");
}
