/* html.c: takes HTML apart into text, tags and entities (WHATWG, HTML 13.2.5, as far as text goes); what they
 * mean is html_tag.c's and html_entity.c's, what is shown html_text.c's. */
#include "mail/html_entity.h"
#include "mail/html_private.h"

enum {
    TEXT,
    TAG_OPEN,     /* behind "<" */
    END_TAG_OPEN, /* behind "</" */
    TAG_NAME,
    BEFORE_ATTRIBUTE,
    ATTRIBUTE,
    AFTER_ATTRIBUTE,
    BEFORE_VALUE,
    VALUE,
    MARKUP, /* behind "<!", or "<!-" when `matched` */
    COMMENT,
    BOGUS_COMMENT, /* up to ">" */
    HIDDEN,        /* up to the end tag of the element */
    ENTITY,        /* behind "&" */
    NAMED,
    NUMBER, /* behind "&#" */
    DIGITS
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of a digit of the number under way; -1: it is none. */
static int digit_of(const struct html *html, char c)
{
    char lower = span_lower_byte(c);

    if (is_digit(c))
        return c - '0';
    return html->hex && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Names that are too long are cut: no known one is. */
static void keep(char *name, size_t size, uint8_t *len, char c)
{
    if (*len < size)
        name[(*len)++] = c;
}

/* Each of the functions below takes one octet, in the state of its name, and returns whether it is used up;
 * if not, the next state takes it. */

/* --- text and entities ---------------------------------------------------------------------------------- */

static bool in_text(struct html *html, char c, struct output *out)
{
    if (c == '<') {
        html->state = TAG_OPEN;
    } else if (c == '&') {
        html->resume = TEXT;
        html->state = ENTITY;
    } else {
        html_text(html, c, out);
    }
    return true;
}

/* Text or value, as the entity stands in one or the other. */
static void put(struct html *html, char c, struct output *out)
{
    if (html->resume == VALUE)
        html_value(html, c, out);
    else
        html_text(html, c, out);
}

static void put_character(struct html *html, uint32_t code, struct output *out)
{
    if (code < 0x80) {
        put(html, (char)code, out);
        return;
    }
    if (code < 0x800) {
        put(html, (char)(0xc0 | code >> 6), out);
    } else if (code < 0x10000) {
        put(html, (char)(0xe0 | code >> 12), out);
    } else {
        put(html, (char)(0xf0 | code >> 18), out);
        put(html, (char)(0x80 | (code >> 12 & 0x3f)), out);
    }
    if (code >= 0x800)
        put(html, (char)(0x80 | (code >> 6 & 0x3f)), out);
    put(html, (char)(0x80 | (code & 0x3f)), out);
}

/* It was no entity: what has been read stands for itself. */
static void put_kept(struct html *html, struct output *out)
{
    put(html, '&', out);
    for (unsigned i = 0; i < html->kept_len; i++)
        put(html, html->kept[i], out);
    html->state = html->resume;
}

static bool in_entity(struct html *html, char c, struct output *out)
{
    html->kept_len = 0;
    html->hex = false;
    html->number = 0;
    if (c != '#' && !is_letter(c)) {
        put_kept(html, out);
        return false;
    }
    keep(html->kept, sizeof(html->kept), &html->kept_len, c);
    html->state = c == '#' ? NUMBER : NAMED;
    return true;
}

/* Without ";" a name counts in text, but not in addresses, where "&copy=1" is another thing. */
static bool in_named(struct html *html, char c, struct output *out)
{
    uint32_t code = 0;

    if ((is_letter(c) || is_digit(c)) && html->kept_len <= HTML_ENTITY_MAX) {
        keep(html->kept, sizeof(html->kept), &html->kept_len, c);
        return true;
    }
    if (c == ';' || html->resume == TEXT)
        code = html_entity(span_of(html->kept, html->kept_len));
    if (code == 0) {
        put_kept(html, out);
        return false;
    }
    html->state = html->resume;
    put_character(html, code, out);
    return c == ';';
}

static bool in_number(struct html *html, char c, struct output *out)
{
    if (!html->hex && span_lower_byte(c) == 'x') {
        html->hex = true;
        keep(html->kept, sizeof(html->kept), &html->kept_len, c);
        return true;
    }
    if (digit_of(html, c) < 0)
        put_kept(html, out);
    else
        html->state = DIGITS;
    return false;
}

static bool in_digits(struct html *html, char c, struct output *out)
{
    int digit = digit_of(html, c);

    if (digit >= 0) {
        if (html->number <= 0x10ffff)
            html->number = html->number * (html->hex ? 16 : 10) + (uint32_t)digit;
        return true;
    }
    html->state = html->resume;
    put_character(html, html_number(html->number), out);
    return c == ';';
}

/* --- tags ----------------------------------------------------------------------------------------------- */

static bool in_tag_open(struct html *html, char c, struct output *out)
{
    html->closing = false;
    html->tag_len = 0;
    html->matched = 0;
    if (c == '/' || c == '!') {
        html->state = c == '/' ? END_TAG_OPEN : MARKUP;
        return true;
    }
    if (is_letter(c)) {
        html->state = TAG_NAME;
    } else if (c == '?') {
        html->state = BOGUS_COMMENT;
    } else {
        html_text(html, '<', out);
        html->state = TEXT;
    }
    return false;
}

static bool in_end_tag_open(struct html *html, char c, struct output *out)
{
    (void)out;
    html->closing = true;
    html->state = is_letter(c) ? TAG_NAME : BOGUS_COMMENT;
    return false;
}

static bool in_tag_name(struct html *html, char c, struct output *out)
{
    (void)out;
    if (html_is_space(c) || c == '/' || c == '>') {
        html->state = BEFORE_ATTRIBUTE;
        return false;
    }
    keep(html->tag, sizeof(html->tag), &html->tag_len, span_lower_byte(c));
    return true;
}

static bool before_attribute(struct html *html, char c, struct output *out)
{
    if (html_is_space(c) || c == '/')
        return true;
    if (c == '>') {
        html->state = html_tag_end(html, out) ? HIDDEN : TEXT;
        html->matched = 0;
        return true;
    }
    html->kept[0] = span_lower_byte(c);
    html->kept_len = 1;
    html->state = ATTRIBUTE;
    return true;
}

static bool in_attribute(struct html *html, char c, struct output *out)
{
    (void)out;
    if (c == '=') {
        html->state = BEFORE_VALUE;
        return true;
    }
    if (html_is_space(c) || c == '/' || c == '>') {
        html->state = html_is_space(c) ? AFTER_ATTRIBUTE : BEFORE_ATTRIBUTE;
        return false;
    }
    keep(html->kept, sizeof(html->kept), &html->kept_len, span_lower_byte(c));
    return true;
}

static bool after_attribute(struct html *html, char c, struct output *out)
{
    (void)out;
    if (html_is_space(c))
        return true;
    html->state = c == '=' ? BEFORE_VALUE : BEFORE_ATTRIBUTE;
    return c == '=';
}

static bool before_value(struct html *html, char c, struct output *out)
{
    (void)out;
    if (html_is_space(c))
        return true;
    if (c == '>') {
        html->state = BEFORE_ATTRIBUTE;
        return false;
    }
    html->show = (uint8_t)html_attribute(html);
    html->quote = c == '"' || c == '\'' ? (uint8_t)c : 0;
    html->state = VALUE;
    return html->quote != 0;
}

static bool in_value(struct html *html, char c, struct output *out)
{
    bool end = html->quote != 0 ? c == (char)html->quote : html_is_space(c) || c == '>';

    if (end) {
        html_end_value(html, out);
        html->state = BEFORE_ATTRIBUTE;
        return html->quote != 0;
    }
    if (c == '&') {
        html->resume = VALUE;
        html->state = ENTITY;
    } else {
        html_value(html, c, out);
    }
    return true;
}

/* --- what is not shown ---------------------------------------------------------------------------------- */

static bool in_markup(struct html *html, char c, struct output *out)
{
    (void)out;
    if (c != '-') {
        html->state = BOGUS_COMMENT;
        return false;
    }
    if (++html->matched == 2)
        html->state = COMMENT;
    return true;
}

/* Ends with "-->" or "--!>"; and so, as it has begun with "--", do "<!-->" and "<!--->". */
static bool in_comment(struct html *html, char c, struct output *out)
{
    (void)out;
    if (c == '>' && html->matched >= 2)
        html->state = TEXT;
    else if (c == '-')
        html->matched = html->matched < 2 ? (uint8_t)(html->matched + 1) : 2;
    else
        html->matched = c == '!' && html->matched == 2 ? 3 : 0;
    return true;
}

static bool in_bogus_comment(struct html *html, char c, struct output *out)
{
    (void)out;
    if (c == '>')
        html->state = TEXT;
    return true;
}

/* Ends with "</", the element's name, and what ends a name. */
static bool in_hidden(struct html *html, char c, struct output *out)
{
    struct span name = html_hidden(html);

    (void)out;
    if (html->matched == 2 + name.len && (html_is_space(c) || c == '/' || c == '>')) {
        memcpy(html->tag, name.ptr, name.len);
        html->tag_len = (uint8_t)name.len;
        html->closing = true;
        html->state = BEFORE_ATTRIBUTE;
        return false;
    }
    if ((html->matched == 1 && c == '/') || (html->matched >= 2 && html->matched < 2 + name.len &&
                                             span_lower_byte(c) == name.ptr[html->matched - 2]))
        html->matched++;
    else
        html->matched = c == '<';
    return true;
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static bool (*const take[])(struct html *html, char c, struct output *out) = {
    [TEXT] = in_text,
    [TAG_OPEN] = in_tag_open,
    [END_TAG_OPEN] = in_end_tag_open,
    [TAG_NAME] = in_tag_name,
    [BEFORE_ATTRIBUTE] = before_attribute,
    [ATTRIBUTE] = in_attribute,
    [AFTER_ATTRIBUTE] = after_attribute,
    [BEFORE_VALUE] = before_value,
    [VALUE] = in_value,
    [MARKUP] = in_markup,
    [COMMENT] = in_comment,
    [BOGUS_COMMENT] = in_bogus_comment,
    [HIDDEN] = in_hidden,
    [ENTITY] = in_entity,
    [NAMED] = in_named,
    [NUMBER] = in_number,
    [DIGITS] = in_digits,
};

size_t html_feed(struct html *html, struct span in, char *out, size_t room, size_t *made)
{
    struct output output = {out, out + room};
    size_t used = 0;

    while (used < in.len && output_room(&output, HTML_ROOM_MIN))
        used += take[html->state](html, in.ptr[used], &output) ? 1 : 0;
    *made = (size_t)(output.at - out);
    return used;
}

/* An octet that is in no name and no number ends what is under way, and is not put itself. */
size_t html_finish(struct html *html, char out[HTML_ROOM_MIN])
{
    struct output output = {out, out + HTML_ROOM_MIN};

    if (html->state == ENTITY)
        html->kept_len = 0;
    if (html->state == TAG_OPEN)
        html_text(html, '<', &output);
    else if (html->state == ENTITY || html->state == NUMBER)
        put_kept(html, &output);
    else if (html->state == NAMED || html->state == DIGITS)
        (void)take[html->state](html, '\0', &output);
    html_end_value(html, &output);
    html_end_word(html, ' ', &output);
    return (size_t)(output.at - out);
}
