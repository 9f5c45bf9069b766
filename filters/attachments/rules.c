/* rules.c: checks the rules of an attachments filter. Asking them is left to ask.c. */
#include <stdio.h>

#include "filters/attachments/attachments.h"
#include "filters/attachments/detect.h"

static int complain(struct filter_setup *setup, size_t n, const char *key, const char *text)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "rules[%zu].%s", n, key);
    filter_complain(setup, path, "%s", text);
    return -1;
}

static int check_reply(struct rule *rule, struct filter_setup *setup, size_t n)
{
    bool reject = rule->action == ACTION_REJECT;
    const char *otherwise =
        reject ? "550 5.7.1 Attachment not accepted here" : "451 4.7.1 Attachment not accepted now";
    char path[64];

    if (rule->reply != NULL && !reject && rule->action != ACTION_TEMPFAIL)
        return complain(setup, n, "reply", "only reject and tempfail have a reply");
    (void)snprintf(path, sizeof(path), "rules[%zu].reply", n);
    if (refusal_parse(&rule->refusal, rule->reply != NULL ? rule->reply : otherwise, setup, path) != 0)
        return -1;
    if (rule->reply != NULL && (rule->refusal.code >= 500) != reject)
        return complain(setup, n, "reply", reject ? "reject needs a 5xx code" : "tempfail needs a 4xx code");
    return 0;
}

static int check_name(struct rule *rule, struct filter_setup *setup, size_t n)
{
    char *name;

    for (const char *c = rule->name; c != NULL && *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return complain(setup, n, "name", "a name has no control characters");
    if (rule->name != NULL)
        return 0;
    name = filter_setup_alloc(setup, 32);
    if (name == NULL)
        return complain(setup, n, "name", "memory is short");
    (void)snprintf(name, 32, "rule %zu", n + 1);
    rule->name = name;
    return 0;
}

static int check_patterns(const struct rule *rule, struct filter_setup *setup, size_t n)
{
    if (rule->patterns[SUBJECT_NAME].count + rule->patterns[SUBJECT_TYPE].count +
            rule->patterns[SUBJECT_DETECTED].count ==
        0)
        return complain(setup, n, "action", "a rule needs names, types or detected");
    return 0;
}

/* field-name = 1*ftext ; ftext = %d33-57 / %d59-126 ; RFC 5322 3.6.8 */
static int check_header(const struct attachments_config *config, struct filter_setup *setup)
{
    const char *c = config->header;

    while (*c > 32 && *c < 127 && *c != ':')
        c++;
    if (c != config->header && *c == '\0')
        return 0;
    filter_complain(setup, "header", "\"%s\" is no name of a header field", config->header);
    return -1;
}

int rules_open(struct attachments_config *config, struct filter_setup *setup)
{
    int rc = check_header(config, setup);

    for (size_t i = 0; i < config->rules.count; i++) {
        struct rule *rule = (struct rule *)config->rules.items + i;
        rc |= check_name(rule, setup, i);
        rc |= check_patterns(rule, setup, i);
        rc |= check_reply(rule, setup, i);
        config->detects = config->detects || rule->patterns[SUBJECT_DETECTED].count > 0;
    }
    if (config->detects && detect_type(SPAN("x")) == NULL) {
        filter_complain(setup, "", "libmagic cannot load its list of types");
        rc = -1;
    }
    if (config->archives.depth > 0 && !lister_ready()) {
        filter_complain(setup, "", "this libarchive cannot read all kinds of archives by itself");
        rc = -1;
    }
    return rc;
}
