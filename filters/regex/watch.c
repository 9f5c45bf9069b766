/* watch.c: leads texts of a message through the sieves of lanes and puts down which rules match. What follows
 * from that is left to act.c. */
#include "filters/regex/regex.h"

struct regex_message *regex_message(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    struct regex_message *message = filter_message(ctx);

    if (message == NULL || message->watches != NULL)
        return message;
    if (message->found == NULL)
        message->found = filter_alloc(ctx, config->rules.count * sizeof(struct found *));
    if (message->found != NULL)
        message->watches = filter_alloc(ctx, config->lane_count * SHOWINGS * sizeof *message->watches);
    return message->watches != NULL ? message : NULL;
}

void regex_forget(struct filter_ctx *ctx)
{
    const struct regex_config *config = filter_config(ctx);
    struct regex_message *message = filter_message(ctx);

    if (message == NULL)
        return;
    for (size_t i = 0; message->watches != NULL && i < config->lane_count * SHOWINGS; i++) {
        sieve_end(message->watches[i].scan);
        message->watches[i] = (struct watch){NULL, false};
    }
    field_free(&message->field);
}

/* A lane being led through. */
struct listening {
    struct filter_ctx *ctx;
    const struct lane *lane;
    struct regex_message *message;
    bool failed;
};

static bool on_wanted(void *arg, size_t pattern)
{
    const struct listening *listening = arg;

    return listening->message->found[listening->lane->rules[pattern]] == NULL;
}

static void on_settled(void *arg, const struct sieve_settled *settled)
{
    struct listening *listening = arg;
    const struct regex_config *config = filter_config(listening->ctx);
    size_t n = listening->lane->rules[settled->pattern];
    const struct rule *rule = rules_at(config, n);
    struct found *found;

    if (listening->message->found[n] != NULL)
        return;
    found = found_new(listening->ctx, rule, listening->lane->patterns[settled->pattern], settled);
    if (found == NULL)
        listening->failed = true;
    else
        found->spent = act_log(listening->ctx, rule, found);
    listening->message->found[n] = found;
    listening->message->news = true;
}

static struct watch *watch_of(struct listening *listening, enum showing showing)
{
    const struct regex_config *config = filter_config(listening->ctx);
    size_t lane = (size_t)(listening->lane - config->lanes);
    struct watch *watch;

    listening->message = regex_message(listening->ctx);
    if (listening->message == NULL)
        return NULL;
    watch = &listening->message->watches[lane * SHOWINGS + showing];
    if (watch->scan == NULL)
        watch->scan = sieve_begin(listening->lane->sieve);
    return watch->scan != NULL ? watch : NULL;
}

bool watch_feed(struct filter_ctx *ctx, const struct lane *lane, enum showing showing, struct span piece)
{
    struct listening listening = {.ctx = ctx, .lane = lane};
    struct sieve_listener listener = {on_wanted, on_settled, &listening};
    struct watch *watch = watch_of(&listening, showing);

    if (watch == NULL)
        return false;
    watch->fed = true;
    return sieve_feed(watch->scan, piece, &listener) && !listening.failed;
}

bool watch_finish(struct filter_ctx *ctx, const struct lane *lane, enum showing showing)
{
    struct listening listening = {.ctx = ctx, .lane = lane};
    struct sieve_listener listener = {on_wanted, on_settled, &listening};
    struct watch *watch = watch_of(&listening, showing);

    if (watch == NULL)
        return false;
    watch->fed = false;
    return sieve_finish(watch->scan, &listener) && !listening.failed;
}

bool watch_whole(struct filter_ctx *ctx, const struct lane *lane, struct span text)
{
    return watch_feed(ctx, lane, SHOWN, text) && watch_finish(ctx, lane, SHOWN);
}

bool watch_wanted(struct filter_ctx *ctx, const struct lane *lane)
{
    const struct regex_message *message = regex_message(ctx);

    for (size_t i = 0; message != NULL && i < lane->count; i++)
        if (message->found[lane->rules[i]] == NULL)
            return true;
    return false;
}
