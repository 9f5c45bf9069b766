/* smtp_bdat.c: the argument of BDAT, well-formed and hostile. */
#include "smtp/bdat.h"

#include "test.h"

struct bdat_case {
    const char *arguments;
    uint64_t size;
    int result;
    bool last;
};

static const struct bdat_case cases[] = {
    {"0", 0, 0, false},
    {"5", 5, 0, false},
    {"0005", 5, 0, false},
    {"0 LAST", 0, 0, true},
    {"86 last", 86, 0, true},
    {"86 LaSt", 86, 0, true},
    {"9223372036854775807", INT64_MAX, 0, false},
    {"9223372036854775807 LAST", INT64_MAX, 0, true},
    {"9223372036854775808", 0, -1, false},
    {"18446744073709551615", 0, -1, false},
    {"18446744073709551616", 0, -1, false},
    {"18446744073709551621", 0, -1, false},
    {"99999999999999999999999999999999999999999", 0, -1, false},
    {"", 0, -1, false},
    {"LAST", 0, -1, false},
    {" 5", 0, -1, false},
    {"-1", 0, -1, false},
    {"+5", 0, -1, false},
    {"0x10", 0, -1, false},
    {"5.0", 0, -1, false},
    {"1e3", 0, -1, false},
    {"5LAST", 0, -1, false},
    {"5  LAST", 0, -1, false},
    {"5\tLAST", 0, -1, false},
    {"5 LAST LAST", 0, -1, false},
    {"5 LASTS", 0, -1, false},
    {"5 LAS", 0, -1, false},
    {"5 ", 0, -1, false},
    {"5 6", 0, -1, false},
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
