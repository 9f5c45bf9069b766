/* charset_text.c: the whole of a text into UTF-8 in lent memory; pieces are charset.c's. */
#include "mail/charset.h"

#define BLOCK 1024

void charset_add(struct charset *charset, struct span s, struct text *to)
{
    char block[BLOCK];
    size_t used, made;

    do {
        used = charset_feed(charset, s, block, sizeof(block), &made);
        text_add(to, span_of(block, made));
        s = span_skip(s, used);
    } while (s.len != 0 && (used != 0 || made != 0));
}

void charset_end(struct charset *charset, struct text *to)
{
    char rest[CHARSET_FINISH_MAX];

    text_add(to, span_of(rest, charset_finish(charset, rest)));
}

uint64_t charset_convert(struct span name, struct span s, struct text *to)
{
    struct charset charset = {0};

    charset_open(&charset, name);
    charset_add(&charset, s, to);
    charset_end(&charset, to);
    charset_close(&charset);
    return charset.anomalies;
}
