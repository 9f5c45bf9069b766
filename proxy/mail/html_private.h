/* html_private.h: the two halves of the reader of HTML. Private to mail/. */
#ifndef MAIL_HTML_PRIVATE_H
#define MAIL_HTML_PRIVATE_H

#include "mail/html.h"
#include "mail/output.h"

/* What becomes of an attribute's value. */
enum html_show { HTML_NOT_SHOWN, HTML_URL, HTML_NOTE };

static inline bool html_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

/* --- html_text.c: what a person reads */

/* One octet of text. */
void html_text(struct html *html, char c, struct output *out);
/* The word under way ends; `due` (' ' or '\n') comes before the next one. */
void html_end_word(struct html *html, char due, struct output *out);
/* One octet of an attribute's value; and its end. */
void html_value(struct html *html, char c, struct output *out);
void html_end_value(struct html *html, struct output *out);

/* --- html_tag.c: what the names of elements and attributes mean */

/* The tag has ended. Returns whether text that is not shown begins (html->hidden). */
bool html_tag_end(struct html *html, struct output *out);
/* What becomes of the value of the attribute whose name is kept. */
enum html_show html_attribute(const struct html *html);
/* The name of the element whose text is not shown. */
struct span html_hidden(const struct html *html);

#endif
