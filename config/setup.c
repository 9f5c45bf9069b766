/* setup.c: what a filter may do while it is opened; opening it is left to filters.c. */
#include "config/setup.h"

#include "postern/filter.h"

void filter_complain(struct filter_setup *setup, const char *path, const char *format, ...)
{
    const struct node *node = node_below(setup->node, path);
    bool itself = node == setup->node && node->key_line != 0;
    char bytes[512];
    struct text text = TEXT(bytes);
    va_list args;

    node_path(&text, setup->node);
    if (path[0] != '\0' && path[0] != '[')
        text_char(&text, '.');
    text_add(&text, span_str(path));
    va_start(args, format);
    complain_place(setup->decoder->complaints,
                   &(struct place){itself ? node->key_line : node->line,
                                   itself ? node->key_column : node->column, text_span(&text)},
                   format, args);
    va_end(args);
}

void filter_time_limit(struct filter_setup *setup, uint64_t ms)
{
    setup->time_limit = ms;
}

void *filter_setup_alloc(struct filter_setup *setup, size_t size)
{
    return decode_alloc(setup->decoder, size);
}
