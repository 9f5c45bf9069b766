/* lanes.c: sorts rules by what they look at, so that all that look at the same share one pass. Looking is
 * left to sieve.c. */
#include <stdlib.h>

#include "filters/regex/rules.h"

void lanes_free(struct regex_config *config)
{
    for (size_t i = 0; i < config->lane_count; i++) {
        sieve_free(config->lanes[i].sieve);
        free(config->lanes[i].patterns);
        free(config->lanes[i].rules);
    }
    free(config->lanes);
    config->lanes = NULL;
    config->lane_count = 0;
}

static struct lane *lane_of(struct regex_config *config, const struct scope *scope)
{
    for (size_t i = 0; i < config->lane_count; i++)
        if (scope_same(&config->lanes[i].scope, scope))
            return &config->lanes[i];
    config->lanes[config->lane_count].scope = *scope;
    return &config->lanes[config->lane_count++];
}

/* The patterns of the lane, in the order of the rules. */
static bool fill(struct lane *lane, const struct regex_config *config)
{
    size_t room = 0;

    for (size_t i = 0; i < config->rules.count; i++)
        if (scope_same(&rules_at(config, i)->scope, &lane->scope))
            room += rules_at(config, i)->compiled_count;
    lane->patterns = malloc((room + 1) * sizeof(const struct pattern *));
    lane->rules = malloc((room + 1) * sizeof *lane->rules);
    if (lane->patterns == NULL || lane->rules == NULL)
        return false;
    for (size_t i = 0; i < config->rules.count; i++) {
        const struct rule *rule = rules_at(config, i);
        if (!scope_same(&rule->scope, &lane->scope))
            continue;
        for (size_t n = 0; n < rule->compiled_count; n++) {
            lane->patterns[lane->count] = rule->compiled[n];
            lane->rules[lane->count++] = (uint32_t)i;
        }
    }
    return true;
}

int lanes_make(struct regex_config *config, struct filter_setup *setup)
{
    struct sieve_options options = {(enum trigger_engine)config->engine, (size_t)config->limits.window};
    const char *error = "memory is short";
    bool good;

    config->lanes = calloc(config->rules.count + 1, sizeof *config->lanes);
    good = config->lanes != NULL;
    for (size_t i = 0; good && i < config->rules.count; i++)
        lane_of(config, &rules_at(config, i)->scope);
    for (size_t i = 0; good && i < config->lane_count; i++) {
        struct lane *lane = &config->lanes[i];
        good = fill(lane, config);
        if (good)
            lane->sieve = sieve_new(lane->patterns, lane->count, &options, &error);
        good = good && lane->sieve != NULL;
    }
    if (!good)
        filter_complain(setup, "rules", "%s", error);
    return good ? 0 : -1;
}
