/* strings.c: collects lists of texts and the files they name; what the texts mean is left to decode.c. */
#include "config/strings.h"

#include "config/file.h"
#include "smtp/address.h"

#define FILE_PREFIX "file:"

static void append(struct decoder *decoder, struct entries *out, struct entry entry, struct span text)
{
    struct entry *copy = decode_alloc(decoder, sizeof(*copy));

    entry.text = arena_copy(decoder->arena, text).ptr;
    if (copy == NULL || entry.text == NULL) {
        complain_starved(decoder->complaints);
        return;
    }
    *copy = entry;
    if (out->last != NULL)
        out->last->next = copy;
    else
        out->first = copy;
    out->last = copy;
    out->count++;
}

/* Takes one line, without its LF, off the front of *text. */
static struct span next_line(struct span *text)
{
    const char *end = memchr(text->ptr, '\n', text->len);
    struct span line = span_first(*text, end != NULL ? (size_t)(end - text->ptr) : text->len);

    *text = span_skip(*text, line.len + (end != NULL));
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return span_trim(line);
}

static void append_lines(struct decoder *decoder, struct entries *out, struct entry entry, struct span text)
{
    while (text.len > 0) {
        struct span line = next_line(&text);
        entry.line++;
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (memchr(line.ptr, '\0', line.len) != NULL || !address_utf8_valid(line))
            complain(decoder->complaints, entry.node, "%s:%u: is not text; allowed: UTF-8 without NUL",
                     entry.file, entry.line);
        else
            append(decoder, out, entry, line);
    }
}

static void append_file(struct decoder *decoder, struct entries *out, struct node *item, const char *name)
{
    const char *path = file_beside(decoder->directory, name, decoder->arena);
    struct entry entry = {.node = item, .file = path};
    struct span text;
    size_t before = out->count;
    int rc;

    if (path == NULL) {
        complain_starved(decoder->complaints);
        return;
    }
    rc = file_read(path, decoder->arena, &text);
    if (rc < 0) {
        complain(decoder->complaints, item,
                 "cannot read %s: %s; allowed: a text file with one item in a line", path, strerror(-rc));
        return;
    }
    append_lines(decoder, out, entry, text);
    item->stands_for = out->count - before;
}

static void collect_item(struct decoder *decoder, struct entries *out, struct node *item)
{
    if (item->kind != NODE_SCALAR || node_null(item))
        complain(decoder->complaints, item, "is %s; allowed: text, or file:PATH",
                 node_null(item) ? "empty" : node_kind_name(item));
    else if (strncmp(item->text.ptr, FILE_PREFIX, sizeof(FILE_PREFIX) - 1) == 0)
        append_file(decoder, out, item, item->text.ptr + sizeof(FILE_PREFIX) - 1);
    else
        append(decoder, out, (struct entry){.node = item}, item->text);
}

void strings_collect(struct decoder *decoder, struct node *list, struct entries *out)
{
    if (node_null(list))
        return;
    if (list->kind != NODE_SEQUENCE && !node_wrap_list(list, decoder->arena)) {
        complain_starved(decoder->complaints);
        return;
    }
    for (struct node *item = list->first; item != NULL; item = item->next)
        collect_item(decoder, out, item);
}
