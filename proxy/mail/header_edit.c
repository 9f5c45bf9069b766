/* header_edit.c: takes a header section apart into a list of fields, edits the list, writes it down again. */
#include "mail/header_edit.h"

#include <assert.h>
#include <limits.h>

#include "base/arena.h"
#include "base/mem.h"
#include "mail/header.h"

/* An editor that has deleted a field, and counts it no more. */
struct deletion {
    struct deletion *next;
    const void *editor;
};

struct field {
    struct field *next, *previous;
    struct span name;
    struct span octets; /* with the CRLF; only the last one may lack it */
    const void *editor; /* that put it there; NULL: the message came with it */
    struct deletion *deletions;
    bool out;
};

/* Where the last field named was found. */
struct cursor {
    const void *editor;
    struct span name;
    struct field *at; /* NULL: in front of the first field */
    unsigned count;   /* fields of the name up to there, it included */
    bool valid;
};

struct section {
    struct arena arena;
    struct field *first, *last;
    struct field *border; /* no field: what has been prepended stands above it, all else below */
    struct span rest;     /* the blank line */
    struct cursor cursor;
};

/* NULL when memory is short. It goes behind `previous`, NULL: to the top. */
static struct field *put_field(struct section *section, struct field *previous, struct span name,
                               struct span octets)
{
    struct field *field = arena_alloc(&section->arena, sizeof(*field));

    if (field == NULL)
        return NULL;
    field->name = name;
    field->octets = octets;
    field->previous = previous;
    field->next = previous != NULL ? previous->next : section->first;
    *(previous != NULL ? &previous->next : &section->first) = field;
    *(field->next != NULL ? &field->next->previous : &section->last) = field;
    return field;
}

static bool take_apart(struct section *section, struct span octets)
{
    struct header_reader reader = {
        .field_limit = SIZE_MAX, .section_limit = SIZE_MAX, .count_limit = UINT_MAX};
    struct span name, value;
    enum header_event event = HEADER_FIELD;
    bool good = true;

    section->rest = octets;
    while (good && event == HEADER_FIELD) {
        size_t n = header_read(&reader, section->rest, &name, &value, &event);
        if (event == HEADER_MORE) {
            header_finish(&reader, &name, &value, &event);
            n = section->rest.len;
        }
        /* A name lies in the section, or in the reader for the last field, which nothing follows. */
        if (event == HEADER_FIELD) {
            struct span field = span_first(section->rest, n);
            name = span_first(field, name.len);
            good = put_field(section, section->last, name, field) != NULL;
            section->rest = span_skip(section->rest, n);
        }
        good = good && event != HEADER_ERROR;
    }
    header_free(&reader);
    return good;
}

/* Behind the first fields, `above` octets long, stands one that is none: its editor is nobody's. The last of
 * them may be longer by now: it is continued by a message that began with the continuation of nothing. */
static bool put_border(struct section *section, size_t above)
{
    struct field *behind = NULL;

    for (struct field *at = section->first; at != NULL && above != 0; at = at->next) {
        above -= at->octets.len < above ? at->octets.len : above;
        behind = at;
    }
    section->border = put_field(section, behind, SPAN(""), SPAN(""));
    if (section->border != NULL)
        section->border->editor = section;
    return section->border != NULL;
}

/* True when the editor knows of the field. */
static bool knows(const void *editor, const struct field *field)
{
    if (field->editor != NULL && field->editor != editor)
        return false;
    for (const struct deletion *deletion = field->deletions; deletion != NULL; deletion = deletion->next)
        if (deletion->editor == editor)
            return false;
    return true;
}

static bool counts(const struct cursor *cursor, const struct field *field)
{
    return span_eq_nocase(field->name, cursor->name) && knows(cursor->editor, field);
}

/* The field that a CHANGE or DELETE means, NULL when there is none. Goes there from the one found last. */
static struct field *seek(struct section *section, const struct header_edit *edit)
{
    struct cursor *cursor = &section->cursor;

