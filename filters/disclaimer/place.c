/* place.c: looks for <body …> and </body> in a page that arrives in pieces of any size. */
#include "filters/disclaimer/place.h"

static const struct span opening = {"<body", 5}, closing = {"</body", 6};

/* Inside the tag. True: it is over; a > in an attribute's value does not end it. */
static bool read_inside(struct place *place, char c)
{
    if (place->quote == '\0' && (c == '"' || c == '\''))
        place->quote = c;
    else if (place->quote == c)
        place->quote = '\0';
    return place->quote == '\0' && c == '>';
}

static bool ends_name(char c)
{
    return c == '>' || c == '/' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One more octet. True: the opening tag is over. */
static bool read_tag(struct place *place, char c)
{
    size_t matched = place->matched;
    bool fits = matched == opening.len ? ends_name(c)
                                       : matched < opening.len && span_lower_byte(c) == opening.ptr[matched];

    if (matched > opening.len)
        return read_inside(place, c);
    if (fits)
        place->matched++;
    else
        place->matched = c == '<' ? 1 : 0;
    return place->matched > opening.len && c == '>';
}

static bool read_to_tag(struct place *place, struct span *in, struct span *pass)
{
    size_t n = 0;

    while (n < in->len && !place->found)
        place->found = read_tag(place, in->ptr[n++]);
    *pass = span_first(*in, n);
    *in = span_skip(*in, n);
    return place->found;
}

/* All that was held back passes. */
static struct span let_go(struct place *place)
{
    struct span tail = span_of(place->tail, place->held);

    place->held = 0;
    return tail;
}

/* From the closing tag on octets are held back. */
static void read_to_end(struct place *place, struct span *in, struct span *pass)
{
    *pass = span_of(place->tail, 0);
    if (place->held == 0) {
        const char *tag = memchr(in->ptr, '<', in->len);
        *pass = span_first(*in, tag != NULL ? (size_t)(tag - in->ptr) : in->len);
        *in = span_skip(*in, pass->len);
        if (tag == NULL)
            return;
    }
    while (in->len != 0) {
        if (place->held < closing.len && place->held != 0 &&
            span_lower_byte(in->ptr[0]) != closing.ptr[place->held]) {
            if (pass->len == 0)
                *pass = let_go(place);
            return;
        }
        if (place->held == sizeof(place->tail)) {
            if (pass->len == 0)
                *pass = let_go(place);
            return;
        }
        place->tail[place->held++] = in->ptr[0];
        *in = span_skip(*in, 1);
    }
}

bool place_read(struct place *place, struct span *in, struct span *pass)
{
    if (place->kind == PLACE_BEHIND_BODY_TAG && !place->found)
        return read_to_tag(place, in, pass);
    if (place->kind == PLACE_BEFORE_BODY_END) {
        read_to_end(place, in, pass);
        return false;
    }
    *pass = *in;
    *in = span_skip(*in, in->len);
    return false;
}

struct span place_end(const struct place *place)
{
    return span_of(place->tail, place->held);
}
