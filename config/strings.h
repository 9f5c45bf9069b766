/* strings.h: the items of a list of texts, with those of the files it names. What the texts mean is left to
 * decode.c. */
#ifndef CONFIG_STRINGS_H
#define CONFIG_STRINGS_H

#include "config/decode.h"

/* One text and where it stands. */
struct entry {
    struct entry *next;
    const char *text;
    struct node *node; /* the item of the list */
    const char *file;  /* NULL: written in the item itself */
    unsigned line;     /* in the file */
};

/* Zeroed by the caller. */
struct entries {
    struct entry *first, *last;
    size_t count;
};

/* Collects the items of a list (a text alone is a list of one). Complains about items that are not text and
 * files that cannot be read; the others are collected all the same. */
void strings_collect(struct decoder *decoder, struct node *list, struct entries *out);

#endif
