/* html_private.h: the two halves of the reader of HTML. Private to mail/. */
#ifndef MAIL_HTML_PRIVATE_H
#define MAIL_HTML_PRIVATE_H

#include "mail/html.h"
#include "mail/output.h"

/* Where the reader is. */
enum html_state {
    HTML_TEXT,
    HTML_TAG_OPEN,     /* behind "<" */
    HTML_END_TAG_OPEN, /* behind "</" */
    HTML_TAG_NAME,
    HTML_BEFORE_ATTRIBUTE,
    HTML_ATTRIBUTE,
    HTML_AFTER_ATTRIBUTE,
    HTML_BEFORE_VALUE,
    HTML_VALUE,
    HTML_MARKUP, /* behind "<!", or "<!-" when `matched` */
    HTML_COMMENT,
    HTML_BOGUS_COMMENT, /* up to ">" */
    HTML_HIDDEN,        /* up to the end tag of the element */
    HTML_ENTITY,        /* behind "&" */
    HTML_NAMED,
    HTML_NUMBER, /* behind "&#" */
    HTML_DIGITS
};

/* What becomes of an attribute's value. */
enum html_show { HTML_NOT_SHOWN, HTML_URL, HTML_NOTE };

static inline bool html_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static inline bool html_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool html_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Names that are too long are cut: no known one is. */
static inline void html_keep(char *name, size_t size, uint8_t *len, char c)
{
    if (*len < size)
        name[(*len)++] = c;
}

/* --- html_text.c: what a person reads */

/* One octet of text. */
void html_text(struct html *html, char c, struct output *out);
/* Octets of `in` that are plainly text and go into the word under way, as many as it has room for. */
size_t html_letters(struct html *html, struct span in);
/* The word under way ends; `due` (' ' or '\n') comes before the next one. */
void html_end_word(struct html *html, char due, struct output *out);
/* One octet of an attribute's value; and its end. */
void html_value(struct html *html, char c, struct output *out);
/* Octets of `in` that are plainly more of a value that is shown, as many as there is room for. */
size_t html_plain_value(struct html *html, struct span in, struct output *out);
void html_end_value(struct html *html, struct output *out);

/* --- html_reference.c: each takes one octet, in the state of its name, and returns whether it is used up */

bool html_in_entity(struct html *html, char c, struct output *out);
bool html_in_named(struct html *html, char c, struct output *out);
bool html_in_number(struct html *html, char c, struct output *out);
bool html_in_digits(struct html *html, char c, struct output *out);
/* It was no entity: what has been read stands for itself. */
void html_put_kept(struct html *html, struct output *out);

/* --- html_tag.c: what the names of elements and attributes mean */

/* The tag has ended. Returns whether text that is not shown begins (html->hidden). */
bool html_tag_end(struct html *html, struct output *out);
/* What becomes of the value of the attribute whose name is kept. */
enum html_show html_attribute(const struct html *html);
/* The name of the element whose text is not shown. */
struct span html_hidden(const struct html *html);

#endif
