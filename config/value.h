/* value.h: numbers, sizes and durations, read and printed. Ranges and complaints are left to decode.c. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdint.h>

#include "base/text.h"

/* VALUE_RANGE: well-formed, but more than an int64_t holds. */
enum value_result { VALUE_OK, VALUE_SYNTAX, VALUE_RANGE };

/* A whole number in decimal, a minus sign allowed. */
enum value_result value_int(struct span s, int64_t *out);
/* Octets: a number, alone or with B, KiB, MiB, GiB (powers of 1024), KB, MB or GB (powers of 1000). */
enum value_result value_size(struct span s, int64_t *out);
/* Milliseconds: a number with ms, s, m, h or d; 0 needs no unit. */
enum value_result value_duration(struct span s, int64_t *out);

/* Print in the largest unit that leaves a whole number. */
void value_print_size(struct text *text, int64_t octets);
void value_print_duration(struct text *text, int64_t ms);

#endif
