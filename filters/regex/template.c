/* template.c: texts with names in them. */
#include "filters/regex/template.h"

#include <assert.h>

/* text = *( "$$" / "${" name "}" / %x00-23 / %x25-FF )
 * name = 1*63( ALPHA / DIGIT / "_" ), no DIGIT first: as PCRE2 has it for groups */
static bool name_octet(char c)
{
    char lower = span_lower_byte(c);

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* The name at the head of s, behind "${"; absent when there is none. */
static struct span name_of(struct span s)
{
    size_t len = 0;

    while (len < s.len && len < TEMPLATE_NAME - 1 && name_octet(s.ptr[len]))
        len++;
    if (len == 0 || len == s.len || s.ptr[len] != '}' || (s.ptr[0] >= '0' && s.ptr[0] <= '9'))
        return span_of(NULL, 0);
    return span_first(s, len);
}

/* Takes the next thing off the head of *s: text as it is, or a name. */
static struct span next(struct span *s, bool *named)
{
    const char *dollar = memchr(s->ptr, '$', s->len);
    struct span piece;

    *named = false;
    if (dollar != s->ptr) {
        piece = span_first(*s, dollar != NULL ? (size_t)(dollar - s->ptr) : s->len);
        *s = span_skip(*s, piece.len);
        return piece;
    }
    if (s->len > 1 && s->ptr[1] == '{') {
        piece = name_of(span_skip(*s, 2));
        *named = true;
        if (piece.ptr != NULL)
            *s = span_skip(*s, piece.len + 3);
        return piece;
    }
    if (s->len < 2 || s->ptr[1] != '$')
        return span_of(NULL, 0);
    piece = span_first(*s, 1);
    *s = span_skip(*s, 2);
    return piece;
}

const char *template_read(struct template *out, const char *text)
{
    struct span rest = span_str(text);
    bool named;

    out->text = span_of(NULL, 0);
    while (rest.len != 0)
        if (next(&rest, &named).ptr == NULL)
            return "\"$\" begins a name, such as ${amount}, or another \"$\"";
    out->text = span_str(text);
    return NULL;
}

bool template_name(const struct template *template, unsigned n, char name[TEMPLATE_NAME])
{
    struct span rest = template->text;

    while (rest.len != 0) {
        bool named;
        struct span piece = next(&rest, &named);
        if (!named || n-- != 0)
            continue;
        memcpy(name, piece.ptr, piece.len);
        name[piece.len] = '\0';
        return true;
    }
    return false;
}

static size_t put(char *out, size_t room, struct span piece)
{
    size_t len = piece.len < room ? piece.len : room;

    if (len != 0)
        memcpy(out, piece.ptr, len);
    return len;
}

static size_t put_harmless(char *out, size_t room, struct span value)
{
    size_t len = put(out, room, span_first(value, TEMPLATE_VALUE));

    for (size_t i = 0; i < len; i++)
        if (out[i] < ' ' || out[i] > '~')
            out[i] = '?';
    return len;
}

size_t template_fill(const struct template *template, template_lookup *lookup, const void *arg, char *out,
                     size_t room)
{
    struct span rest = template->text;
    size_t len = 0;

    while (rest.len != 0) {
        bool named;
        char name[TEMPLATE_NAME];
        struct span piece = next(&rest, &named);
        if (!named) {
            len += put(out + len, room - len, piece);
            continue;
        }
        assert(piece.ptr != NULL); /* it has been read before */
        memcpy(name, piece.ptr, piece.len);
        name[piece.len] = '\0';
        len += put_harmless(out + len, room - len, lookup(arg, name));
    }
    return len;
}
