/* words.h: walks and composes lists of words parted by spaces, reads numbers. What a word means is left to
 * others. */
#ifndef SMTP_WORDS_H
#define SMTP_WORDS_H

#include "base/text.h"
#include "postern/span.h"

/* Takes the next word off *rest; false when only spaces and tabs are left. */
static inline bool words_next(struct span *rest, struct span *word)
{
    *rest = span_trim(*rest);
    *word = span_of(rest->ptr, 0);
    while (word->len < rest->len && rest->ptr[word->len] != ' ' && rest->ptr[word->len] != '\t')
        word->len++;
    if (word->len == 0)
        return false;
    *rest = span_skip(*rest, word->len);
    return true;
}

/* True when `wanted` is one of the words, in any case. */
static inline bool words_has(struct span words, struct span wanted)
{
    struct span word;

    while (words_next(&words, &word))
        if (span_eq_nocase(word, wanted))
            return true;
    return false;
}

/* Adds a word behind those in text, parted by one space. */
static inline void words_add(struct text *text, struct span word)
{
    if (text->len != 0)
        text_char(text, ' ');
    text_add(text, word);
}

/* 1*DIGIT with a value up to max (at least 9). false when it is none, or larger. */
static inline bool words_number(struct span s, uint64_t max, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit > 9 || *out > (max - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return s.len != 0;
}

#endif
