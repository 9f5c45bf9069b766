/* chars.h: character classes of the SMTP grammar in one 256-entry table. Rules made of them are left to
 * others. */
#ifndef SMTP_CHARS_H
#define SMTP_CHARS_H

#include <stdbool.h>
#include <stdint.h>

/* Named after the ABNF rules: RFC 5321 4.1.2, RFC 5322 3.2.3, RFC 3461 4 (xtext), RFC 5234 B.1. */
#define CHAR_ATEXT       0x0001u
#define CHAR_QTEXT       0x0002u /* qtextSMTP */
#define CHAR_LETDIG      0x0004u
#define CHAR_DIGIT       0x0008u
#define CHAR_HEXDIG      0x0010u
#define CHAR_DCONTENT    0x0020u
#define CHAR_ESMTP_VALUE 0x0040u /* esmtp-value: %d33-60 / %d62-126 */
#define CHAR_XCHAR       0x0080u
#define CHAR_VCHAR       0x0100u
#define CHAR_FTEXT       0x0200u /* header field name, RFC 5322 3.6.8 */
#define CHAR_BASE64      0x0400u /* with padding */

extern const uint16_t chars_table[256];

static inline bool chars_is(char c, unsigned mask)
{
    return (chars_table[(unsigned char)c] & mask) != 0;
}

/* The value of a HEXDIG; -1 when it is none. */
static inline int chars_hex(char c)
{
    if (!chars_is(c, CHAR_HEXDIG))
        return -1;
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

#endif
