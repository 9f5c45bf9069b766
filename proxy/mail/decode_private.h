/* decode_private.h: the decoders as decode.c calls them. Private to mail/. */
#ifndef MAIL_DECODE_PRIVATE_H
#define MAIL_DECODE_PRIVATE_H

#include "mail/decode.h"
#include "mail/output.h"

/* The value of a hexadecimal digit; -1: it is none. */
static inline int hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Each as decode_feed() and decode_finish(). */
size_t base64_feed(struct decode *decode, struct span in, struct output *out);
void base64_finish(struct decode *decode, struct output *out);
size_t quoted_feed(struct decode *decode, struct span in, struct output *out);
void quoted_finish(struct decode *decode, struct output *out);
size_t uuencode_feed(struct decode *decode, struct span in, struct output *out);
void uuencode_finish(struct decode *decode, struct output *out);

#endif
