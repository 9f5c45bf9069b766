/* scope.h: what a rule looks at. Looking is left to regex.c and parts.c. */
#ifndef REGEX_SCOPE_H
#define REGEX_SCOPE_H

#include "postern/filter.h"

enum scope_kind {
    SCOPE_HELO,      /* the name the client gave */
    SCOPE_HELO_LATE, /* the same, looked at when a message begins */
    SCOPE_FROM,      /* the reverse-path, empty for <> */
    SCOPE_TO,        /* each forward-path */
    SCOPE_ENVELOPE,  /* each of both */
    SCOPE_FIELD,     /* the value of each header field of one name */
    SCOPE_HEADERS,   /* each header field as "Name: value" */
    SCOPE_RAW,       /* the message, dots unstuffed */
    SCOPE_RAW_BODY,  /* what follows the header section, not decoded */
    SCOPE_BODY,      /* the text of each text part as UTF-8; of HTML also as a person reads it */
    SCOPE_PART,      /* of parts of a type: such texts, or octets, transfer encoding undone */
    SCOPE_FILENAME,  /* each name that a part is given */
    SCOPE_REPLY      /* each reply to the client */
};

struct scope {
    enum scope_kind kind;
    struct span field;         /* FIELD: the name */
    struct span type, subtype; /* PART; "*" for any */
};

/* Reads "header:Subject" and the like. What is wrong with it, static text, or NULL. */
const char *scope_parse(struct scope *scope, struct span text);
bool scope_same(const struct scope *a, const struct scope *b);
/* Bits of the events at which it shows. */
unsigned scope_events(const struct scope *scope);
/* True for what arrives in pieces. */
bool scope_streams(const struct scope *scope);
/* True for what comes behind the header section. */
bool scope_late(const struct scope *scope);
/* True for what there is without a message, or where each of several is answered by itself. */
bool scope_apart(const struct scope *scope);
/* True for what is shown as UTF-8. */
bool scope_characters(const struct scope *scope);
/* PART, BODY: whether its texts are of this part. */
bool scope_has(const struct scope *scope, const struct filter_part *part);

/* field-name = 1*ftext
 * ftext = %d33-57 / %d59-126          RFC 5322 3.6.8
 * No longer than leaves room on a line of 78 octets (2.1.1). */
bool scope_field_name(struct span name);

#endif
