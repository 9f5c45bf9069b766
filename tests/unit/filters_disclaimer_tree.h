/* filters_disclaimer_tree.h: the parts of a message before and after a disclaimer, side by side. */
#ifndef FILTERS_DISCLAIMER_TREE_H
#define FILTERS_DISCLAIMER_TREE_H

#include "base/mem.h"
#include "base/text.h"
#include "mail/mime.h"
#include "test.h"

static const struct mime_limits bounds = {
    .depth = 20, .parts = 1000, .field = 65536, .header_section = 1 << 20};

#define PARTS 64

struct leaf {
    unsigned depth;
    bool text, plain;
    char type[64];
    uint64_t start, end; /* of header section and body, in the message */
    struct text utf8;
};

struct tree {
    struct span message;
    unsigned count;
    struct leaf parts[PARTS];
};

static void tree_read(struct tree *tree, struct span message)
{
    struct mime *mime = mime_new(&bounds);
    struct mime_event event;
    struct span rest = message;

    *tree = (struct tree){.message = message};
    do {
        rest = span_skip(rest, mime_read(mime, rest, true, &event));
        if (event.part == NULL || event.part->index >= PARTS)
            continue;
        struct leaf *leaf = &tree->parts[event.part->index];
        if (event.kind == MIME_FIELD && leaf->start == 0)
            leaf->start = event.at;
        if (event.kind == MIME_PART_BEGIN) {
            tree->count = event.part->index + 1;
            leaf->depth = event.part->depth;
            leaf->text = event.part->text && !event.part->multipart;
            leaf->plain = span_eq(event.part->subtype, SPAN("plain"));
            snprintf(leaf->type, sizeof(leaf->type), "%.*s/%.*s", (int)event.part->type.len,
                     event.part->type.ptr, (int)event.part->subtype.len, event.part->subtype.ptr);
            leaf->start = leaf->start == 0 ? event.at : leaf->start;
        }
        if (event.kind == MIME_TEXT && !event.rendered) {
            if (leaf->utf8.ptr == NULL)
                leaf->utf8 =
                    (struct text){.ptr = mem_alloc(8 * message.len + 1024), .size = 8 * message.len + 1024};
            text_add(&leaf->utf8, event.bytes);
        }
        if (event.kind == MIME_PART_END)
            leaf->end = event.at;
    } while (event.kind != MIME_END);
    mime_free(mime);
}

static void tree_free(struct tree *tree)
{
    for (unsigned i = 0; i < PARTS; i++)
        mem_free(tree->parts[i].utf8.ptr);
}

static struct span slice(const struct tree *tree, const struct leaf *leaf)
{
    return span_of(tree->message.ptr + leaf->start, leaf->end > leaf->start ? leaf->end - leaf->start : 0);
}

static bool ends_with(struct span s, struct span end)
{
    return s.len >= end.len && span_eq(span_skip(s, s.len - end.len), end);
}

/* `now` is `before` with the wording somewhere in it, and line ends around that. */
static bool has_wording(struct span now, struct span before, struct span wording)
{
    for (size_t at = 0; at + wording.len <= now.len; at++) {
        struct span head = span_first(now, at), tail = span_skip(now, at + wording.len);
        if (!span_eq(span_first(span_skip(now, at), wording.len), wording))
            continue;
        for (unsigned i = 0; i < 4; i++) {
            struct span h = head, t = tail;
            if ((i & 1) != 0 && ends_with(h, SPAN("\r\n")))
                h.len -= 2;
            if ((i & 2) != 0 && span_eq(span_first(t, 2), SPAN("\r\n")))
                t = span_skip(t, 2);
            if (h.len + t.len == before.len && span_eq(span_first(before, h.len), h) &&
                span_eq(span_skip(before, h.len), t))
                return true;
        }
    }
    return false;
}

static unsigned compare(const char *what, struct span before, struct span now)
{
    static struct tree old, new;
    unsigned changed = 0;
    int failures = test_failures;

    tree_read(&old, before);
    tree_read(&new, now);
    CHECK(old.count == new.count);
    for (unsigned i = 0; i < old.count && i < new.count &&i < PARTS &&test_failures == failures; i++) {
        struct leaf *a = &old.parts[i], *b = &new.parts[i];
        CHECK(strcmp(a->type, b->type) == 0 && a->depth == b->depth);
        if (i != 0 && (strncmp(a->type, "multipart", 9) == 0 || span_eq(slice(&old, a), slice(&new, b))))
            continue;
        if (i == 0 && (!a->text || span_eq(text_span(&a->utf8), text_span(&b->utf8))))
            continue;
        CHECK(a->text);
        CHECK(has_wording(text_span(&b->utf8), text_span(&a->utf8),
                          a->plain ? SPAN("Gr\xc3\xbc\xc3\x9f"
                                          "e")
                                   : SPAN("<p>Gr&#252;&#223;e</p>")));
        changed++;
    }
    if (test_failures != failures)
        fprintf(stderr, "  in %s:\n%.*s\n--- became\n%.*s\n", what, (int)before.len, before.ptr, (int)now.len,
                now.ptr);
    tree_free(&old);
    tree_free(&new);
    return changed;
}

#endif
