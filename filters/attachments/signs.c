/* signs.c: how archives begin and what they are called. */
#include "filters/attachments/signs.h"

#define SIGN(offset_, octets_)                                                                               \
    {                                                                                                        \
        (offset_),                                                                                           \
        {                                                                                                    \
            (octets_), sizeof(octets_) - 1                                                                   \
        }                                                                                                    \
    }

static const struct {
    size_t offset;
    struct span octets;
} beginnings[] = {
    SIGN(0, "PK\3\4"),             /* zip */
    SIGN(0, "PK\5\6"),             /* zip without members */
    SIGN(0, "PK\7\10"),            /* zip of several volumes */
    SIGN(0, "7z\xBC\xAF\x27\x1C"), /* 7z */
    SIGN(0, "Rar!\x1A\x07"),       /* rar */
    SIGN(0, "\x1F\x8B\x08"),       /* gzip */
    SIGN(4, "1AY&SY"),             /* bzip2 */
    SIGN(0, "\xFD\x37zXZ"),        /* xz */
    SIGN(0, "\x28\xB5\x2F\xFD"),   /* zstd */
    SIGN(0, "\x1F\x9D"),           /* compress */
    SIGN(0, "LZIP\1"),             /* lzip */
    SIGN(0, "MSCF\0\0\0\0"),       /* cabinet */
    SIGN(257, "ustar"),            /* tar */
    SIGN(32769, "CD001"),          /* ISO 9660 */
};

static const char *const endings[] = {
    ".zip", ".7z",  ".rar",  ".tar", ".gz",  ".tgz", ".bz2", ".tbz2", ".xz",
    ".txz", ".zst", ".tzst", ".cab", ".lzh", ".lha", ".iso", ".jar",  ".lz",
};

bool signs_begin(struct span octets)
{
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        struct span sign = beginnings[i].octets;
        size_t offset = beginnings[i].offset;
        if (octets.len >= offset + sign.len && memcmp(octets.ptr + offset, sign.ptr, sign.len) == 0)
            return true;
    }
    return false;
}

bool signs_name(struct span name)
{
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        struct span ending = span_str(endings[i]);
        if (name.len > ending.len && span_eq_nocase(span_skip(name, name.len - ending.len), ending))
            return true;
    }
    return false;
}
