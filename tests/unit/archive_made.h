/* archive_made.h: archives made in memory, by libarchive or octet by octet, for tests of what reads them. */
#ifndef ARCHIVE_MADE_H
#define ARCHIVE_MADE_H

#include <archive.h>
#include <archive_entry.h>

#include "test.h"

#define MADE_MOST (1u << 20)

/* An archive under way, or done. */
struct made {
    struct archive *writer;
    char octets[MADE_MOST];
    size_t len;
};

/* kind: zip, 7zip, gnutar, pax, iso9660, cpio, raw; compression: none, gzip, bzip2, xz, zstd, lzma, compress;
 * options as archive_write_set_options() has them, or NULL. */
static inline void made_begin(struct made *made, const char *kind, const char *compression,
                              const char *options)
{
    made->len = 0;
    made->writer = archive_write_new();
    REQUIRE(made->writer != NULL);
    REQUIRE(archive_write_set_format_by_name(made->writer, kind) == ARCHIVE_OK);
    if (strcmp(compression, "none") != 0)
        REQUIRE(archive_write_add_filter_by_name(made->writer, compression) == ARCHIVE_OK);
    REQUIRE(options == NULL || archive_write_set_options(made->writer, options) == ARCHIVE_OK);
    if (options != NULL && strstr(options, "encryption") != NULL)
        REQUIRE(archive_write_set_passphrase(made->writer, "secret") == ARCHIVE_OK);
    REQUIRE(archive_write_set_bytes_in_last_block(made->writer, 1) == ARCHIVE_OK);
    REQUIRE(archive_write_open_memory(made->writer, made->octets, sizeof(made->octets), &made->len) ==
            ARCHIVE_OK);
}

static inline void made_add(struct made *made, const char *name, struct span octets)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)octets.len);
    REQUIRE(archive_write_header(made->writer, entry) == ARCHIVE_OK);
    REQUIRE(archive_write_data(made->writer, octets.ptr, octets.len) == (la_ssize_t)octets.len);
    archive_entry_free(entry);
}

static inline struct span made_end(struct made *made)
{
    REQUIRE(archive_write_close(made->writer) == ARCHIVE_OK);
    REQUIRE(archive_write_free(made->writer) == ARCHIVE_OK);
    return span_of(made->octets, made->len);
}

/* One member only. */
static inline struct span made_of(struct made *made, const char *kind, const char *compression,
                                  const char *name, struct span octets)
{
    made_begin(made, kind, compression, NULL);
    made_add(made, name, octets);
    return made_end(made);
}

/* A zip in a zip in ..., `depth` of them, around this member. Valid as long as both. */
static inline struct span made_nested(struct made *one, struct made *other, unsigned depth, const char *name,
                                      struct span octets)
{
    for (unsigned i = 0; i < depth; i++) {
        octets = made_of(i % 2 == 0 ? one : other, "zip", "none", i == 0 ? name : "inner.zip", octets);
    }
    return octets;
}

#endif
