/* fuzz.c: the entry that libFuzzer and replay.c call, choices, and the comparison of all ways to cut an
 * input. What must hold of a parser is left to the file of its name. */
#include "fuzz.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= FUZZ_OCTETS_MAX)
        fuzz_one(span_of((const char *)data, size));
    return 0;
}

_Noreturn void fuzz_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

unsigned fuzz_choice(struct span *in, unsigned n)
{
    if (in->len == 0)
        return 0;
    in->len--;
    return (unsigned char)in->ptr[in->len] % n;
}

size_t fuzz_position(struct span *in)
{
    size_t high = fuzz_choice(in, 256), low = fuzz_choice(in, 256);

    return (high << 8 | low) % (in->len + 1);
}

struct span fuzz_copy(struct span s)
{
    char *copy = malloc(s.len);

    DEMAND(copy != NULL);
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    return span_of(copy, s.len);
}

void fuzz_free(struct span copy)
{
    free((void *)copy.ptr);
}

size_t fuzz_piece_end(struct fuzz_cut cut, size_t from, size_t len)
{
    size_t end = from < cut.first ? cut.first : from + cut.step;

    return end < len ? end : len;
}

struct span fuzz_every_way(struct span in, size_t at, fuzz_feed *feed)
{
    static char whole_octets[1 << 20], octets[1 << 20];
    const struct fuzz_cut cuts[] = {{1, 1}, {at, in.len + 1}, {at, 1 + at % 23}};
    struct text whole = TEXT(whole_octets);

    feed(in, (struct fuzz_cut){in.len, 1}, &whole);
    DEMAND(!whole.cut);
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct text told = TEXT(octets);
        feed(in, cuts[i], &told);
        DEMAND(span_eq(text_span(&told), text_span(&whole)));
    }
    return text_span(&whole);
}

/* Counts down to the failure. */
static bool gate(void *arg, size_t size)
{
    unsigned *left = arg;

    (void)size;
    return *left == 0 || --*left != 0;
}

void fuzz_starve(unsigned n)
{
    static unsigned left;

    left = n;
    mem_set_gate(gate, &left);
}
