/* html.c: takes HTML apart into text, tags and entities (WHATWG, HTML 13.2.5, as far as text goes); what they
 * mean is html_tag.c's and html_reference.c's, what is shown html_text.c's. */
#include "mail/html_private.h"

/* Each of the functions below takes one octet, in the state of its name, and returns whether it is used up;
 * if not, the next state takes it. */

/* --- text ----------------------------------------------------------------------------------------------- */

static bool in_text(struct html *html, char c, struct output *out)
{
    if (c == '<') {
        html->state = HTML_TAG_OPEN;
    } else if (c == '&') {
        html->resume = HTML_TEXT;
        html->state = HTML_ENTITY;
    } else {
        html_text(html, c, out);
    }
    return true;
}

/* --- tags ----------------------------------------------------------------------------------------------- */

static bool in_tag_open(struct html *html, char c, struct output *out)
{
    html->closing = false;
    html->tag_len = 0;
    html->matched = 0;
    if (c == '/' || c == '!') {
        html->state = c == '/' ? HTML_END_TAG_OPEN : HTML_MARKUP;
        return true;
    }
    if (html_is_letter(c)) {
        html->state = HTML_TAG_NAME;
    } else if (c == '?') {
        html->state = HTML_BOGUS_COMMENT;
    } else {
        html_text(html, '<', out);
        html->state = HTML_TEXT;
    }
    return false;
}

static bool in_end_tag_open(struct html *html, char c, struct output *out)
{
    (void)out;
    html->closing = true;
    html->state = html_is_letter(c) ? HTML_TAG_NAME : HTML_BOGUS_COMMENT;
    return false;
}

static bool in_tag_name(struct html *html, char c, struct output *out)
{
    (void)out;
    if (html_is_space(c) || c == '/' || c == '>') {
        html->state = HTML_BEFORE_ATTRIBUTE;
        return false;
    }
    html_keep(html->tag, sizeof(html->tag), &html->tag_len, span_lower_byte(c));
    return true;
}

static bool before_attribute(struct html *html, char c, struct output *out)
{
    if (html_is_space(c) || c == '/')
        return true;
    if (c == '>') {
        html->state = html_tag_end(html, out) ? HTML_HIDDEN : HTML_TEXT;
        html->matched = 0;
        return true;
    }
    html->kept[0] = span_lower_byte(c);
    html->kept_len = 1;
    html->state = HTML_ATTRIBUTE;
    return true;
}

static bool in_attribute(struct html *html, char c, struct output *out)
{
    (void)out;
    if (c == '=') {
        html->state = HTML_BEFORE_VALUE;
        return true;
    }
    if (html_is_space(c) || c == '/' || c == '>') {
        html->state = html_is_space(c) ? HTML_AFTER_ATTRIBUTE : HTML_BEFORE_ATTRIBUTE;
        return false;
    }
    html_keep(html->kept, sizeof(html->kept), &html->kept_len, span_lower_byte(c));
    return true;
}

static bool after_attribute(struct html *html, char c, struct output *out)
{
    (void)out;
    if (html_is_space(c))
        return true;
    html->state = c == '=' ? HTML_BEFORE_VALUE : HTML_BEFORE_ATTRIBUTE;
    return c == '=';
}

static bool before_value(struct html *html, char c, struct output *out)
{
    (void)out;
    if (html_is_space(c))
        return true;
    if (c == '>') {
        html->state = HTML_BEFORE_ATTRIBUTE;
        return false;
    }
    html->show = (uint8_t)html_attribute(html);
    html->quote = c == '"' || c == '\'' ? (uint8_t)c : 0;
    html->state = HTML_VALUE;
    return html->quote != 0;
}

