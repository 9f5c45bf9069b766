/* utf8.c: tells UTF-8 characters from octets that are none. Regular expressions are left to pattern.c. */
#include "filters/regex/utf8.h"

#include <stdint.h>
#include <stdlib.h>

enum { SUB = 0x1A };

/* RFC 3629 4, a lead octet with the range of the octet behind it; UTF8-tail follows up to the length.
 * UTF8-1 = %x00-7F
 * UTF8-2 = %xC2-DF UTF8-tail
 * UTF8-3 = %xE0 %xA0-BF UTF8-tail / %xE1-EC 2( UTF8-tail ) / %xED %x80-9F UTF8-tail / %xEE-EF 2( UTF8-tail )
 * UTF8-4 = %xF0 %x90-BF 2( UTF8-tail ) / %xF1-F3 3( UTF8-tail ) / %xF4 %x80-8F 2( UTF8-tail )
 * UTF8-tail = %x80-BF */
static const struct lead {
    unsigned char first, last, low, high, len;
} leads[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static const struct lead *lead_of(unsigned char octet)
{
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (octet >= leads[i].first && octet <= leads[i].last)
            return &leads[i];
    return NULL;
}

/* The octets of the character at the start of a text that is not empty; 0 when there is none. */
static size_t character(struct span text)
{
    const unsigned char *octet = (const unsigned char *)text.ptr;
    const struct lead *lead = lead_of(octet[0]);
    if (lead == NULL || lead->len > text.len)
        return 0;
    if (lead->len > 1 && (octet[1] < lead->low || octet[1] > lead->high))
        return 0;
    for (size_t i = 2; i < lead->len; i++)
        if (octet[i] < 0x80 || octet[i] > 0xBF)
            return 0;
    return lead->len;
}

/* The octets of ASCII at the start of the text, eight at a time. */
static size_t ascii(struct span text)
{
    size_t len = 0;
    uint64_t word;
    for (; text.len - len >= sizeof word; len += sizeof word) {
        memcpy(&word, text.ptr + len, sizeof word);
        if ((word & 0x8080808080808080u) != 0)
            break;
    }
    while (len < text.len && (unsigned char)text.ptr[len] < 0x80)
        len++;
    return len;
}

size_t utf8_whole(struct span text)
{
    for (size_t back = 1; back <= 3 && back <= text.len; back++) {
        const struct lead *lead = lead_of((unsigned char)text.ptr[text.len - back]);
        if (lead != NULL)
            return lead->len > back ? text.len - back : text.len;
    }
    return text.len;
}

bool utf8_valid(struct span text)
{
    for (;;) {
        text = span_skip(text, ascii(text));
        if (text.len == 0)
            return true;
        size_t len = character(text);
        if (len == 0)
            return false;
        text = span_skip(text, len);
    }
}

void utf8_mend(struct span text, char *out)
{
    while (text.len > 0) {
        size_t len = character(text);
        if (len > 0)
            memcpy(out, text.ptr, len);
        else
            *out = SUB;
        len += len == 0;
        out += len;
        text = span_skip(text, len);
    }
}

/* Octets at the start of a continued text that belong to a character before it. Too far from where a match
 * may start to be seen, they would only make a well-formed text need mending. */
static size_t torn(struct span text)
{
    size_t octets = 0;
    while (octets < 3 && octets < text.len && ((unsigned char)text.ptr[octets] & 0xC0) == 0x80)
        octets++;
    return octets;
}

bool utf8_read(struct utf8_text *out, struct span text, bool continues, bool more)
{
    out->skipped = continues ? torn(text) : 0;
    out->text = span_skip(text, out->skipped);
    if (more)
        out->text.len = utf8_whole(out->text);
    if (utf8_valid(out->text))
        return true;
    if (out->size < out->text.len) {
        char *mended = realloc(out->mended, out->text.len);
        if (mended == NULL)
            return false;
        out->mended = mended;
        out->size = out->text.len;
    }
    utf8_mend(out->text, out->mended);
    out->text.ptr = out->mended;
    return true;
}

void utf8_free(struct utf8_text *text)
{
    free(text->mended);
    *text = (struct utf8_text){.size = 0};
}
