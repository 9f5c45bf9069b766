/* parse.c: libyaml's events become a tree of nodes; what the keys mean is left to decode.c. */
#include "config/parse.h"

#include <assert.h>
#include <yaml.h>

#define DEPTH_MAX 32

/* A document being read. */
struct parse {
    struct arena *arena;
    struct complaints *complaints;
    struct span text;
    struct node *root;
    struct node *open; /* the innermost container that has not ended */
    unsigned depth;
    struct node *key; /* read, its value not yet */
    bool documents;   /* one has begun */
};

enum outcome { OUTCOME_MORE, OUTCOME_END, OUTCOME_FAIL };

static void place(struct node *node, yaml_mark_t mark)
{
    node->line = (unsigned)mark.line + 1;
    node->column = (unsigned)mark.column + 1;
}

/* A complaint at a mark; the path is that of the container being read. */
static void complain_mark(struct parse *parse, yaml_mark_t mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void complain_mark(struct parse *parse, yaml_mark_t mark, const char *format, ...)
{
    char bytes[512];
    struct text path = TEXT(bytes);
    va_list args;

    if (parse->open != NULL)
        node_path(&path, parse->open);
    va_start(args, format);
    complain_place(parse->complaints,
                   &(struct place){(unsigned)mark.line + 1, (unsigned)mark.column + 1, text_span(&path)},
                   format, args);
    va_end(args);
}

static struct node *make(struct parse *parse, enum node_kind kind, yaml_mark_t mark)
{
    struct node *node = node_new(parse->arena, kind);

    if (node == NULL)
        complain_starved(parse->complaints);
    else
        place(node, mark);
    return node;
}

/* A key given twice keeps its first value; the second one is read and forgotten. */
static void append_member(struct parse *parse, struct node *node)
{
    struct node *key = parse->key;
    struct node *twin = node_find(parse->open, key->text);

    parse->key = NULL;
    node->key = key->text;
    node->key_line = key->line;
    node->key_column = key->column;
    node->parent = parse->open;
    if (twin == NULL)
        node_append(parse->open, node);
    else
        complain_key(parse->complaints, node, "is given twice, first in line %u; allowed: once",
                     twin->key_line);
}

static void append(struct parse *parse, struct node *node)
{
    if (parse->open == NULL)
        parse->root = node;
    else if (parse->open->kind == NODE_MAP)
        append_member(parse, node);
    else
        node_append(parse->open, node);
}

static bool key_is_next(const struct parse *parse)
{
    return parse->open != NULL && parse->open->kind == NODE_MAP && parse->key == NULL;
}

static enum outcome take_scalar(struct parse *parse, const yaml_event_t *event)
{
    struct span text = span_of((const char *)event->data.scalar.value, event->data.scalar.length);
    struct node *node = make(parse, NODE_SCALAR, event->start_mark);

    if (node == NULL)
        return OUTCOME_FAIL;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = arena_copy(parse->arena, text);
    if (node->text.ptr == NULL) {
        complain_starved(parse->complaints);
        return OUTCOME_FAIL;
    }
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
        complain_mark(parse, event->start_mark, "a text holds NUL; allowed: any other character");
    if (key_is_next(parse))
        parse->key = node;
    else
        append(parse, node);
    return OUTCOME_MORE;
}

static enum outcome open_container(struct parse *parse, enum node_kind kind, const yaml_event_t *event)
{
    struct node *node;

    if (key_is_next(parse)) {
        complain_mark(parse, event->start_mark, "a key is %s; allowed: text",
                      kind == NODE_MAP ? "a map" : "a list");
        return OUTCOME_FAIL;
    }
    if (parse->depth == DEPTH_MAX) {
        complain_mark(parse, event->start_mark, "is nested too deeply; allowed: %d levels", DEPTH_MAX);
        return OUTCOME_FAIL;
    }
    node = make(parse, kind, event->start_mark);
    if (node == NULL)
        return OUTCOME_FAIL;
    append(parse, node);
    parse->open = node;
    parse->depth++;
    return OUTCOME_MORE;
}

static enum outcome close_container(struct parse *parse)
{
    assert(parse->open != NULL);
    parse->open = parse->open->parent;
    parse->depth--;
    return OUTCOME_MORE;
}

/* An alias is complained about and stands for nothing. */
static enum outcome take_alias(struct parse *parse, const yaml_event_t *event)
{
    struct node *node = make(parse, NODE_SCALAR, event->start_mark);

    complain_mark(parse, event->start_mark, "an alias (*) is not understood; allowed: the value itself");
    if (node == NULL)
        return OUTCOME_FAIL;
    node->text = SPAN("");
    if (key_is_next(parse))
        parse->key = node;
    else
        append(parse, node);
    return OUTCOME_MORE;
}

static enum outcome begin_document(struct parse *parse, const yaml_event_t *event)
{
    if (parse->documents) {
        complain_mark(parse, event->start_mark, "a second document begins; allowed: one in a file");
        return OUTCOME_FAIL;
    }
    parse->documents = true;
    return OUTCOME_MORE;
}

/* Anchors and tags change the meaning of what follows them. */
static void refuse_marks(struct parse *parse, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;

    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    if (anchor != NULL)
        complain_mark(parse, event->start_mark, "an anchor (&) is not understood; allowed: the value itself");
    if (tag != NULL)
        complain_mark(parse, event->start_mark, "a tag (!) is not understood; allowed: the value itself");
}

static enum outcome take(struct parse *parse, const yaml_event_t *event)
{
    refuse_marks(parse, event);
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return begin_document(parse, event);
    case YAML_SCALAR_EVENT:
        return take_scalar(parse, event);
    case YAML_ALIAS_EVENT:
        return take_alias(parse, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_container(parse, NODE_SEQUENCE, event);
    case YAML_MAPPING_START_EVENT:
        return open_container(parse, NODE_MAP, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_container(parse);
    case YAML_STREAM_END_EVENT:
        return OUTCOME_END;
    default:
        return OUTCOME_MORE;
    }
}

/* The mark of an octet, for errors that libyaml places by offset alone. */
static yaml_mark_t mark_of(struct span text, size_t offset)
{
    yaml_mark_t mark = {0, 0, 0};

    for (size_t i = 0; i < offset && i < text.len; i++) {
        if (text.ptr[i] == '\n') {
            mark.line++;
            mark.column = 0;
        } else if (((unsigned char)text.ptr[i] & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

/* True when the white space before the text of a line holds a tab. */
static bool tab_indents(struct span text, size_t line)
{
    for (; line > 0; line--) {
        const char *end = memchr(text.ptr, '\n', text.len);
        if (end == NULL)
            return false;
        text = span_skip(text, (size_t)(end - text.ptr) + 1);
    }
    while (text.len > 0 && text.ptr[0] == ' ')
        text = span_skip(text, 1);
    return text.len > 0 && text.ptr[0] == '\t';
}

static void complain_syntax(struct parse *parse, const yaml_parser_t *yaml)
{
    if (yaml->error == YAML_MEMORY_ERROR)
        complain_starved(parse->complaints);
    else if (yaml->error == YAML_READER_ERROR)
        complain_mark(parse, mark_of(parse->text, yaml->problem_offset),
                      "%s; allowed: UTF-8 without control characters", yaml->problem);
    else if (tab_indents(parse->text, yaml->problem_mark.line))
        complain_mark(parse, yaml->problem_mark, "a tab indents the line; allowed: spaces");
    else
        complain_mark(parse, yaml->problem_mark, "%s%s%s; allowed: well-formed YAML",
                      yaml->context != NULL ? yaml->context : "", yaml->context != NULL ? ": " : "",
                      yaml->problem);
}

static enum outcome run(struct parse *parse, yaml_parser_t *yaml)
{
    enum outcome outcome = OUTCOME_MORE;

    while (outcome == OUTCOME_MORE) {
        yaml_event_t event;
        if (yaml_parser_parse(yaml, &event) == 0) {
            complain_syntax(parse, yaml);
            return OUTCOME_FAIL;
        }
        outcome = take(parse, &event);
        yaml_event_delete(&event);
    }
    return outcome;
}

struct node *parse_text(struct span text, struct arena *arena, struct complaints *complaints)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    struct parse parse = {.arena = arena, .complaints = complaints};
    yaml_parser_t yaml;
    enum outcome outcome;

    if (text.len >= 3 && memcmp(text.ptr, byte_order_mark, 3) == 0)
        text = span_skip(text, 3);
    parse.text = text;
    if (yaml_parser_initialize(&yaml) == 0) {
        complain_starved(complaints);
        return NULL;
    }
    yaml_parser_set_encoding(&yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&yaml, (const unsigned char *)text.ptr, text.len);
    outcome = run(&parse, &yaml);
    yaml_parser_delete(&yaml);
    if (outcome == OUTCOME_FAIL)
        return NULL;
    if (parse.root == NULL)
        parse.root = make(&parse, NODE_MAP, (yaml_mark_t){0, 0, 0});
    return parse.root;
}
