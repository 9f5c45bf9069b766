/* options.c: the keys of an attachments filter in proxy.yaml. What they must not say together is left to
 * rules.c. */
#include "filters/attachments/attachments.h"

static const char *const actions[] = {"reject", "tempfail", "quarantine", "tag", "log", "allow", NULL};
static const char *const finding_actions[] = {"reject", "tempfail", "quarantine", "tag", "log", NULL};

#define FINDING(key_, finding_, help_)                                                                       \
    {                                                                                                        \
        .key = (key_), .type = OPTION_ENUM, .offset = offsetof(struct archives_config, findings[finding_]),  \
        .fallback = "reject", .words = finding_actions, .help = (help_)                                      \
    }

static const struct option archive_options[] = {
    {.key = "depth",
     .type = OPTION_INT,
     .offset = offsetof(struct archives_config, depth),
     .fallback = "4",
     .max = LISTER_DEPTH_MOST,
     .help = "Archives in one another that are looked into; 0: none is."},
    {.key = "memory",
     .type = OPTION_SIZE,
     .offset = offsetof(struct archives_config, memory),
     .fallback = "16MiB",
     .min = 64 << 10,
     .max = 1 << 30,
     .help = "Octets of a part that are kept to be looked into, and as many of the members under way in it."},
    {.key = "members",
     .type = OPTION_INT,
     .offset = offsetof(struct archives_config, members),
     .fallback = "2000",
     .min = 1,
     .max = 1000000,
     .help = "Members of all archives of a message, and KiB of their names."},
    {.key = "unpacked",
     .type = OPTION_SIZE,
     .offset = offsetof(struct archives_config, unpacked),
     .fallback = "64MiB",
     .min = 64 << 10,
     .max = INT64_C(1) << 40,
     .help = "Octets of all of these together, unpacked."},
    {.key = "ratio",
     .type = OPTION_INT,
     .offset = offsetof(struct archives_config, ratio),
     .fallback = "100",
     .min = 2,
     .max = 1000000,
     .help = "Unpacked octets for each octet of an archive; 1 MiB in any case."},
    {.key = "detections",
     .type = OPTION_INT,
     .offset = offsetof(struct archives_config, detections),
     .fallback = "500",
     .min = 1,
     .max = 1000000,
     .help =
         "Members of all archives of a message whose types are found out, where a rule on detected asks for "
         "it: a millisecond or two for each."},
    FINDING("encrypted_archive", FINDING_ENCRYPTED,
            "What an archive with encrypted members or names leads to."),
    FINDING(
        "unreadable_archive", FINDING_UNREADABLE,
        "What an archive leads to that is damaged, that is of an unknown kind, or that is none although it "
        "begins or is named like one."),
    FINDING("too_large", FINDING_TOO_LARGE, "What more octets than memory or unpacked lead to."),
    FINDING("too_deep", FINDING_TOO_DEEP,
            "What an archive in more than depth others leads to, or one that was compressed more than once "
            "over."),
    FINDING("too_many", FINDING_TOO_MANY, "What more members, or detections, lead to."),
    FINDING("bomb", FINDING_BOMB, "What a higher ratio leads to."),
    {.key = NULL}};

static const struct option rule_options[] = {
    {.key = "name",
     .type = OPTION_STRING,
     .offset = offsetof(struct rule, name),
     .help = "What the log and tags call the rule; \"rule N\", counted from 1, when absent."},
    {.key = "names",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rule, patterns[SUBJECT_NAME]),
     .help = "Patterns of file names, of parts and of members of archives, e.g. \"*.exe\": *, ?, [a-z]; case "
             "counts for nothing, nor do folders."},
    {.key = "types",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rule, patterns[SUBJECT_TYPE]),
     .help = "Patterns of the types that parts say they are, e.g. \"application/x-ms*\"."},
    {.key = "detected",
     .type = OPTION_STRINGS,
     .offset = offsetof(struct rule, patterns[SUBJECT_DETECTED]),
     .help =
         "Patterns of the types that parts and members are found to be by their octets (file --mime-type)."},
    {.key = "action",
     .type = OPTION_ENUM,
     .offset = offsetof(struct rule, action),
     .words = actions,
     .required = true,
     .help = "What becomes of the message; allow: no later rule is asked about this name or type."},
    {.key = "reply",
     .type = OPTION_STRING,
     .offset = offsetof(struct rule, reply),
     .help = "The reply of reject and tempfail, e.g. \"550 5.7.1 No programs, please\"."},
    {.key = NULL}};

const struct option attachments_options[] = {
    {.key = "rules",
     .type = OPTION_ROWS,
     .offset = offsetof(struct attachments_config, rules),
     .row = rule_options,
     .row_size = sizeof(struct rule),
     .help = "Asked in this order about each name and each type on its own; the first that allows or refuses "
             "it decides."},
    {.key = "archives",
     .type = OPTION_MAP,
     .offset = offsetof(struct attachments_config, archives),
     .row = archive_options,
     .help = "How archives are looked into."},
    {.key = "sample",
     .type = OPTION_SIZE,
     .offset = offsetof(struct attachments_config, sample),
     .fallback = "64KiB",
     .min = 1 << 10,
     .max = 64 << 10,
     .help = "Octets by which a type is found out."},
    {.key = "header",
     .type = OPTION_STRING,
     .offset = offsetof(struct attachments_config, header),
     .fallback = "X-Attachment",
     .help = "The header field that tag adds; its value is the name of the rule, or what an archive led to."},
    {.key = NULL}};
