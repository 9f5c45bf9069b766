/* option.h: how a filter (or a section of proxy.yaml) declares its keys: one table, read by the loader, by
 * `postern check` and by the documentation. Reading YAML is left to config/. */
#ifndef POSTERN_OPTION_H
#define POSTERN_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The type of a key decides what is allowed in YAML and what is stored at `offset`. */
enum option_type {
    OPTION_BOOL,     /* bool            true | false */
    OPTION_INT,      /* int64_t         min..max */
    OPTION_SIZE,     /* uint64_t bytes  4096, 64KiB, 10MiB, 1GiB (KB, MB, GB: powers of 1000) */
    OPTION_DURATION, /* uint64_t ms     500ms, 30s, 5m, 1h */
    OPTION_STRING,   /* const char *    NULL when absent and without default */
    OPTION_ENUM,     /* int             index into words */
    OPTION_STRINGS, /* struct option_strings   scalar or sequence; an item "file:PATH" stands for the lines of
                       that file (blank lines and lines beginning with # are ignored) */
    OPTION_NETWORKS, /* struct option_networks  as OPTION_STRINGS, every item an address or CIDR network */
    OPTION_WORDS,    /* uint64_t        sequence of words, stored as a bit set (bit = index into words) */
    OPTION_MAP,      /* a struct in place at offset, decoded by the table `row` */
    OPTION_ROWS /* struct option_rows      sequence of maps, each decoded by `row` into `row_size` bytes */
};

/* Where an item of a list stands. */
struct option_place {
    const char *file; /* that its list names; NULL: in proxy.yaml itself */
    unsigned line;    /* of that file, from 1 */
};

struct option_strings {
    const char **items; /* each NUL-terminated */
    size_t count;
    const struct option_place *places; /* of the items as they were read; NULL: no file is named */
};

/* A network: family 4 or 6, address in network order, prefix length in bits. */
struct option_network {
    uint8_t family;
    uint8_t prefix;
    uint8_t address[16];
};

struct option_networks {
    struct option_network *items;
    size_t count;
};

struct option_rows {
    void *items; /* count structs of the row's size, one after the other */
    size_t count;
};

/* One key. A table ends with a row whose key is NULL. All memory that decoding needs lives as long as the
 * configuration generation; nothing in it is freed by the filter. */
struct option {
    const char *key;
    enum option_type type;
    size_t offset;            /* offsetof(struct …_config, member) */
    const char *fallback;     /* the default, written as in YAML; NULL: zero / absent */
    int64_t min, max;         /* OPTION_INT, and bytes or ms for SIZE, DURATION; both 0: any non-negative */
    const char *const *words; /* OPTION_ENUM, OPTION_WORDS: NULL-terminated list of what is allowed */
    const struct option *row; /* OPTION_MAP, OPTION_ROWS: the table of the inner keys */
    size_t row_size;          /* OPTION_ROWS: sizeof the inner struct */
    bool required;            /* absent is an error */
    const char *help;         /* one sentence for config/README.md */
};

#pragma GCC visibility push(default)
/* True when the network list holds the address (family 4 or 6, network order). */
bool option_networks_match(const struct option_networks *list, uint8_t family, const uint8_t *address);
#pragma GCC visibility pop

#endif
