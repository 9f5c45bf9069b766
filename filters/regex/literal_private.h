/* literal_private.h: a reader of regular expressions, for the files of literal. Private to regex/. */
#ifndef REGEX_LITERAL_PRIVATE_H
#define REGEX_LITERAL_PRIVATE_H

#include "filters/regex/literal.h"

#define LITERAL_WIDTH_MAX 4096 /* octets; more is endless */

/* What matches of a part of the expression are like. */
struct shape {
    unsigned min, max; /* octets; max at most LITERAL_WIDTH_MAX */
    size_t count;      /* of literals, of which each match holds one; 0: unknown */
    struct literal literals[LITERALS_MAX];
};

/* One thing that may be repeated. */
enum atom {
    ATOM_CHARACTER, /* itself, in `character` */
    ATOM_SET,       /* one of several: reader->shape has its width alone */
    ATOM_GROUP,
    ATOM_NOTHING /* without width */
};

struct reader {
    const char *at;
    bool utf, caseless;
    bool lost; /* something is not understood */
    unsigned nested;
    char character[4];
    size_t character_len;
};

/* Each takes one thing off the head of what is to be read, and says what it is; *shape: what matches of it.
 * Something that is not understood: reader->lost. */
enum atom literal_lose(struct reader *reader);
enum atom literal_any(const struct reader *reader, struct shape *shape);
enum atom literal_plain(struct reader *reader, struct shape *shape);
/* Behind a backslash; behind "[". */
enum atom literal_escape(struct reader *reader, struct shape *shape);
enum atom literal_class(struct reader *reader, struct shape *shape);

#endif
