/* pending.c: a run of octets that grows at its end and is used up at its beginning. */
#include "filters/disclaimer/pending.h"

#include <stdlib.h>

bool pending_add(struct pending *pending, struct span s)
{
    if (s.len == 0)
        return true;
    if (pending->size - pending->len < s.len) {
        size_t size = 2 * pending->len + s.len;
        char *ptr = realloc(pending->ptr, size);
        if (ptr == NULL)
            return false;
        pending->ptr = ptr;
        pending->size = size;
    }
    memcpy(pending->ptr + pending->len, s.ptr, s.len);
    pending->len += s.len;
    return true;
}

void pending_drop(struct pending *pending, size_t n)
{
    if (n == 0)
        return;
    pending->len -= n;
    memmove(pending->ptr, pending->ptr + n, pending->len);
}

void pending_free(struct pending *pending)
{
    free(pending->ptr);
    *pending = (struct pending){NULL, 0, 0};
}
