/* clean.c: finds bare CR, bare LF and NUL in content; undoing dots is left to dot.c. */
#include "smtp/clean.h"

unsigned clean_check(struct clean *clean, struct span content)
{
    unsigned faults = 0;
    char before = clean->after_cr ? '\r' : '\0';

    for (size_t i = 0; i < content.len; i++) {
        char c = content.ptr[i];
        if (c == '\n' && before != '\r')
            faults |= DOT_BARE_LF;
        if (before == '\r' && c != '\n')
            faults |= DOT_BARE_CR;
        if (c == '\0')
            faults |= DOT_NUL;
        before = c;
    }
    clean->after_cr = before == '\r';
    return faults;
}
