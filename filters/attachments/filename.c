/* filename.c: the readings of a file name. A name is copied, as much as is visible of it, and cut in the
 * copy.
 */
#include "filters/attachments/filename.h"

#include <stdint.h>
#include <stdlib.h>

/* Characters without a width or that change direction (Unicode: Cf). */
static const struct {
    uint32_t first, last;
} unseen[] = {
    {0x0001, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD}, {0x061C, 0x061C}, {0x180E, 0x180E},
    {0x200B, 0x200F}, {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
};

/* The UTF-8 character at the head; an octet that begins none is taken for itself. */
static uint32_t character(struct span text, size_t *len)
{
    unsigned char lead = (unsigned char)text.ptr[0];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
    uint32_t value = want == 1 ? lead : lead & (0x7FU >> want);

    *len = 1;
    if (want == 1)
        return lead < 0x80 ? lead : UINT32_MAX;
    for (size_t i = 1; i < want; i++) {
        if (i >= text.len || ((unsigned char)text.ptr[i] & 0xC0) != 0x80)
            return UINT32_MAX;
        value = value << 6 | ((unsigned char)text.ptr[i] & 0x3F);
    }
    *len = want;
    return value;
}

static bool is_unseen(uint32_t value)
{
    for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
        if (value >= unseen[i].first && value <= unseen[i].last)
            return true;
    return false;
}

/* Copies what is seen of the name; returns its length. NUL stays: it is where some readers end. */
static size_t keep_seen(struct span name, char *out)
{
    size_t made = 0, len;

    for (; name.len > 0; name = span_skip(name, len)) {
        if (is_unseen(character(name, &len)))
            continue;
        memcpy(out + made, name.ptr, len);
        made += len;
    }
    return made;
}

static int hex(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, span_lower_byte(c)) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* pct-encoded = "%" HEXDIG HEXDIG ; RFC 3986 2.1. In place; returns the length. */
static size_t undo_percent(char *ptr, size_t len)
{
    size_t made = 0;

    for (size_t i = 0; i < len; i++) {
        int high = ptr[i] == '%' && len - i > 2 ? hex(ptr[i + 1]) : -1;
        int low = high >= 0 ? hex(ptr[i + 2]) : -1;
        if (low >= 0)
            ptr[made++] = (char)(high * 16 + low);
        else
            ptr[made++] = ptr[i];
        i += low >= 0 ? 2 : 0;
    }
    return made;
}

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

/* The last component, without what Windows drops at its end. */
static struct span base_name(struct span path)
{
    size_t begin;

    while (path.len > 0 &&
           (strchr(". \t", path.ptr[path.len - 1]) != NULL || is_slash(path.ptr[path.len - 1])))
        path.len--;
    for (begin = path.len; begin > 0 && !is_slash(path.ptr[begin - 1]); begin--)
        continue;
    return span_skip(path, begin);
}

/* The text up to its first c; absent when there is none. */
static struct span up_to(struct span text, char c)
{
    const char *at = text.len > 0 ? memchr(text.ptr, c, text.len) : NULL;

    return at != NULL ? span_of(text.ptr, (size_t)(at - text.ptr)) : span_of(NULL, 0);
}

/* Without its NULs. In place. */
static struct span without_nul(char *ptr, size_t len)
{
    size_t made = 0;

    for (size_t i = 0; i < len; i++)
        if (ptr[i] != '\0')
            ptr[made++] = ptr[i];
    return span_of(ptr, made);
}

/* The readings of a name of which only what is seen is left. */
static bool read_seen(char *ptr, size_t len, filename_fn *fn, void *arg)
{
    struct span cut = base_name(up_to(span_of(ptr, len), '\0'));
    struct span whole;

    if (cut.len > 0 && !fn(arg, cut))
        return false;
    whole = base_name(without_nul(ptr, len));
    cut = base_name(up_to(whole, ':'));
    if (cut.len > 0 && !fn(arg, cut))
        return false;
    return whole.len == 0 || fn(arg, whole);
}

int filename_read(struct span name, filename_fn *fn, void *arg)
{
    char *copy = malloc(2 * name.len + 1), *seen;
    size_t len;

    if (copy == NULL)
        return -1;
    seen = copy + name.len;
    if (!read_seen(seen, keep_seen(name, seen), fn, arg) || up_to(name, '%').ptr == NULL) {
        free(copy);
        return 0;
    }
    memcpy(copy, name.ptr, name.len);
    len = undo_percent(copy, name.len);
    (void)read_seen(seen, keep_seen(span_of(copy, len), seen), fn, arg);
    free(copy);
    return 0;
}
