/* html.h: the text of HTML as a person would read it, good enough to be matched against; in pieces of any
 * size. UTF-8 in, UTF-8 out. No tree, no styles. */
#ifndef MAIL_HTML_H
#define MAIL_HTML_H

#include <stdint.h>

#include "postern/span.h"

/* Zeroed at the start of each text. Embedded by value. */
struct html {
    /* private */
    uint8_t state, resume; /* resume: the state around an entity */
    uint8_t due;           /* white space before the next word: none, ' ' or '\n' */
    bool begun;            /* something has been put */
    bool closing;          /* the tag under way is an end tag */
    bool hex;              /* the entity under way is "&#x…" */
    uint8_t quote;         /* what ends the value under way; 0: white space does */
    uint8_t show;          /* what becomes of that value */
    bool opened;           /* its "<" has been put */
    uint8_t hidden;        /* one more than the element whose text is not shown; 0: it is shown */
    uint8_t matched;       /* octets of what would end a comment, or that element */
    uint8_t tag_len, kept_len, word_len;
    uint32_t number;
    char tag[16];
    char kept[16]; /* the name of an attribute or an entity */
    char word[48]; /* put when it ends, so that nothing comes between its letters */
};

#define HTML_ROOM_MIN 64

/* Converts from the head of in into at most `room` (at least HTML_ROOM_MIN) octets. Returns the octets used
 * up; *made says how many were put. Tags vanish (<br>, <p>, <div>, <tr>, <li> and the like become a line
 * break; inline ones join their neighbours, so that "v<b>ia</b>gra" is one word), comments and the content of
 * script and style vanish, and so do characters of no width; entities are decoded, white space is collapsed;
 * values of href, src and alt are put in angle brackets before the word in which they stand. Never fails. */
size_t html_feed(struct html *html, struct span in, char *out, size_t room, size_t *made);
size_t html_finish(struct html *html, char out[HTML_ROOM_MIN]);

#endif
