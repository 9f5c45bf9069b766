/* allowed.c: what a key takes, in words; checking it is left to decode.c. */
#include "config/allowed.h"

#include <inttypes.h>

#include "config/value.h"

int64_t allowed_min(const struct option *option)
{
    return option->min;
}

/* No upper bound was given when it is 0 and no negative number is allowed. */
int64_t allowed_max(const struct option *option)
{
    return option->max == 0 && option->min >= 0 ? INT64_MAX : option->max;
}

static void print_number(struct text *text, int64_t n)
{
    text_format(text, "%" PRId64, n);
}

void allowed_print_range(struct text *text, const struct option *option)
{
    void (*print)(struct text * text, int64_t n) = option->type == OPTION_SIZE       ? value_print_size
                                                   : option->type == OPTION_DURATION ? value_print_duration
                                                                                     : print_number;

    print(text, allowed_min(option));
    if (allowed_max(option) == INT64_MAX) {
        text_add(text, SPAN(" or more"));
        return;
    }
    text_add(text, SPAN(" to "));
    print(text, allowed_max(option));
}

static void print_int(struct text *text, const struct option *option)
{
    text_add(text, SPAN("a whole number, "));
    allowed_print_range(text, option);
}

static void print_size(struct text *text, const struct option *option)
{
    text_add(text, SPAN("a size such as 64KiB, "));
    allowed_print_range(text, option);
}

static void print_duration(struct text *text, const struct option *option)
{
    text_add(text, SPAN("a time such as 30s, "));
    allowed_print_range(text, option);
}

static void print_words(struct text *text, const struct option *option)
{
    for (const char *const *word = option->words; *word != NULL; word++) {
        if (word != option->words)
            text_add(text, SPAN(", "));
        text_add(text, span_str(*word));
    }
}

static void print_word_list(struct text *text, const struct option *option)
{
    text_add(text, SPAN("a list of "));
    print_words(text, option);
}

static void print_keys(struct text *text, const struct option *option)
{
    for (const struct option *inner = option->row; inner->key != NULL; inner++) {
        if (inner != option->row)
            text_add(text, SPAN(", "));
        text_add(text, span_str(inner->key));
    }
}

static void print_map(struct text *text, const struct option *option)
{
    text_add(text, SPAN("a map with "));
    print_keys(text, option);
}

static void print_rows(struct text *text, const struct option *option)
{
    text_add(text, SPAN("a list of maps with "));
    print_keys(text, option);
}

void allowed_print(struct text *text, const struct option *option)
{
    static const struct {
        const char *words; /* enough when print is NULL */
        void (*print)(struct text *text, const struct option *option);
    } kinds[] = {
        [OPTION_BOOL] = {"true, false", NULL},
        [OPTION_INT] = {NULL, print_int},
        [OPTION_SIZE] = {NULL, print_size},
        [OPTION_DURATION] = {NULL, print_duration},
        [OPTION_STRING] = {"text", NULL},
        [OPTION_ENUM] = {NULL, print_words},
        [OPTION_STRINGS] = {"a list of texts, or file:PATH", NULL},
        [OPTION_NETWORKS] = {"a list of addresses and networks such as 192.0.2.0/24, or file:PATH", NULL},
        [OPTION_WORDS] = {NULL, print_word_list},
        [OPTION_MAP] = {NULL, print_map},
        [OPTION_ROWS] = {NULL, print_rows},
    };

    if (kinds[option->type].print != NULL)
        kinds[option->type].print(text, option);
    else
        text_add(text, span_str(kinds[option->type].words));
}
