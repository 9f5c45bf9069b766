/* octets.c: keeps the octets of a part until its type is found out and, to look for an archive, until it has
 * all of them: where the list of a zip is. */
#include <stdlib.h>

#include "filters/attachments/attachments.h"
#include "filters/attachments/signs.h"

enum { OCTETS_LEAST = 4096, GRACE = 1 << 20 };

static struct span kept(const struct attachments_message *message)
{
    return span_of(message->octets, message->len);
}

/* --- looking -------------------------------------------------------------------------------------------- */

static bool on_name(void *arg, struct span name)
{
    return ask_name(arg, name);
}

static bool on_sample(void *arg, struct span name, struct span octets)
{
    (void)name;
    return ask_octets(arg, octets);
}

static bool on_finding(void *arg, enum lister_finding finding, struct span name)
{
    return ask_finding(arg, finding, name);
}

static bool look_into(struct attachments_message *message, struct span name)
{
    static const struct lister_calls calls = {on_name, on_sample, on_finding};
    const struct attachments_config *config = filter_config(message->ctx);
    const struct archives_config *archives = &config->archives;
    struct lister_bounds bounds = {.memory = archives->memory,
                                   .depth = (unsigned)archives->depth,
                                   .ratio = (uint64_t)archives->ratio,
                                   .grace = GRACE,
                                   .members = (uint64_t)archives->members - message->members,
                                   .unpacked = archives->unpacked - message->unpacked,
                                   .sample = config->sample};

    if (lister_list(kept(message), name, &bounds, &calls, message) != 0 &&
        message->verdict == VERDICT_CONTINUE)
        message->verdict = VERDICT_FAIL;
    message->members = (uint64_t)archives->members - bounds.members;
    message->unpacked = archives->unpacked - bounds.unpacked;
    return message->verdict == VERDICT_CONTINUE;
}

static bool detect(struct attachments_message *message)
{
    const struct attachments_config *config = filter_config(message->ctx);

    message->detected = true;
    return ask_octets(message, span_first(kept(message), config->sample));
}

/* --- keeping -------------------------------------------------------------------------------------------- */

/* How many octets of a part are worth keeping. */
static size_t worth(const struct attachments_config *config)
{
    if (config->archives.depth > 0)
        return config->archives.memory;
    return config->detects ? config->sample : 0;
}

static bool keep(struct attachments_message *message, struct span octets, size_t most)
{
    size_t need = message->len + octets.len;

    if (octets.len == 0)
        return true;
    if (message->octets == NULL || need > message->size) {
        size_t size = need > 2 * message->size ? need : 2 * message->size;
        size = size < OCTETS_LEAST ? OCTETS_LEAST : size > most ? most : size;
        char *ptr = realloc(message->octets, size);
        if (ptr == NULL)
            return false;
        message->octets = ptr;
        message->size = size;
    }
    memcpy(message->octets + message->len, octets.ptr, octets.len);
    message->len = need;
    return true;
}

/* More than may be kept: what begins or is named like an archive has its own answer. */
static bool drop(struct attachments_message *message, struct span name)
{
    const struct attachments_config *config = filter_config(message->ctx);
    bool archive = config->archives.depth > 0 && (signs_begin(kept(message)) || signs_name(name));

    octets_free(message);
    message->dropped = true;
    return !archive || ask_finding(message, FINDING_TOO_LARGE, name);
}

void octets_free(struct attachments_message *message)
{
    free(message->octets);
    message->octets = NULL;
    message->len = message->size = 0;
}

/* The part of the kept octets ends, or is left for another. */
static bool finish(struct attachments_message *message, struct span name)
{
    const struct attachments_config *config = filter_config(message->ctx);
    bool undecided = true;

    if (message->len > 0 && !message->detected)
        undecided = detect(message);
    if (undecided && message->len > 0 && config->archives.depth > 0)
        undecided = look_into(message, name);
    octets_free(message);
    message->detected = message->dropped = false;
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

bool octets_take(struct attachments_message *message, const struct filter_part *part, struct span octets)
{
    const struct attachments_config *config = filter_config(message->ctx);
    size_t most = worth(config);

    if (!turn_to(message, part))
        return false;
    if (message->dropped || most == 0)
        return true;
    struct span fitting = span_first(octets, most - message->len);
    if (!keep(message, fitting, most)) {
        message->verdict = VERDICT_FAIL;
        return false;
    }
    if (!message->detected && message->len >= config->sample && !detect(message))
        return false;
    return fitting.len == octets.len || drop(message, part->filename);
}

bool octets_end(struct attachments_message *message, const struct filter_part *part)
{
    return finish(message, message->part == part->index ? part->filename : SPAN(""));
}
