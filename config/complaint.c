/* complaint.c: collects complaints about a configuration; what is wrong is left to those who complain. */
#include "config/complaint.h"

#define TEXT_OCTETS 2048
#define PATH_OCTETS 512

struct complaint {
    struct complaint *next;
    unsigned line, column;
    const char *text; /* path included */
};

void complain_starved(struct complaints *complaints)
{
    if (!complaints->starved)
        complaints->count++;
    complaints->starved = true;
}

static bool later(const struct complaint *a, const struct complaint *b)
{
    return a->line != b->line ? a->line > b->line : a->column > b->column;
}

/* Behind every complaint about the same or an earlier place. */
static void insert(struct complaints *complaints, struct complaint *complaint)
{
    struct complaint **at = &complaints->first;

    while (*at != NULL && !later(*at, complaint))
        at = &(*at)->next;
    complaint->next = *at;
    *at = complaint;
    complaints->count++;
}

void complain_place(struct complaints *complaints, unsigned line, unsigned column, struct span path,
                    const char *format, va_list args)
{
    char said[TEXT_OCTETS], bytes[TEXT_OCTETS + PATH_OCTETS];
    struct text text = TEXT(bytes);
    struct complaint *complaint = arena_alloc(complaints->arena, sizeof(*complaint));

    (void)vsnprintf(said, sizeof(said), format, args);
    if (path.len > 0) {
        text_add_safe(&text, path, true);
        text_add(&text, SPAN(": "));
    }
    text_add_safe(&text, span_str(said), true);
    if (complaint != NULL)
        complaint->text = arena_copy(complaints->arena, text_span(&text)).ptr;
    if (complaint == NULL || complaint->text == NULL) {
        complain_starved(complaints);
        return;
    }
    complaint->line = line;
    complaint->column = column;
    insert(complaints, complaint);
}

void complain(struct complaints *complaints, const struct node *node, const char *format, ...)
{
    char bytes[PATH_OCTETS];
    struct text path = TEXT(bytes);
    va_list args;

    node_path(&path, node);
    va_start(args, format);
    complain_place(complaints, node->line, node->column, text_span(&path), format, args);
    va_end(args);
}

void complain_key(struct complaints *complaints, const struct node *node, const char *format, ...)
{
    char bytes[PATH_OCTETS];
    struct text path = TEXT(bytes);
    bool keyed = node->key_line != 0;
    va_list args;

    node_path(&path, node);
    va_start(args, format);
    complain_place(complaints, keyed ? node->key_line : node->line, keyed ? node->key_column : node->column,
                   text_span(&path), format, args);
    va_end(args);
}

void complain_lack(struct complaints *complaints, const struct node *map, const char *key, const char *format,
                   ...)
{
    char bytes[PATH_OCTETS];
    struct text path = TEXT(bytes);
    va_list args;

    node_path(&path, map);
    if (path.len > 0)
        text_char(&path, '.');
    text_add(&path, span_str(key));
    va_start(args, format);
    complain_place(complaints, map->line, map->column, text_span(&path), format, args);
    va_end(args);
}

void complaints_print(const struct complaints *complaints, FILE *out)
{
    for (const struct complaint *c = complaints->first; c != NULL; c = c->next)
        (void)fprintf(out, "%s:%u:%u: %s\n", complaints->file, c->line, c->column, c->text);
    if (complaints->starved)
        (void)fprintf(out, "%s:1:1: there is not enough memory to load it\n", complaints->file);
}
