/* attachments.h: the rules of the filter `attachments`, and a message under way. Private to attachments/. */
#ifndef ATTACHMENTS_ATTACHMENTS_H
#define ATTACHMENTS_ATTACHMENTS_H

#include "filters/attachments/lister.h"
#include "filters/refusal.h"
#include "postern/filter.h"

enum rule_action { ACTION_REJECT, ACTION_TEMPFAIL, ACTION_QUARANTINE, ACTION_TAG, ACTION_LOG, ACTION_ALLOW };

/* What a rule looks at. */
enum subject { SUBJECT_NAME, SUBJECT_TYPE, SUBJECT_DETECTED, SUBJECTS };

struct rule {
    /* as in proxy.yaml */
    const char *name;
    struct option_strings patterns[SUBJECTS];
    int action; /* enum rule_action */
    const char *reply;
    /* derived */
    struct refusal refusal;
};

struct archives_config {
    int64_t depth; /* 0: archives are not looked into */
    uint64_t memory;
    int64_t members;
    uint64_t unpacked;
    int64_t ratio;
    int64_t detections;
    int findings[FINDINGS]; /* enum rule_action; never ALLOW */
};

struct attachments_config {
    struct option_rows rules; /* of struct rule */
    struct archives_config archives;
    uint64_t sample;
    const char *header;
    /* derived */
    bool detects; /* a rule asks for detected types */
};

/* The octets of a part: as its transfer encoding says, and as they are for who would not undo it. */
enum octets_reading { READING_DECODED, READING_UNDECODED, READINGS };

struct kept {
    char *ptr;
    size_t len, size;
    bool detected; /* the type has been asked about */
    bool dropped;  /* there were more than may be kept */
};

struct attachments_message {
    bool *tagged;        /* for each rule, then for each finding; NULL: none */
    uint64_t members;    /* that archives had so far */
    uint64_t names;      /* octets of their names */
    uint64_t unpacked;   /* octets that they had */
    uint64_t detections; /* of their types */
    unsigned part;       /* index of the part that octets are kept of */
    struct kept kept[READINGS];
    enum verdict verdict;   /* of this question */
    struct filter_ctx *ctx; /* likewise */
};

extern const struct option attachments_options[];

static inline const struct rule *rules_at(const struct attachments_config *config, size_t n)
{
    return (const struct rule *)config->rules.items + n;
}

/* rules.c: checks the rules once they are read; -1 after every complaint. */
int rules_open(struct attachments_config *config, struct filter_setup *setup);

/* ask.c: each value is asked about on its own; the first rule that has a pattern for it and allows or refuses
 * decides. They return whether the message is still undecided; else message->verdict. */
bool ask_name(struct attachments_message *message, struct span name);
bool ask_type(struct attachments_message *message, const struct filter_part *part);
bool ask_octets(struct attachments_message *message, struct span octets);
bool ask_finding(struct attachments_message *message, enum lister_finding finding, struct span name);
/* Adds what tags were given. */
enum verdict ask_add_tags(struct filter_ctx *ctx, const struct attachments_message *message);

/* octets.c: the octets of a part, kept until its type and what is in it are known. Return as ask.c. */
bool octets_take(struct attachments_message *message, const struct filter_part *part,
                 enum octets_reading which, struct span octets);
bool octets_end(struct attachments_message *message, const struct filter_part *part);
void octets_free(struct attachments_message *message);

#endif
