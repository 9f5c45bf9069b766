/* html_text.c: words, the space between them, and the values of attributes, as they are shown; what is text
 * is left to html.c. */
#include "mail/html_private.h"

#define WORD_LONG 40 /* longer words are put in pieces, at the end of a character */

/* What has no width: U+00AD, U+200B..200D, U+2060, U+FEFF. */
static const struct span invisible[] = {
    {"\xc2\xad", 2},     {"\xe2\x80\x8b", 3}, {"\xe2\x80\x8c", 3},
    {"\xe2\x80\x8d", 3}, {"\xe2\x81\xa0", 3}, {"\xef\xbb\xbf", 3},
};
static const struct span no_break_space = {"\xc2\xa0", 2};

static void put_due(struct html *html, struct output *out)
{
    if (html->due != 0 && html->begun)
        output_put(out, html->due);
    html->due = 0;
    html->begun = true;
}

static void put_word(struct html *html, struct output *out)
{
    if (html->word_len == 0)
        return;
    put_due(html, out);
    memcpy(out->at, html->word, html->word_len);
    out->at += html->word_len;
    html->word_len = 0;
}

void html_end_word(struct html *html, char due, struct output *out)
{
    put_word(html, out);
    if (html->due != '\n')
        html->due = (uint8_t)due;
}

static bool take_suffix(struct html *html, struct span suffix)
{
    if (html->word_len < suffix.len ||
        memcmp(html->word + html->word_len - suffix.len, suffix.ptr, suffix.len) != 0)
        return false;
    html->word_len = (uint8_t)(html->word_len - suffix.len);
    return true;
}

void html_text(struct html *html, char c, struct output *out)
{
    bool goes_on = ((unsigned char)c & 0xc0) == 0x80; /* a character */

    if (html_is_space(c)) {
        html_end_word(html, ' ', out);
        return;
    }
    if ((html->word_len >= WORD_LONG && !goes_on) || html->word_len == sizeof(html->word))
        put_word(html, out);
    html->word[html->word_len++] = c;
    if (!goes_on || strchr("\xa0\xad\x8b\x8c\x8d\xbf", c) == NULL) /* what the ones below end in */
        return;
    if (take_suffix(html, no_break_space)) {
        html_end_word(html, ' ', out);
        return;
    }
    for (size_t i = 0; i < sizeof(invisible) / sizeof(invisible[0]); i++)
        if (take_suffix(html, invisible[i]))
            return;
}

size_t html_letters(struct html *html, struct span in)
{
    size_t room = html->word_len < WORD_LONG ? WORD_LONG - (size_t)html->word_len : 0, n = 0;

    for (; n < in.len && n < room; n++) {
        char c = in.ptr[n];
        if (c <= ' ' || c == '<' || c == '&')
            break;
        html->word[html->word_len + n] = c;
    }
    html->word_len = (uint8_t)(html->word_len + n);
    return n;
}

/* What readers drop from addresses (WHATWG, URL 4.4) is dropped. */
void html_value(struct html *html, char c, struct output *out)
{
    if (html->show == HTML_NOT_SHOWN)
        return;
    if (html_is_space(c)) {
        if (html->show == HTML_URL && c != ' ')
            return;
        c = ' ';
    }
    if (!html->opened) {
        html->due = html->due != 0 ? html->due : ' ';
        put_due(html, out);
        output_put(out, '<');
        html->opened = true;
    }
    output_put(out, (unsigned char)c);
}

size_t html_plain_value(struct html *html, struct span in, struct output *out)
{
    size_t room = (size_t)(out->end - out->at), n = 0;

    if (html->show == HTML_NOT_SHOWN || !html->opened || html->quote == 0 || room <= HTML_ROOM_MIN)
        return 0;
    in = span_first(in, room - HTML_ROOM_MIN);
    for (; n < in.len && in.ptr[n] != (char)html->quote && in.ptr[n] != '&' && !html_is_space(in.ptr[n]); n++)
        output_put(out, (unsigned char)in.ptr[n]);
    return n;
}

void html_end_value(struct html *html, struct output *out)
{
    if (html->opened) {
        output_put(out, '>');
        html->due = ' ';
    }
    html->opened = false;
    html->show = HTML_NOT_SHOWN;
}
