/* lister_zip.c: names in zips. A member's name stands in two headers, and in each of them once more if there
 * is a Unicode Path Extra Field (APPNOTE.TXT 4.3.7, 4.3.12, 4.6.9); readers differ in which they go by, and a
 * forger lets them differ. So headers are found by their signatures, wherever they are. */
#include "filters/attachments/lister_private.h"

enum { EXTRA_UNICODE_PATH = 0x7075, UNICODE_PATH_HEAD = 5 };

/* The two kinds of headers: their length without the name, and where the lengths of name and extra fields
 * stand. */
static const struct layout {
    struct span signature;
    size_t fixed, name_len, extra_len;
} layouts[] = {
    {{"PK\3\4", 4}, 30, 26, 28},
    {{"PK\1\2", 4}, 46, 28, 30},
};

static size_t number(struct span octets, size_t at)
{
    return (size_t)(unsigned char)octets.ptr[at] | (size_t)(unsigned char)octets.ptr[at + 1] << 8;
}

/* The header at the head of the octets; NULL when there is none. */
static const struct layout *layout_of(struct span octets)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
        if (octets.len >= layouts[i].fixed && span_eq(span_first(octets, 4), layouts[i].signature))
            return &layouts[i];
    return NULL;
}

static void tell_extra(struct lister *lister, struct span extra)
{
    while (extra.len >= 4 && !lister->over) {
        size_t id = number(extra, 0), len = number(extra, 2);
        struct span value = span_first(span_skip(extra, 4), len);
        if (id == EXTRA_UNICODE_PATH && value.len > UNICODE_PATH_HEAD)
            lister_tell_name(lister, span_skip(value, UNICODE_PATH_HEAD));
        extra = span_skip(extra, 4 + value.len);
    }
}

static void tell_header(struct lister *lister, const struct layout *layout, struct span header)
{
    struct span rest = span_skip(header, layout->fixed);
    struct span name = span_first(rest, number(header, layout->name_len));

    lister_tell_name(lister, name);
    rest = span_skip(rest, name.len);
    tell_extra(lister, span_first(rest, number(header, layout->extra_len)));
}

void lister_zip_names(struct lister *lister, struct span octets)
{
    const char *at;

    while (!lister->over && (at = memmem(octets.ptr, octets.len, "PK", 2)) != NULL) {
        octets = span_skip(octets, (size_t)(at - octets.ptr));
        const struct layout *layout = layout_of(octets);
        if (layout != NULL)
            tell_header(lister, layout, octets);
        octets = span_skip(octets, 2);
    }
}
