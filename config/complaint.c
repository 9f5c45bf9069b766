/* complaint.c: collects complaints about a configuration; what is wrong is left to those who complain. */
#include "config/complaint.h"

#define TEXT_OCTETS 2048
#define PATH_OCTETS 512

struct complaint {
    struct complaint *next;
    unsigned line, column;
    const char *text; /* path included */
    bool warning;
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

static bool same(const struct complaint *a, const struct complaint *b)
{
    return a->line == b->line && a->column == b->column && strcmp(a->text, b->text) == 0;
}

/* Behind every complaint about the same or an earlier place. */
static void insert(struct complaints *complaints, struct complaint *complaint)
{
    struct complaint **at = &complaints->first;

    while (*at != NULL && !later(*at, complaint)) {
        if (same(*at, complaint))
            return;
        at = &(*at)->next;
    }
    complaint->next = *at;
    *at = complaint;
    if (!complaint->warning)
        complaints->count++;
}

static void say(struct complaints *complaints, const struct place *place, bool warning, const char *format,
                va_list args)
{
    char said[TEXT_OCTETS], bytes[TEXT_OCTETS + PATH_OCTETS];
    struct text text = TEXT(bytes);
    struct complaint *complaint = arena_alloc(complaints->arena, sizeof(*complaint));

    (void)vsnprintf(said, sizeof(said), format, args);
    if (place->path.len > 0) {
        text_add_safe(&text, place->path, true);
        text_add(&text, SPAN(": "));
    }
    if (warning)
        text_add(&text, SPAN("warning: "));
    text_add_safe(&text, span_str(said), true);
    if (complaint != NULL)
        complaint->text = arena_copy(complaints->arena, text_span(&text)).ptr;
    if (complaint == NULL || complaint->text == NULL) {
        complain_starved(complaints);
        return;
    }
    complaint->line = place->line;
    complaint->column = place->column;
    complaint->warning = warning;
    insert(complaints, complaint);
}

void complain_place(struct complaints *complaints, const struct place *place, const char *format,
                    va_list args)
{
    say(complaints, place, false, format, args);
}

void complain(struct complaints *complaints, const struct node *node, const char *format, ...)
{
    char bytes[PATH_OCTETS];
    struct text path = TEXT(bytes);
    va_list args;

    node_path(&path, node);
    va_start(args, format);
    complain_place(complaints, &(struct place){node->line, node->column, text_span(&path)}, format, args);
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
    complain_place(complaints,
                   &(struct place){keyed ? node->key_line : node->line,
                                   keyed ? node->key_column : node->column, text_span(&path)},
                   format, args);
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
    complain_place(complaints, &(struct place){map->line, map->column, text_span(&path)}, format, args);
    va_end(args);
}

static void say_below(struct complaints *complaints, struct node *node, const char *below, bool warning,
                      const char *format, va_list args)
{
    const struct node *found = node_below(node, below);
    char bytes[PATH_OCTETS];
    struct text path = TEXT(bytes);

    node_path(&path, node);
    if (path.len > 0 && below[0] != '[')
        text_char(&path, '.');
    text_add(&path, span_str(below));
    say(complaints, &(struct place){found->line, found->column, text_span(&path)}, warning, format, args);
}

void complain_below(struct complaints *complaints, struct node *node, const char *path, const char *format,
                    ...)
{
    va_list args;

    va_start(args, format);
    say_below(complaints, node, path, false, format, args);
    va_end(args);
}

void warn_below(struct complaints *complaints, struct node *node, const char *path, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_below(complaints, node, path, true, format, args);
    va_end(args);
}

void complaints_print(const struct complaints *complaints, FILE *out)
{
    for (const struct complaint *c = complaints->first; c != NULL; c = c->next)
        (void)fprintf(out, "%s:%u:%u: %s\n", complaints->file, c->line, c->column, c->text);
    if (complaints->starved)
        (void)fprintf(out, "%s:1:1: there is not enough memory to load it\n", complaints->file);
}
