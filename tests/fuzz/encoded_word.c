/* Fuzzes mail/encoded_word.c: text that has no words is itself but for white space; a word before or behind
 * is read whatever stands beside it; little room cuts and writes nothing beyond. */
#include "mail/encoded_word.h"

#include <stdlib.h>

#include "fuzz.h"

static uint64_t read(struct span in, size_t room, struct text *told)
{
    struct span value = fuzz_copy(in);
    char *octets = malloc(room);
    struct text to = {octets, 0, room, false};
    uint64_t anomalies;

    DEMAND(octets != NULL);
    anomalies = encoded_word_text(value, &to);
    DEMAND(to.len <= room);
    if (told != NULL)
        text_add(told, text_span(&to));
    DEMAND(told == NULL || !to.cut);
    free(octets);
    fuzz_free(value);
    return anomalies;
}

static bool is_word(struct span in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] <= ' ' || in.ptr[i] == '=' || in.ptr[i] == '?')
            return false;
    return true;
}

void fuzz_one(struct span in)
{
    static char octets[2][1 << 17];
    struct text told = TEXT(octets[0]), longer = TEXT(octets[1]), again = TEXT(octets[0]);
    size_t little = fuzz_position(&in);
    uint64_t anomalies = read(in, 4 * in.len + 64, &told);

    (void)read(in, little, NULL);
    if (is_word(in))
        DEMAND(anomalies == 0 && span_eq(text_span(&told), in));
    text_add(&longer, SPAN("=?utf-8?q?first?= "));
    text_add(&longer, in);
    (void)read(text_span(&longer), 4 * longer.len + 64, &again);
    DEMAND(again.len >= 5 && memcmp(again.ptr, "first", 5) == 0);
}
