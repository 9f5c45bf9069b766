/* lab_name.c: host names of addresses: what the test has set, after as long as it has set. */
#include "lab.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* What is known of one address. */
struct lab_name {
    TAILQ_ENTRY(lab_name) link;
    struct ip ip;
    char name[NAMING_OCTETS];
    uint64_t after; /* milliseconds */
};

/* A lookup under way; done() is due at `at`. */
struct lab_naming {
    TAILQ_ENTRY(lab_naming) link;
    struct naming *naming;
    uint64_t at;
    int status;
};

void lab_name_set(struct lab *lab, const struct ip *ip, const char *name, uint64_t after)
{
    struct lab_name *set = calloc(1, sizeof(*set));

    assert(set != NULL);
    set->ip = *ip;
    set->after = after;
    (void)snprintf(set->name, sizeof(set->name), "%s", name);
    TAILQ_INSERT_HEAD(&lab->names, set, link);
}

void lab_names_free(struct lab *lab)
{
    struct lab_name *set;

    while ((set = TAILQ_FIRST(&lab->names)) != NULL) {
        TAILQ_REMOVE(&lab->names, set, link);
        free(set);
    }
}

static const struct lab_name *known(const struct lab *lab, const struct ip *ip)
{
    const struct lab_name *set;

    TAILQ_FOREACH(set, &lab->names, link)
    if (set->ip.family == ip->family && memcmp(set->ip.bytes, ip->bytes, sizeof(ip->bytes)) == 0)
        return set;
    return NULL;
}

int lab_name_find(struct world *world, struct naming *naming, const struct ip *ip, uint64_t limit)
{
    struct lab *lab = (struct lab *)world;
    const struct lab_name *set = known(lab, ip);
    struct lab_naming *made = mem_alloc(sizeof(*made));

    assert(naming->handle == NULL);
    if (made == NULL)
        return -ENOMEM;
    *made = (struct lab_naming){.naming = naming, .at = lab->now, .status = -ENOENT};
    naming->name[0] = '\0';
    if (set != NULL && set->after > limit) {
        made->at += limit;
        made->status = -EAGAIN;
    } else if (set != NULL) {
        made->at += set->after;
        made->status = set->name[0] != '\0' ? 0 : -ENOENT;
        memcpy(naming->name, set->name, sizeof(naming->name));
    }
    naming->handle = made;
    TAILQ_INSERT_TAIL(&lab->namings, made, link);
    return 0;
}

void lab_name_cancel(struct world *world, struct naming *naming)
{
    struct lab *lab = (struct lab *)world;
    struct lab_naming *made = naming->handle;

    if (made == NULL)
        return;
    naming->handle = NULL;
    TAILQ_REMOVE(&lab->namings, made, link);
    mem_free(made);
}

/* done() may look up again, or cancel: the lookup is forgotten first. */
bool lab_name_step(struct lab *lab)
{
    struct lab_naming *made;
    struct naming *naming;
    int status;

    TAILQ_FOREACH(made, &lab->namings, link)
    if (made->at <= lab->now)
        break;
    if (made == NULL)
        return false;
    naming = made->naming;
    status = made->status;
    lab_name_cancel(&lab->world, naming);
    naming->done(naming->owner, status);
    return true;
}

uint64_t lab_name_due(const struct lab *lab)
{
    const struct lab_naming *made;
    uint64_t at = UINT64_MAX;

    TAILQ_FOREACH(made, &lab->namings, link)
    if (made->at < at)
        at = made->at;
    return at;
}
