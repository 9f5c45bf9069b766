/* charset_private.h: what the names of charsets stand for, as charset.c asks. Private to mail/. */
#ifndef MAIL_CHARSET_PRIVATE_H
#define MAIL_CHARSET_PRIVATE_H

#include "mail/charset.h"

/* How a text is read. */
enum charset_kind {
    CHARSET_GUESS, /* UTF-8 where it is valid, else Windows-1252 */
    CHARSET_UTF8,
    CHARSET_1252,
    CHARSET_ICONV
};

/* The kind that a name stands for; *known is the name by which iconv knows it. */
enum charset_kind charset_named(struct span name, struct span *known);
/* Octets of each code unit of what iconv knows by this name. */
uint8_t charset_unit(struct span known);
/* The character that Windows-1252 has at this octet. */
uint16_t charset_1252(uint8_t octet);

#endif
