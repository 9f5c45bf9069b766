/* octets.c: keeps the octets of a part until its type is found out and, to look for an archive, until it has
 * all of them: where the list of a zip is. */
#include <stdlib.h>

#include "filters/attachments/attachments.h"
#include "filters/attachments/signs.h"

enum { OCTETS_LEAST = 4096, GRACE = 1 << 20, NAMES_PER_MEMBER = 1024 };

/* --- looking -------------------------------------------------------------------------------------------- */

static bool on_name(void *arg, struct span name)
{
    return ask_name(arg, name);
}

static bool on_sample(void *arg, struct span name, struct span octets)
{
    struct attachments_message *message = arg;
    const struct attachments_config *config = filter_config(message->ctx);

    if (!config->detects)
        return true;
    if (message->detections++ < (uint64_t)config->archives.detections)
        return ask_octets(message, octets);
    (void)ask_finding(message, FINDING_TOO_MANY, name);
    return false;
}

static bool on_finding(void *arg, enum lister_finding finding, struct span name)
{
    return ask_finding(arg, finding, name);
}

static bool look_into(struct attachments_message *message, struct span octets, struct span name)
{
    static const struct lister_calls calls = {on_name, on_sample, on_finding};
    const struct attachments_config *config = filter_config(message->ctx);
    const struct archives_config *archives = &config->archives;
    uint64_t members = (uint64_t)archives->members, names = NAMES_PER_MEMBER * members;
    struct lister_bounds bounds = {.memory = archives->memory,
                                   .depth = (unsigned)archives->depth,
                                   .ratio = (uint64_t)archives->ratio,
                                   .grace = GRACE,
                                   .members = members - message->members,
                                   .names = names - message->names,
                                   .unpacked = archives->unpacked - message->unpacked,
                                   .sample = config->sample};

    if (lister_list(octets, name, &bounds, &calls, message) != 0 && message->verdict == VERDICT_CONTINUE)
        message->verdict = VERDICT_FAIL;
    message->members = members - bounds.members;
    message->names = names - bounds.names;
    message->unpacked = archives->unpacked - bounds.unpacked;
    return message->verdict == VERDICT_CONTINUE;
}

/* --- keeping -------------------------------------------------------------------------------------------- */

/* How many octets of a part are worth keeping. */
static size_t worth(const struct attachments_config *config)
{
    if (config->archives.depth > 0)
        return config->archives.memory;
    return config->detects ? config->sample : 0;
}

static void let_go(struct kept *kept)
{
    free(kept->ptr);
    *kept = (struct kept){.ptr = NULL};
}

static bool keep(struct kept *kept, struct span octets, size_t most)
{
    size_t need = kept->len + octets.len;

    if (octets.len == 0)
        return true;
    if (kept->ptr == NULL || need > kept->size) {
        size_t size = need > 2 * kept->size ? need : 2 * kept->size;
        size = size < OCTETS_LEAST ? OCTETS_LEAST : size > most ? most : size;
        char *ptr = realloc(kept->ptr, size);
        if (ptr == NULL)
            return false;
        kept->ptr = ptr;
        kept->size = size;
    }
    memcpy(kept->ptr + kept->len, octets.ptr, octets.len);
    kept->len = need;
    return true;
}

static bool detect(struct attachments_message *message, struct kept *kept)
{
    const struct attachments_config *config = filter_config(message->ctx);

    kept->detected = true;
    return ask_octets(message, span_first(span_of(kept->ptr, kept->len), config->sample));
}

/* More than may be kept: what begins or is named like an archive has its own answer. */
static bool drop(struct attachments_message *message, struct kept *kept, struct span name)
{
    const struct attachments_config *config = filter_config(message->ctx);
    bool archive = signs_begin(span_of(kept->ptr, kept->len)) || signs_name(name);

    let_go(kept);
    kept->detected = kept->dropped = true;
    return !archive || config->archives.depth == 0 || ask_finding(message, FINDING_TOO_LARGE, name);
}

/* --- parts ---------------------------------------------------------------------------------------------- */

/* The part of the kept octets ends, or is left for another. */
static bool finish(struct attachments_message *message, struct span name)
{
    const struct attachments_config *config = filter_config(message->ctx);
    bool undecided = true;

    for (unsigned i = 0; i < READINGS; i++) {
        struct kept *kept = &message->kept[i];
        if (undecided && kept->len > 0 && !kept->detected)
            undecided = detect(message, kept);
        if (undecided && kept->len > 0 && config->archives.depth > 0)
            undecided = look_into(message, span_of(kept->ptr, kept->len), name);
    }
    octets_free(message);
    return undecided;
}

/* A multipart has octets before and behind its parts: they are a matter of their own, without a name. */
static bool turn_to(struct attachments_message *message, const struct filter_part *part)
{
    if (message->part == part->index)
        return true;
    if (!finish(message, SPAN("")))
        return false;
    message->part = part->index;
    return true;
}

bool octets_take(struct attachments_message *message, const struct filter_part *part,
                 enum octets_reading which, struct span octets)
{
    const struct attachments_config *config = filter_config(message->ctx);
    struct kept *kept = &message->kept[which];
    size_t most = worth(config);

    if (!turn_to(message, part))
        return false;
    if (kept->dropped || most == 0)
        return true;
    struct span fitting = span_first(octets, most - kept->len);
    if (!keep(kept, fitting, most)) {
        message->verdict = VERDICT_FAIL;
        return false;
    }
    if (!kept->detected && kept->len >= config->sample && !detect(message, kept))
        return false;
    return fitting.len == octets.len || drop(message, kept, part->filename);
}

bool octets_end(struct attachments_message *message, const struct filter_part *part)
{
    return finish(message, message->part == part->index ? part->filename : SPAN(""));
}

void octets_free(struct attachments_message *message)
{
    for (unsigned i = 0; i < READINGS; i++)
        let_go(&message->kept[i]);
}
