/* Numbers, sizes and durations at their edges. */
#include "config/value.h"

#include "test.h"

struct value_case {
    const char *text;
    enum value_result result;
    int64_t value;
};

static void check(const char *name, enum value_result (*read)(struct span s, int64_t *out),
                  const struct value_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t n = -77;
        enum value_result result = read(span_str(cases[i].text), &n);
        if (result != cases[i].result || (result == VALUE_OK && n != cases[i].value))
            fprintf(stderr, "%s \"%s\" gives %d, %lld\n", name, cases[i].text, (int)result, (long long)n);
        CHECK(result == cases[i].result);
        CHECK(result != VALUE_OK || n == cases[i].value);
    }
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct value_case ints[] = {
    {"0", VALUE_OK, 0},
    {"-5", VALUE_OK, -5},
    {"007", VALUE_OK, 7},
    {"9223372036854775807", VALUE_OK, INT64_MAX},
    {"9223372036854775808", VALUE_RANGE, 0},
    {"99999999999999999999999", VALUE_RANGE, 0},
    {"", VALUE_SYNTAX, 0},
    {"-", VALUE_SYNTAX, 0},
    {"+1", VALUE_SYNTAX, 0},
    {"1.5", VALUE_SYNTAX, 0},
    {"0x10", VALUE_SYNTAX, 0},
    {"1 ", VALUE_SYNTAX, 0},
    {"1s", VALUE_SYNTAX, 0},
};

static const struct value_case sizes[] = {
    {"0", VALUE_OK, 0},
    {"4096", VALUE_OK, 4096},
    {"12B", VALUE_OK, 12},
    {"64KiB", VALUE_OK, 65536},
    {"10MiB", VALUE_OK, 10485760},
    {"1GiB", VALUE_OK, 1073741824},
    {"5KB", VALUE_OK, 5000},
    {"5MB", VALUE_OK, 5000000},
    {"5GB", VALUE_OK, 5000000000},
    {"8589934591GiB", VALUE_OK, INT64_C(8589934591) << 30},
    {"8589934592GiB", VALUE_RANGE, 0},
    {"10Mib", VALUE_SYNTAX, 0},
    {"10M", VALUE_SYNTAX, 0},
    {"10 MiB", VALUE_SYNTAX, 0},
    {"-1KiB", VALUE_SYNTAX, 0},
    {"KiB", VALUE_SYNTAX, 0},
    {"", VALUE_SYNTAX, 0},
};

static const struct value_case durations[] = {
    {"0", VALUE_OK, 0},
    {"0s", VALUE_OK, 0},
    {"500ms", VALUE_OK, 500},
    {"30s", VALUE_OK, 30000},
    {"5m", VALUE_OK, 300000},
    {"1h", VALUE_OK, 3600000},
    {"30d", VALUE_OK, INT64_C(2592000000)},
    {"2562047788015h", VALUE_OK, INT64_C(2562047788015) * 3600000},
    {"2562047788016h", VALUE_RANGE, 0},
    {"30", VALUE_SYNTAX, 0},
    {"30S", VALUE_SYNTAX, 0},
    {"1h30m", VALUE_SYNTAX, 0},
    {"1.5s", VALUE_SYNTAX, 0},
    {"s", VALUE_SYNTAX, 0},
    {"", VALUE_SYNTAX, 0},
};

static void check_print(void (*print)(struct text *text, int64_t n), int64_t n, const char *expected)
{
    char bytes[64];
    struct text text = TEXT(bytes);

    print(&text, n);
    CHECK_SPAN(text_span(&text), span_str(expected));
}

int main(void)
{
    check("int", value_int, ints, COUNT(ints));
    check("size", value_size, sizes, COUNT(sizes));
    check("duration", value_duration, durations, COUNT(durations));
    check_print(value_print_size, 0, "0");
    check_print(value_print_size, 1000, "1000");
    check_print(value_print_size, 3072, "3KiB");
    check_print(value_print_size, INT64_C(1) << 31, "2GiB");
    check_print(value_print_duration, 0, "0");
    check_print(value_print_duration, 1500, "1500ms");
    check_print(value_print_duration, 90000, "90s");
    check_print(value_print_duration, 7200000, "2h");
    return test_end("config_value");
}
