/* detect.c: libmagic, which is for one thread at a time: each thread has its own, made when it first asks and
 * closed when it ends. */
#include "filters/attachments/detect.h"

#include <magic.h>
#include <threads.h>

static once_flag once = ONCE_FLAG_INIT;
static tss_t key;
static bool keyed;

static void close_magic(void *magic)
{
    magic_close(magic);
}

static void make_key(void)
{
    keyed = tss_create(&key, close_magic) == thrd_success;
}

/* Octets that its regular expressions look at: by default it takes several times as long for a text. */
static const size_t regex_most = 1024;

/* The thread's own; NULL when it cannot be made. Compressed data is not looked into: that would start
 * programs. */
static magic_t own_magic(void)
{
    magic_t magic;

    call_once(&once, make_key);
    if (!keyed)
        return NULL;
    magic = tss_get(key);
    if (magic != NULL)
        return magic;
    magic = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);
    if (magic == NULL)
        return NULL;
    if (magic_load(magic, NULL) != 0 || magic_setparam(magic, MAGIC_PARAM_REGEX_MAX, &regex_most) != 0 ||
        tss_set(key, magic) != thrd_success) {
        magic_close(magic);
        return NULL;
    }
    return magic;
}

const char *detect_type(struct span octets)
{
    magic_t magic = own_magic();

    return magic != NULL ? magic_buffer(magic, octets.ptr, octets.len) : NULL;
}
