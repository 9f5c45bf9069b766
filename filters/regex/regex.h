/* regex.h: a message under way, as the files of regex see it. Private to regex/. */
#ifndef REGEX_REGEX_H
#define REGEX_REGEX_H

#include "filters/regex/field.h"
#include "filters/regex/rules.h"

#define FOUND_TEXT 1024 /* octets of a reply or of a field's value */
#define FOUND_NOTE 160  /* octets of what the log says about a match */

/* A rule has matched, or could not be decided. */
struct found {
    const char *limit; /* what was exceeded; NULL: it matches */
    struct span text;  /* its reply or header, names filled in */
    struct span note;  /* its name and what its groups matched */
    bool spent;        /* it has no further consequence */
};

/* Ways in which a part is shown at once. */
enum showing { SHOWN, SHOWN_RENDERED, SHOWN_UNDECODED, SHOWINGS };

/* A text under way. */
struct watch {
    struct sieve_scan *scan; /* NULL until the first text */
    bool fed;
};

/* A message. Zeroed at first. */
struct regex_message {
    struct found **found;  /* of each rule; NULL: it has not matched yet */
    struct watch *watches; /* SHOWINGS for each lane */
    struct field field;
    bool news;     /* something has been found since it was last decided about */
    unsigned part; /* the part whose texts are under way */
};

/* Made when first needed; NULL when memory is short. */
struct regex_message *regex_message(struct filter_ctx *ctx);
/* The message is over. */
void regex_forget(struct filter_ctx *ctx);

/* --- watch.c: texts through lanes. What matches is put down; false: it could not be looked at. */

/* A text that is there as a whole. */
bool watch_whole(struct filter_ctx *ctx, const struct lane *lane, struct span text);
/* A piece of a text, its end. */
bool watch_feed(struct filter_ctx *ctx, const struct lane *lane, enum showing showing, struct span piece);
bool watch_finish(struct filter_ctx *ctx, const struct lane *lane, enum showing showing);
/* True while a rule of the lane is still looked for. */
bool watch_wanted(struct filter_ctx *ctx, const struct lane *lane);

/* --- found.c: what was found, in words */

/* Fills in names and copies the rest; NULL when memory is short. settled: of the rule. */
struct found *found_new(struct filter_ctx *ctx, const struct rule *rule, const struct pattern *pattern,
                        const struct sieve_settled *settled);
/* The template of a rule with what its pattern has just matched. Returns the octets put. */
size_t found_fill(const struct template *template, const struct pattern *pattern, struct span text, char *out,
                  size_t room);
/* The rule's name, and what its groups matched where they have names. */
size_t found_note(const struct rule *rule, const struct pattern *pattern, struct span text, char *out,
                  size_t room);

/* --- act.c: what finds lead to */

/* How far the message is, for rules that wait for those before them. */
enum stage {
    STAGE_AT_ONCE, /* of rules on what is over, the first that has matched decides */
    STAGE_PIECES,  /* so does the first of all, unless one before it may still match in what is to come */
    STAGE_END      /* nothing is to come */
};

/* Logs what is only to be logged. True: the find has no further consequence. */
bool act_log(struct filter_ctx *ctx, const struct rule *rule, const struct found *found);
/* The verdict of a decisive rule that matched, its reply and reason set. */
enum verdict act_on(struct filter_ctx *ctx, const struct rule *rule, const struct found *found);
/* The verdict of what has been found in the message. */
enum verdict act_decide(struct filter_ctx *ctx, enum stage stage);
/* Adds tags, and does what the scores add up to. */
enum verdict act_tags(struct filter_ctx *ctx);
enum verdict act_score(struct filter_ctx *ctx);

/* --- apart.c: what is answered by itself: HELO, paths, replies */

enum verdict apart_ask(struct filter_ctx *ctx, const struct lane *lane, struct span text);
enum verdict apart_reply(struct filter_ctx *ctx, const struct filter_reply *reply);

/* --- parts.c */

enum verdict parts_on_part(struct filter_ctx *ctx, const struct filter_part *part,
                           const struct filter_piece *piece);
/* The texts of the part under way are over. */
bool parts_finish(struct filter_ctx *ctx);

#endif
