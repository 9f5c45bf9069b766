/* html.h: the text of HTML as a person would read it, good enough to be matched against; in pieces of any
 * size. UTF-8 in, UTF-8 out. No tree, no styles. */
#ifndef MAIL_HTML_H
#define MAIL_HTML_H

#include <stdint.h>

#include "postern/span.h"

/* Zeroed at the start of each text. Embedded by value. */
struct html {
    /* private */
    uint8_t state, quote, held;
    uint8_t space;  /* white space is due before the next character */
    uint8_t silent; /* inside an element whose text is not shown (script, style, head's title is shown) */
    char name[16];
    char kept[40]; /* of a tag, an entity or an attribute's value under way */
};

/* Converts from the head of in into at most `room` (at least 16) octets. Returns the octets used up; *made
 * says how many were put. Tags vanish (<br>, <p>, <div>, <tr>, <li> and the like become a line break; inline
 * ones join their neighbours, so that "v<b>ia</b>gra" is one word), comments and the content of script and
 * style vanish, entities are decoded, white space is collapsed, values of href, src and alt are put in angle
 * brackets behind a space. Never fails. */
size_t html_feed(struct html *html, struct span in, char *out, size_t room, size_t *made);
size_t html_finish(struct html *html, char out[64]);

#endif
