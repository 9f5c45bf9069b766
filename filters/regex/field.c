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

int field_compose(struct field *field, struct span name, struct span value, struct span *line,
                  struct span *unfolded)
{
    static const struct span separator = {": ", 2};
    size_t head = name.len + separator.len;
    if (!reserve(field, head + value.len))
        return -1;
    memcpy(field->ptr, name.ptr, name.len);
    memcpy(field->ptr + name.len, separator.ptr, separator.len);
    *unfolded = span_of(field->ptr + head, unfold(value, field->ptr + head));
    *line = span_of(field->ptr, head + unfolded->len);
    return 0;
}

void field_free(struct field *field)
{
    free(field->ptr);
    *field = (struct field){NULL, 0};
}
