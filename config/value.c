/* value.c: numbers, sizes and durations; ranges and complaints are left to decode.c. */
#include "config/value.h"

#include <inttypes.h>

struct unit {
    const char *name;
    int64_t factor;
};

/* Printing takes the first unit that divides, so the units to print in come first, the largest ahead. */
static const struct unit size_units[] = {
    {"GiB", INT64_C(1) << 30},
    {"MiB", INT64_C(1) << 20},
    {"KiB", INT64_C(1) << 10},
    {"", 1},
    {"B", 1},
    {"KB", 1000},
    {"MB", 1000000},
    {"GB", 1000000000},
    {NULL, 0},
};

static const struct unit duration_units[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}, {NULL, 0},
};

/* Reads digits off the front of *s. */
static enum value_result digits(struct span *s, int64_t *out)
{
    enum value_result result = s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9' ? VALUE_OK : VALUE_SYNTAX;

    *out = 0;
    while (s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, s->ptr[0] - '0', out))
            result = VALUE_RANGE;
        *s = span_skip(*s, 1);
    }
    return result;
}

static enum value_result with_unit(struct span s, const struct unit *unit, int64_t *out)
{
    enum value_result result = digits(&s, out);

    if (result == VALUE_SYNTAX)
        return result;
    while (unit->name != NULL && !span_eq(s, span_str(unit->name)))
        unit++;
    if (unit->name == NULL)
        return VALUE_SYNTAX;
    if (__builtin_mul_overflow(*out, unit->factor, out))
        return VALUE_RANGE;
    return result;
}

enum value_result value_int(struct span s, int64_t *out)
{
    bool minus = s.len > 0 && s.ptr[0] == '-';
    enum value_result result;

    if (minus)
        s = span_skip(s, 1);
    result = digits(&s, out);
    if (s.len > 0)
        return VALUE_SYNTAX;
    if (minus && result == VALUE_OK)
        *out = -*out;
    return result;
}

enum value_result value_size(struct span s, int64_t *out)
{
    return with_unit(s, size_units, out);
}

enum value_result value_duration(struct span s, int64_t *out)
{
    if (span_eq(s, SPAN("0"))) {
        *out = 0;
        return VALUE_OK;
    }
    return with_unit(s, duration_units, out);
}

static void print(struct text *text, const struct unit *unit, int64_t n)
{
    if (n == 0) {
        text_char(text, '0');
        return;
    }
    while (n % unit->factor != 0)
        unit++;
    text_format(text, "%" PRId64 "%s", n / unit->factor, unit->name);
}

void value_print_size(struct text *text, int64_t octets)
{
    print(text, size_units, octets);
}

void value_print_duration(struct text *text, int64_t ms)
{
    print(text, duration_units, ms);
}
