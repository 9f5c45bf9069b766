/* decode.h: fills a struct from a map of nodes by a table of options. What the values mean to the program is
 * left to those who own the table. */
#ifndef CONFIG_DECODE_H
#define CONFIG_DECODE_H

#include "config/complaint.h"
#include "config/node.h"
#include "postern/option.h"

/* What decoding works with. Everything decoded lives in the arena. */
struct decoder {
    struct arena *arena;
    struct complaints *complaints;
    const char *directory; /* what "file:" paths are relative to */
};

/* A table and the zeroed struct that it fills; NULL: its keys are known, but decoded by others. */
struct section {
    const struct option *options;
    void *into;
};

/* Decodes a map whose keys come from several tables. Keys that are absent get their defaults; keys in no
 * table are complaints. A map that was left out in the file is as good as an empty one. */
void decode_map(struct decoder *decoder, struct node *map, const struct section *sections, size_t count);

/* Zeroed memory that lives as long as the configuration; NULL (noted as a complaint) when there is none. */
void *decode_alloc(struct decoder *decoder, size_t size);

#endif
