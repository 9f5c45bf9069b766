/* octets.c: a run of octets that grows at its end and is used up at its beginning. */
#include "filters/disclaimer/octets.h"

#include <stdlib.h>

bool octets_add(struct octets *octets, struct span s)
{
    if (s.len == 0)
        return true;
    if (octets->size - octets->len < s.len) {
        size_t size = 2 * octets->len + s.len;
        char *ptr = realloc(octets->ptr, size);
        if (ptr == NULL)
            return false;
        octets->ptr = ptr;
        octets->size = size;
    }
    memcpy(octets->ptr + octets->len, s.ptr, s.len);
    octets->len += s.len;
    return true;
}

void octets_drop(struct octets *octets, size_t n)
{
    if (n == 0)
        return;
    octets->len -= n;
    memmove(octets->ptr, octets->ptr + n, octets->len);
}

void octets_free(struct octets *octets)
{
    free(octets->ptr);
    *octets = (struct octets){NULL, 0, 0};
}
