/* lab_spool.c: spool files in memory, on a disk that can be full or broken. */
#include "lab.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"

struct spool_file {
    struct lab_bytes bytes;
};

struct spool_file *lab_spool_open(struct world *world)
{
    struct lab *lab = (struct lab *)world;
    struct spool_file *file = lab->disk_broken ? NULL : mem_alloc(sizeof(*file));

    if (file != NULL)
        lab->files++;
    return file;
}

int lab_spool_write(struct world *world, struct spool_file *file, struct span s)
{
    struct lab *lab = (struct lab *)world;

    if (s.len > lab->disk)
        return -ENOSPC;
    lab->disk -= s.len;
    lab_bytes_add(&file->bytes, s);
    return 0;
}

long lab_spool_read(struct world *world, struct spool_file *file, uint64_t offset, char *to, size_t len)
{
    const struct lab *lab = (struct lab *)world;
    size_t left;

    if (lab->disk_broken)
        return -EIO;
    if (offset >= file->bytes.len)
        return 0;
    left = file->bytes.len - (size_t)offset;
    if (len > left)
        len = left;
    memcpy(to, file->bytes.ptr + offset, len);
    return (long)len;
}

void lab_spool_close(struct world *world, struct spool_file *file)
{
    struct lab *lab = (struct lab *)world;

    assert(lab->files > 0);
    lab->files--;
    lab_bytes_free(&file->bytes);
    mem_free(file);
}
