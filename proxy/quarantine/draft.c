/* draft.c: tmp/, fsync of both files, rename, the facts last, fsync of the directory. Bounds are left to
 * quarantine.c. */
#include "quarantine/draft.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "quarantine/file.h"
#include "quarantine/quarantine_private.h"

int draft_begin(struct draft *draft, struct quarantine *quarantine, struct span id)
{
    char name[QUARANTINE_NAME_MAX];
    int error = quarantine_is_id(id) ? quarantine_open(quarantine) : -EINVAL;

    *draft = (struct draft){.quarantine = quarantine, .file = -1, .facts = -1};
    if (error == 0)
        error = quarantine_charge(quarantine, 0, 1);
    if (error != 0)
        return error;
    memcpy(draft->id, id.ptr, id.len);
    quarantine_name(name, draft->id, QUARANTINE_OCTETS);
    draft->file = file_create(quarantine->tmp, name);
    if (draft->file >= 0)
        return 0;
    quarantine_settle(quarantine, 0, false);
    return draft->file;
}

static int charge(struct draft *draft, size_t octets)
{
    int error = quarantine_charge(draft->quarantine, octets, 0);

    if (error == 0)
        draft->octets += octets;
    return error;
}

int draft_write(struct draft *draft, struct span octets)
{
    int error = charge(draft, octets.len);

    return error != 0 ? error : file_write(draft->file, octets);
}

static int write_facts(struct draft *draft, struct span facts)
{
    char name[QUARANTINE_NAME_MAX];
    int error = charge(draft, facts.len);

    if (error != 0)
        return error;
    quarantine_name(name, draft->id, QUARANTINE_FACTS);
    draft->facts = file_create(draft->quarantine->tmp, name);
    return draft->facts < 0 ? draft->facts : file_write(draft->facts, facts);
}

static int move(const struct draft *draft, const char *suffix, bool *named)
{
    const struct quarantine *quarantine = draft->quarantine;
    char name[QUARANTINE_NAME_MAX];

    quarantine_name(name, draft->id, suffix);
    if (renameat(quarantine->tmp, name, quarantine->directory, name) != 0)
        return -errno;
    *named = true;
    return 0;
}

static void discard(const struct draft *draft, int fd, const char *suffix, bool named)
{
    char name[QUARANTINE_NAME_MAX];

    if (fd < 0)
        return;
    quarantine_name(name, draft->id, suffix);
    (void)unlinkat(named ? draft->quarantine->directory : draft->quarantine->tmp, name, 0);
}

static void end(struct draft *draft, bool kept)
{
    if (draft->facts >= 0)
        close(draft->facts);
    if (draft->file >= 0)
        close(draft->file);
    quarantine_settle(draft->quarantine, draft->octets, kept);
}

int draft_commit(struct draft *draft, struct span facts)
{
    int error = write_facts(draft, facts);

    if (error == 0)
        error = file_sync(draft->file);
    if (error == 0)
        error = file_sync(draft->facts);
    if (error == 0)
        error = move(draft, QUARANTINE_OCTETS, &draft->named_octets);
    if (error == 0)
        error = move(draft, QUARANTINE_FACTS, &draft->named_facts);
    if (error == 0)
        error = file_sync(draft->quarantine->directory);
    if (error != 0)
        draft_abort(draft); /* what is not known to be durable must not be there either */
    else
        end(draft, true);
    return error;
}

void draft_abort(struct draft *draft)
{
    discard(draft, draft->facts, QUARANTINE_FACTS, draft->named_facts);
    discard(draft, draft->file, QUARANTINE_OCTETS, draft->named_octets);
    end(draft, false);
}
