/* regex.h: a message under way, as the files of regex see it. Private to regex/. */
#ifndef REGEX_REGEX_H
#define REGEX_REGEX_H

#include "filters/regex/field.h"
#include "filters/regex/rules.h"
#include "filters/regex/scan.h"

/* What is known of one rule in one message. */
struct track {
    struct scan scan;     /* of a part that arrives in pieces */
    struct scan rendered; /* PART_TEXT: of HTML as a person reads it */
    bool matched;         /* not asked again */
};

/* A message. */
struct regex_message {
    struct track *tracks; /* one for each rule; NULL until the first is needed */
    struct field field;
};

/* The tracks of the message; NULL when memory is short. */
struct track *regex_tracks(struct filter_ctx *ctx);
/* What a look at a rule's part came to. track: NULL when the rule is asked each time. */
enum verdict regex_answer(struct filter_ctx *ctx, const struct rule *rule, struct track *track,
                          enum scan_result result, const char *limit);
/* A text that a rule is asked about as a whole. */
enum verdict regex_ask(struct filter_ctx *ctx, const struct rule *rule, struct track *track,
                       struct span text);

/* parts.c: on_part. */
enum verdict regex_on_part(struct filter_ctx *ctx, const struct filter_part *part,
                           const struct filter_piece *piece);

#endif