static bool in_value(struct html *html, char c, struct output *out)
{
    bool end = html->quote != 0 ? c == (char)html->quote : html_is_space(c) || c == '>';

    if (end) {
        html_end_value(html, out);
        html->state = HTML_BEFORE_ATTRIBUTE;
        return html->quote != 0;
    }
    if (c == '&') {
        html->resume = HTML_VALUE;
        html->state = HTML_ENTITY;
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
        html->state = HTML_BOGUS_COMMENT;
        return false;
    }
    if (++html->matched == 2)
        html->state = HTML_COMMENT;
    return true;
}

/* Ends with "-->" or "--!>"; and so, as it has begun with "--", do "<!-->" and "<!--->". */
static bool in_comment(struct html *html, char c, struct output *out)
{
    (void)out;
    if (c == '>' && html->matched >= 2)
        html->state = HTML_TEXT;
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
        html->state = HTML_TEXT;
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
        html->state = HTML_BEFORE_ATTRIBUTE;
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
    [HTML_TEXT] = in_text,
    [HTML_TAG_OPEN] = in_tag_open,
    [HTML_END_TAG_OPEN] = in_end_tag_open,
    [HTML_TAG_NAME] = in_tag_name,
    [HTML_BEFORE_ATTRIBUTE] = before_attribute,
    [HTML_ATTRIBUTE] = in_attribute,
    [HTML_AFTER_ATTRIBUTE] = after_attribute,
    [HTML_BEFORE_VALUE] = before_value,
    [HTML_VALUE] = in_value,
    [HTML_MARKUP] = in_markup,
    [HTML_COMMENT] = in_comment,
    [HTML_BOGUS_COMMENT] = in_bogus_comment,
    [HTML_HIDDEN] = in_hidden,
    [HTML_ENTITY] = html_in_entity,
    [HTML_NAMED] = html_in_named,
    [HTML_NUMBER] = html_in_number,
    [HTML_DIGITS] = html_in_digits,
};

/* Octets up to the first c. */
static size_t up_to(struct span s, char c)
{
    const char *found = memchr(s.ptr, c, s.len);

    return found != NULL ? (size_t)(found - s.ptr) : s.len;
}

/* Octets that change nothing but the word or the value under way, at once. */
static size_t pass(struct html *html, struct span in, struct output *out)
{
    switch (html->state) {
    case HTML_TEXT:
        return html_letters(html, in);
    case HTML_VALUE:
        if (html->show == HTML_NOT_SHOWN && html->quote != 0)
            return up_to(in, (char)html->quote);
        return html_plain_value(html, in, out);
    case HTML_COMMENT:
        return html->matched == 0 ? up_to(in, '-') : 0;
    case HTML_BOGUS_COMMENT:
        return up_to(in, '>');
    case HTML_HIDDEN:
        return html->matched == 0 ? up_to(in, '<') : 0;
    default:
        return 0;
    }
}

size_t html_feed(struct html *html, struct span in, char *out, size_t room, size_t *made)
{
    struct output output = {out, out + room};
    size_t used = 0;

    while (used < in.len && output_room(&output, HTML_ROOM_MIN)) {
        used += pass(html, span_skip(in, used), &output);
        if (used < in.len)
            used += take[html->state](html, in.ptr[used], &output) ? 1 : 0;
    }
    *made = (size_t)(output.at - out);
    return used;
}

/* An octet that is in no name and no number ends what is under way, and is not put itself. */
size_t html_finish(struct html *html, char out[HTML_ROOM_MIN])
{
    struct output output = {out, out + HTML_ROOM_MIN};

    if (html->state == HTML_ENTITY)
        html->kept_len = 0;
    if (html->state == HTML_TAG_OPEN)
        html_text(html, '<', &output);
    else if (html->state == HTML_ENTITY || html->state == HTML_NUMBER)
        html_put_kept(html, &output);
    else if (html->state == HTML_NAMED || html->state == HTML_DIGITS)
        (void)take[html->state](html, '\0', &output);
    html_end_value(html, &output);
    html_end_word(html, ' ', &output);
    return (size_t)(output.at - out);
}
