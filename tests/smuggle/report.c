/* report.c: tells and counts disagreements. */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

#define TOLD_MOST 20

static unsigned long disagreements;

void report_disagreement(struct span input, const char *what)
{
    if (++disagreements > TOLD_MOST)
        return;
    fprintf(stderr, "\"");
    for (size_t i = 0; i < input.len; i++) {
        unsigned char c = (unsigned char)input.ptr[i];
        fprintf(stderr, c >= ' ' && c < 0x7f ? "%c" : c == '\r' ? "\\r" : c == '\n' ? "\\n" : "\\x%02x", c);
    }
    fprintf(stderr, "\": %s\n", what);
}

int report_end(unsigned long count, const char *things)
{
    printf("%lu %s, %lu disagreements\n", count, things, disagreements);
    return disagreements == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
