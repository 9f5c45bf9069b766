/* lister_kinds.c: the kinds of archives that are read. Left out are those that a text can be taken for
 * (mtree), and compressions for which libarchive starts programs. */
#include <archive.h>

#include "filters/attachments/lister_private.h"

typedef int support_fn(struct archive *archive);

static support_fn *const compressions[] = {
    archive_read_support_filter_gzip, archive_read_support_filter_bzip2,
    archive_read_support_filter_xz,   archive_read_support_filter_lzma,
    archive_read_support_filter_lzip, archive_read_support_filter_zstd,
    archive_read_support_filter_lz4,  archive_read_support_filter_compress,
    archive_read_support_format_raw,  NULL,
};
static support_fn *const archives[] = {
    archive_read_support_format_zip,     archive_read_support_format_tar,
    archive_read_support_format_7zip,    archive_read_support_format_rar,
    archive_read_support_format_rar5,    archive_read_support_format_cab,
    archive_read_support_format_lha,     archive_read_support_format_cpio,
    archive_read_support_format_iso9660, NULL,
};

static bool support(struct archive *archive, support_fn *const *kinds)
{
    for (; *kinds != NULL; kinds++)
        if ((*kinds)(archive) != ARCHIVE_OK)
            return false;
    return true;
}

struct archive *lister_reader(enum lister_kinds which)
{
    struct archive *archive = archive_read_new();

    if (archive == NULL)
        return NULL;
    if (support(archive, compressions) && (which == LISTER_COMPRESSED || support(archive, archives)))
        return archive;
    (void)archive_read_free(archive);
    return NULL;
}

bool lister_ready(void)
{
    struct archive *archive = lister_reader(LISTER_ARCHIVES);

    (void)archive_read_free(archive);
    return archive != NULL;
}
