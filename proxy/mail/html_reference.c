/* html_reference.c: entities in text and in values, by name or number (WHATWG, HTML 13.2.5.72 to 80); what
 * they stand for is html_entity.c's. */
#include "mail/html_entity.h"
#include "mail/html_private.h"

/* The value of a digit of the number under way; -1: it is none. */
static int digit_of(const struct html *html, char c)
{
    char lower = span_lower_byte(c);

    if (html_is_digit(c))
        return c - '0';
    return html->hex && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Text or value, as the entity stands in one or the other. */
static void put(struct html *html, char c, struct output *out)
{
    if (html->resume == HTML_VALUE)
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

void html_put_kept(struct html *html, struct output *out)
{
    put(html, '&', out);
    for (unsigned i = 0; i < html->kept_len; i++)
        put(html, html->kept[i], out);
    html->state = html->resume;
}

bool html_in_entity(struct html *html, char c, struct output *out)
{
    html->kept_len = 0;
    html->hex = false;
    html->number = 0;
    if (c != '#' && !html_is_letter(c)) {
        html_put_kept(html, out);
        return false;
    }
    html_keep(html->kept, sizeof(html->kept), &html->kept_len, c);
    html->state = c == '#' ? HTML_NUMBER : HTML_NAMED;
    return true;
}

/* Without ";" a name counts in text, but not in addresses, where "&copy=1" is another thing. */
bool html_in_named(struct html *html, char c, struct output *out)
{
    uint32_t code = 0;

    if ((html_is_letter(c) || html_is_digit(c)) && html->kept_len <= HTML_ENTITY_MAX) {
        html_keep(html->kept, sizeof(html->kept), &html->kept_len, c);
        return true;
    }
    if (c == ';' || html->resume == HTML_TEXT)
        code = html_entity(span_of(html->kept, html->kept_len));
    if (code == 0) {
        html_put_kept(html, out);
        return false;
    }
    html->state = html->resume;
    put_character(html, code, out);
    return c == ';';
}

bool html_in_number(struct html *html, char c, struct output *out)
{
    if (!html->hex && span_lower_byte(c) == 'x') {
        html->hex = true;
        html_keep(html->kept, sizeof(html->kept), &html->kept_len, c);
        return true;
    }
    if (digit_of(html, c) < 0)
        html_put_kept(html, out);
    else
        html->state = HTML_DIGITS;
    return false;
}

bool html_in_digits(struct html *html, char c, struct output *out)
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