    if (!cursor->valid || cursor->editor != edit->editor || !span_eq_nocase(cursor->name, edit->name))
        *cursor = (struct cursor){.editor = edit->editor, .name = edit->name, .valid = true};
    for (; cursor->at != NULL && cursor->count >= edit->n; cursor->at = cursor->at->previous)
        if (counts(cursor, cursor->at) && cursor->count-- == edit->n) {
            cursor->count++;
            return cursor->at;
        }
    for (;;) {
        struct field *next = cursor->at != NULL ? cursor->at->next : section->first;
        if (next == NULL)
            return NULL;
        cursor->at = next;
        if (counts(cursor, next) && ++cursor->count == edit->n)
            return next;
    }
}

static bool put(struct section *section, struct field *previous, const struct header_edit *edit)
{
    struct field *field = put_field(section, previous, edit->name, edit->field);

    if (field == NULL)
        return false;
    field->editor = edit->editor;
    if (counts(&section->cursor, field))
        section->cursor.valid = false;
    return true;
}

static bool insert(struct section *section, const struct header_edit *edit)
{
    struct field *behind = section->border;
    unsigned left = edit->n;

    for (struct field *at = section->first; at != NULL && left != 0; at = at->next) {
        left -= knows(edit->editor, at);
        behind = at;
    }
    return put(section, behind, edit);
}

static bool change(struct section *section, const struct header_edit *edit)
{
    struct field *field = seek(section, edit);

    if (field == NULL)
        return put(section, section->last, edit);
    field->octets = edit->field;
    field->out = false;
    return true;
}

static bool take_out(struct section *section, const struct header_edit *edit)
{
    struct field *field = seek(section, edit);
    struct deletion *deletion;

    if (field == NULL)
        return true;
    deletion = arena_alloc(&section->arena, sizeof(*deletion));
    if (deletion == NULL)
        return false;
    deletion->editor = edit->editor;
    deletion->next = field->deletions;
    field->deletions = deletion;
    field->out = true;
    section->cursor.count--;
    return true;
}

static bool apply(struct section *section, const struct header_edit *edit)
{
    switch (edit->kind) {
    case HEADER_PREPEND:
        return put(section, NULL, edit);
    case HEADER_INSERT:
        return insert(section, edit);
    case HEADER_APPEND:
        return put(section, section->last, edit);
    case HEADER_CHANGE:
        return change(section, edit);
    case HEADER_DELETE:
        return take_out(section, edit);
    }
    return false;
}

/* Begins a line. */
static void complete(struct text *text)
{
    if (text->len != 0 && text->ptr[text->len - 1] != '\n')
        text_add(text, SPAN("\r\n"));
}

static bool write_down(const struct section *section, bool divided, size_t *above, struct text *out)
{
    *out = (struct text){.size = section->rest.len + 4};
    for (const struct field *field = section->first; field != NULL; field = field->next)
        out->size += field->octets.len + 2;
    out->ptr = mem_alloc(out->size);
    if (out->ptr == NULL)
        return false;
    for (const struct field *field = section->first; field != NULL; field = field->next) {
        if (field->out)
            continue;
        complete(out); /* the message may have ended in the field before this one */
        if (field == section->border)
            *above = out->len;
        text_add(out, field->octets);
    }
    if (divided && section->rest.len == 0) {
        complete(out);
        text_add(out, SPAN("\r\n"));
    }
    text_add(out, section->rest);
    assert(!out->cut);
    return true;
}

bool header_edits_precede(const struct header_edit *edits)
{
    for (; edits != NULL; edits = edits->next)
        if (edits->kind > HEADER_INSERT || edits->n != 0)
            return false;
    return true;
}

int header_edit(const struct header_edit *edits, struct span section, bool divided, size_t *above,
                struct text *out)
{
    struct section fields = {.first = NULL};
    bool good;

    arena_init(&fields.arena, SIZE_MAX);
    good = take_apart(&fields, section) && put_border(&fields, *above);
    for (; good && edits != NULL; edits = edits->next)
        good = apply(&fields, edits);
    good = good && write_down(&fields, divided, above, out);
    arena_reset(&fields.arena);
    return good ? 0 : -1;
}
