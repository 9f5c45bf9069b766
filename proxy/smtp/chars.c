/* chars.c: the table of character classes; rules made of them are left to others. */
#include "smtp/chars.h"

/* What nearly every visible character belongs to. */
#define GRAPHIC (CHAR_QTEXT | CHAR_DCONTENT | CHAR_ESMTP_VALUE | CHAR_XCHAR | CHAR_VCHAR | CHAR_FTEXT)
#define SYMBOL  (GRAPHIC | CHAR_ATEXT)
#define ALNUM   (SYMBOL | CHAR_LETDIG | CHAR_BASE64)

const uint16_t chars_table[256] = {
    [' '] = CHAR_QTEXT,
    ['!'] = SYMBOL,
    ['"'] = GRAPHIC & ~CHAR_QTEXT,
    ['#' ... '\''] = SYMBOL,
    ['(' ... ')'] = GRAPHIC,
    ['*'] = SYMBOL,
    ['+'] = (SYMBOL & ~CHAR_XCHAR) | CHAR_BASE64,
    [','] = GRAPHIC,
    ['-'] = SYMBOL,
    ['.'] = GRAPHIC,
    ['/'] = SYMBOL | CHAR_BASE64,
    ['0' ... '9'] = ALNUM | CHAR_DIGIT | CHAR_HEXDIG,
    [':'] = GRAPHIC & ~CHAR_FTEXT,
    [';' ... '<'] = GRAPHIC,
    ['='] = (SYMBOL & ~(CHAR_ESMTP_VALUE | CHAR_XCHAR)) | CHAR_BASE64,
    ['>'] = GRAPHIC,
    ['?'] = SYMBOL,
    ['@'] = GRAPHIC,
    ['A' ... 'F'] = ALNUM | CHAR_HEXDIG,
    ['G' ... 'Z'] = ALNUM,
    ['['] = GRAPHIC & ~CHAR_DCONTENT,
    ['\\'] = GRAPHIC & ~(CHAR_QTEXT | CHAR_DCONTENT),
    [']'] = GRAPHIC & ~CHAR_DCONTENT,
    ['^' ... '`'] = SYMBOL,
    ['a' ... 'f'] = ALNUM | CHAR_HEXDIG,
    ['g' ... 'z'] = ALNUM,
    ['{' ... '~'] = SYMBOL,
};
