/* Fuzzes mail/header_edit.c: whatever the edits, what comes out is what a list says that looks at all of it
 * for each of them. */
#include "mail/header_edit.h"

#include "base/mem.h"
#include "fuzz.h"

enum { FIELDS = 24, EDITS = 24, ROOM = FIELDS + EDITS + 1, EDITORS = 3 };

/* Names that are alike, and only begin alike. */
static const struct span names[] = {{"a", 1}, {"A", 1}, {"b", 1}, {"ab", 2}, {"X-c", 3}};
static const struct span values[] = {
    {": 1", 3}, {":", 1}, {" : 2", 4}, {": 3\r\n folded", 12}, {":\r\n\t", 4}};
static const char editors[EDITORS];

#define COUNT(array) (unsigned)(sizeof(array) / sizeof((array)[0]))

struct item {
    struct span name, octets;
    unsigned known; /* by which editors: bits */
    bool out, border;
};

struct list {
    struct item items[ROOM];
    size_t count;
};

static void put(struct list *list, size_t at, struct item item)
{
    DEMAND(list->count < ROOM && at <= list->count);
    memmove(list->items + at + 1, list->items + at, (list->count - at) * sizeof(item));
    list->items[at] = item;
    list->count++;
}

static size_t border_of(const struct list *list)
{
    size_t at = 0;

    while (!list->items[at].border)
        at++;
    return at;
}

/* Behind the first n fields that the editor knows; 0: below what stands above the section. */
static size_t place_of(const struct list *list, unsigned editor, unsigned n)
{
    if (n == 0)
        return border_of(list) + 1;
    for (size_t at = 0; at < list->count; at++)
        if ((list->items[at].known & editor) != 0 && --n == 0)
            return at + 1;
    return list->count;
}

/* The n-th field of the name that the editor knows. */
static struct item *find(struct list *list, const struct header_edit *edit, unsigned editor)
{
    unsigned left = edit->n;

    for (size_t at = 0; at < list->count; at++) {
        struct item *item = &list->items[at];
        if ((item->known & editor) != 0 && span_eq_nocase(item->name, edit->name) && --left == 0)
            return item;
    }
    return NULL;
}

static void apply(struct list *list, const struct header_edit *edit)
{
    unsigned editor = 1U << ((const char *)edit->editor - editors);
    struct item item = {.name = edit->name, .octets = edit->field, .known = editor}, *found;

    switch (edit->kind) {
    case HEADER_PREPEND:
        put(list, 0, item);
        break;
    case HEADER_INSERT:
        put(list, place_of(list, editor, edit->n), item);
        break;
    case HEADER_APPEND:
        put(list, list->count, item);
        break;
    case HEADER_CHANGE:
        found = find(list, edit, editor);
        if (found == NULL) {
            put(list, list->count, item);
            break;
        }
        found->octets = edit->field;
        found->out = false;
        break;
    case HEADER_DELETE:
        found = find(list, edit, editor);
        if (found != NULL) {
            found->known &= ~editor;
            found->out = true;
        }
        break;
    }
}

static void begin_line(struct text *text)
{
    if (text->len != 0 && text->ptr[text->len - 1] != '\n')
        text_add(text, SPAN("\r\n"));
}

/* The section as it should be, and how much of it stands above our own trace field. */
static void write_down(const struct list *list, struct span rest, bool divided, size_t *above,
                       struct text *text)
{
    for (size_t at = 0; at < list->count; at++) {
        const struct item *item = &list->items[at];
        if (item->out)
            continue;
        begin_line(text);
        if (item->border)
            *above = text->len;
        else
            text_add(text, item->octets);
    }
    if (divided && rest.len == 0) {
        begin_line(text);
        rest = SPAN("\r\n");
    }
    text_add(text, rest);
}

/* A section of fields out of the tables; the last one may lack its CRLF. Returns the blank line, or nothing.
 */
static struct span draw_section(struct span *in, struct list *list, struct text *section, size_t *above)
{
    unsigned count = fuzz_choice(in, FIELDS + 1), ahead = fuzz_choice(in, 4);
    bool cut = fuzz_choice(in, 4) == 0, blank = !cut && fuzz_choice(in, 4) != 0;

    *above = 0;
    for (unsigned i = 0; i < count; i++) {
        struct span name = names[fuzz_choice(in, COUNT(names))];
        size_t begin = section->len;
        if (i == ahead) {
            *above = begin;
            put(list, list->count, (struct item){.border = true});
        }
        text_add(section, name);
        text_add(section, values[fuzz_choice(in, COUNT(values))]);
        if (!cut || i + 1 < count)
            text_add(section, SPAN("\r\n"));
        put(list, list->count,
            (struct item){.name = name,
                          .octets = span_of(section->ptr + begin, section->len - begin),
                          .known = (1U << EDITORS) - 1});
    }
    if (count <= ahead) {
        *above = section->len;
        put(list, list->count, (struct item){.border = true});
    }
    if (blank)
        text_add(section, SPAN("\r\n"));
    return blank ? SPAN("\r\n") : SPAN("");
}

static size_t draw_edits(struct span *in, struct header_edit *edits)
{
    static const struct span fields[] = {
        {"a: new\r\n", 8}, {"A: new\r\n", 8}, {"b:\r\n new\r\n", 10}, {"ab: new\r\n", 9}, {"X-c: \r\n", 7}};
    size_t count = fuzz_choice(in, EDITS + 1);

    for (size_t i = 0; i < count; i++) {
        unsigned name = fuzz_choice(in, COUNT(names));
        edits[i] = (struct header_edit){.next = i + 1 < count ? &edits[i + 1] : NULL,
                                        .editor = &editors[fuzz_choice(in, EDITORS)],
                                        .kind = (enum header_edit_kind)fuzz_choice(in, HEADER_DELETE + 1),
                                        .name = names[name],
                                        .field = fields[name]};
        edits[i].n = fuzz_choice(in, 8) + (edits[i].kind >= HEADER_CHANGE);
        if (edits[i].kind == HEADER_PREPEND || edits[i].kind == HEADER_APPEND)
            edits[i].n = 0;
    }
    return count;
}

static bool edit(const struct header_edit *edits, struct span section, bool divided, size_t *above,
                 struct text *out)
{
    struct span copy = fuzz_copy(section);
    bool done = header_edit(edits, copy, divided, above, out) == 0;

    fuzz_free(copy);
    return done;
}

void fuzz_one(struct span in)
{
    static char octets[ROOM * 16], expected_octets[ROOM * 16];
    struct text section = TEXT(octets), expected = TEXT(expected_octets), out;
    struct header_edit edits[EDITS];
    struct list list = {.count = 0};
    size_t above, expected_above = 0, count;
    struct span rest = draw_section(&in, &list, &section, &above);
    bool divided = fuzz_choice(&in, 2) == 0;
    unsigned starve = fuzz_choice(&in, 2) == 0 ? 0 : fuzz_choice(&in, 40);

    count = draw_edits(&in, edits);
    for (size_t i = 0; i < count; i++)
        apply(&list, &edits[i]);
    write_down(&list, rest, divided, &expected_above, &expected);
    DEMAND(!section.cut && !expected.cut);
    fuzz_starve(starve);
    if (edit(count != 0 ? edits : NULL, text_span(&section), divided, &above, &out)) {
        DEMAND(span_eq(text_span(&out), text_span(&expected)) && above == expected_above);
        mem_free(out.ptr);
    } else {
        DEMAND(starve != 0);
    }
    fuzz_starve(0);
}
