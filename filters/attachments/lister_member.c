/* lister_member.c: the octets of one member of an archive: counted, and kept as far as they may be. */
#include <archive.h>
#include <stdlib.h>

#include "filters/attachments/lister_private.h"

enum { MEMBER_LEAST = 4096 };

/* How many octets a member's memory may have. */
static size_t most(const struct member *member, const struct lister *lister)
{
    return member->size + (size_t)(lister->bounds->memory - lister->held);
}

/* Room for so many octets more, which may be kept; false: memory is short. */
static bool reserve(struct member *member, struct lister *lister, size_t more)
{
    size_t need = member->len + more, size = need > 2 * member->size ? need : 2 * member->size;
    char *ptr;

    if (need <= member->size)
        return true;
    size = size < MEMBER_LEAST ? MEMBER_LEAST : size;
    size = size > most(member, lister) ? most(member, lister) : size;
    ptr = realloc(member->ptr, size);
    if (ptr == NULL) {
        lister->failed = lister->over = true;
        return false;
    }
    lister->held += size - member->size;
    member->ptr = ptr;
    member->size = size;
    return true;
}

/* Once something did not fit, the member is not kept on. */
static void keep(struct member *member, struct lister *lister, struct span octets)
{
    struct span fitting = span_first(octets, most(member, lister) - member->len);

    if (member->dropped || octets.len == 0)
        return;
    member->dropped = fitting.len < octets.len;
    if (fitting.len == 0 || !reserve(member, lister, fitting.len))
        return;
    memcpy(member->ptr + member->len, fitting.ptr, fitting.len);
    member->len += fitting.len;
}

enum reading member_read(struct member *member, struct lister *lister, struct archive *archive,
                         struct span name)
{
    const void *block;
    size_t len;
    la_int64_t offset;
    int rc;

    while (!lister->over) {
        rc = archive_read_data_block(archive, &block, &len, &offset);
        if (rc == ARCHIVE_EOF)
            return READING_DONE;
        if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
            return rc == ARCHIVE_FATAL ? READING_LOST : READING_BROKEN;
        if (!lister_affords(lister, len, name))
            break;
        lister->unpacked += len;
        lister->bounds->unpacked -= len;
        keep(member, lister, span_of(block, len));
    }
    return READING_DONE;
}

void member_free(struct member *member, struct lister *lister)
{
    free(member->ptr);
    lister->held -= member->size;
    *member = (struct member){.ptr = NULL};
}
