/* field.c: puts a header field on one line. Which rule looks at it is left to regex.c. */
#include "filters/regex/field.h"

#include <stdlib.h>

static bool reserve(struct field *field, size_t size)
{
    if (field->size >= size)
        return true;
    char *ptr = realloc(field->ptr, size);
    if (ptr == NULL)
        return false;
    field->ptr = ptr;
    field->size = size;
    return true;
}

static bool is_wsp(char c)
{
    return c == ' ' || c == '\t';
}

/* Unfolding removes any CRLF that is immediately followed by WSP (RFC 5322 2.2.3); the value may begin on the
 * second line. Returns the octets written. */
static size_t unfold(struct span value, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.len - i > 2 && value.ptr[i] == '\r' && value.ptr[i + 1] == '\n' && is_wsp(value.ptr[i + 2]))
            i++;
        else if (len > 0 || !is_wsp(value.ptr[i]))
            out[len++] = value.ptr[i];
    }
    while (len > 0 && is_wsp(out[len - 1]))
        len--;
    return len;
}

/* Puts "Name: " where `room` octets of value are to follow; NULL when memory is short. */
static char *begin(struct field *field, struct span name, size_t room)
{
    static const struct span separator = {": ", 2};
    if (!reserve(field, name.len + separator.len + room))
        return NULL;
    memcpy(field->ptr, name.ptr, name.len);
    memcpy(field->ptr + name.len, separator.ptr, separator.len);
    return field->ptr + name.len + separator.len;
}

static void end(const struct field *field, char *value, size_t len, struct span *line, struct span *text)
{
    *text = span_of(value, len);
    *line = span_of(field->ptr, (size_t)(value - field->ptr) + len);
}

int field_compose(struct field *field, struct span name, struct span value, struct span *line,
                  struct span *unfolded)
{
    char *at = begin(field, name, value.len);
    if (at == NULL)
        return -1;
    end(field, at, unfold(value, at), line, unfolded);
    return 0;
}

/* True for a value that may mean something else than it says: encoded words, octets beyond ASCII. */
static bool encoded(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] >= 0x80 ||
            (value.ptr[i] == '=' && i + 1 < value.len && value.ptr[i + 1] == '?'))
            return true;
    return false;
}

int field_decode(struct field *field, struct span name, struct span value, struct span *line,
                 struct span *text, bool *same)
{
    *same = !encoded(value);
    if (*same)
        return 0;
    char *at = begin(field, name, 3 * value.len);
    if (at == NULL)
        return -1;
    end(field, at, filter_field_text(value, at, 3 * value.len), line, text);
    return 0;
}

void field_free(struct field *field)
{
    free(field->ptr);
    *field = (struct field){NULL, 0};
}
