/* scope.c: reads what a rule looks at. */
#include "filters/regex/scope.h"

#define EVENT(name) (1u << FILTER_##name)

enum trait { STREAMS = 1, LATE = 2, APART = 4, CHARACTERS = 8 };

static const struct {
    const char *word; /* NULL: not to be written */
    enum scope_kind kind;
    const char *field;
} words[] = {
    {"helo", SCOPE_HELO, NULL},         {"from", SCOPE_FROM, NULL},          {"to", SCOPE_TO, NULL},
    {"envelope", SCOPE_ENVELOPE, NULL}, {"subject", SCOPE_FIELD, "Subject"}, {"headers", SCOPE_HEADERS, NULL},
    {"raw", SCOPE_RAW, NULL},           {"raw_body", SCOPE_RAW_BODY, NULL},  {"body", SCOPE_BODY, NULL},
    {"text", SCOPE_BODY, NULL},         {"filename", SCOPE_FILENAME, NULL},  {"reply", SCOPE_REPLY, NULL},
};

static const struct {
    unsigned events, traits;
} kinds[] = {
    [SCOPE_HELO] = {EVENT(HELO), APART},
    [SCOPE_HELO_LATE] = {EVENT(MAIL), 0},
    [SCOPE_FROM] = {EVENT(MAIL), APART},
    [SCOPE_TO] = {EVENT(RCPT), APART},
    [SCOPE_ENVELOPE] = {EVENT(MAIL) | EVENT(RCPT), APART},
    [SCOPE_FIELD] = {EVENT(HEADER), CHARACTERS},
    [SCOPE_HEADERS] = {EVENT(HEADER), CHARACTERS},
    [SCOPE_RAW] = {EVENT(CONTENT) | EVENT(END_OF_MESSAGE), STREAMS | LATE},
    [SCOPE_RAW_BODY] = {EVENT(BODY) | EVENT(END_OF_MESSAGE), STREAMS | LATE},
    [SCOPE_BODY] = {EVENT(PART) | EVENT(END_OF_MESSAGE), STREAMS | LATE | CHARACTERS},
    [SCOPE_PART] = {EVENT(PART) | EVENT(END_OF_MESSAGE), STREAMS | LATE},
    [SCOPE_FILENAME] = {EVENT(PART) | EVENT(END_OF_MESSAGE), LATE | CHARACTERS},
    [SCOPE_REPLY] = {EVENT(REPLY), APART},
};

bool scope_field_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':')
            return false;
    return name.len > 0 && name.len < 77;
}

/* type "/" subtype, either of them "*" for any */
static const char *parse_type(struct scope *scope, struct span text)
{
    const char *slash = text.len != 0 ? memchr(text.ptr, '/', text.len) : NULL;

    scope->kind = SCOPE_PART;
    scope->type = slash != NULL ? span_of(text.ptr, (size_t)(slash - text.ptr)) : text;
    scope->subtype = slash != NULL ? span_skip(text, scope->type.len + 1) : span_of(NULL, 0);
    return scope->type.len != 0 && scope->subtype.len != 0
               ? NULL
               : "no type after \"part:\", such as text/html or application/*";
}

const char *scope_parse(struct scope *scope, struct span text)
{
    struct span field = SPAN("header:"), part = SPAN("part:");

    *scope = (struct scope){.kind = SCOPE_FIELD};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!span_eq(text, span_str(words[i].word)))
            continue;
        scope->kind = words[i].kind;
        scope->field = span_str(words[i].field);
        return NULL;
    }
    if (span_starts_nocase(text, part))
        return parse_type(scope, span_skip(text, part.len));
    if (!span_starts_nocase(text, field))
        return "unknown part; one of helo, from, to, envelope, subject, header:NAME, headers, body, "
               "part:TYPE, "
               "filename, raw, raw_body, reply";
    scope->field = span_skip(text, field.len);
    return scope_field_name(scope->field) ? NULL : "no name of a header field after \"header:\"";
}

bool scope_same(const struct scope *a, const struct scope *b)
{
    return a->kind == b->kind && span_eq_nocase(a->field, b->field) && span_eq_nocase(a->type, b->type) &&
           span_eq_nocase(a->subtype, b->subtype);
}

unsigned scope_events(const struct scope *scope)
{
    return kinds[scope->kind].events;
}

bool scope_streams(const struct scope *scope)
{
    return (kinds[scope->kind].traits & STREAMS) != 0;
}

bool scope_late(const struct scope *scope)
{
    return (kinds[scope->kind].traits & LATE) != 0;
}

bool scope_apart(const struct scope *scope)
{
    return (kinds[scope->kind].traits & APART) != 0;
}

bool scope_characters(const struct scope *scope)
{
    return (kinds[scope->kind].traits & CHARACTERS) != 0 ||
           (scope->kind == SCOPE_PART && span_eq_nocase(scope->type, SPAN("text")));
}

static bool fits(struct span wanted, struct span given)
{
    return span_eq(wanted, SPAN("*")) || span_eq_nocase(wanted, given);
}

bool scope_has(const struct scope *scope, const struct filter_part *part)
{
    if (scope->kind == SCOPE_BODY)
        return part->text;
    return scope->kind == SCOPE_PART && fits(scope->type, part->type) && fits(scope->subtype, part->subtype);
}
