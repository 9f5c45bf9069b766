/* lister.c: goes through an archive and those in it, within bounds. Kinds, members and the names in zips have
 * files of their own. */
#include "filters/attachments/lister.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "filters/attachments/lister_private.h"
#include "filters/attachments/signs.h"

/* --- what is told --------------------------------------------------------------------------------------- */

void lister_tell_name(struct lister *lister, struct span name)
{
    size_t cost = name.len > LISTER_NAME_LEAST ? name.len : LISTER_NAME_LEAST;

    if (lister->over || name.len == 0)
        return;
    if (cost > lister->bounds->names) {
        lister_tell_finding(lister, FINDING_TOO_MANY, SPAN("names"));
        return;
    }
    lister->bounds->names -= cost;
    lister->over = !lister->calls->name(lister->arg, name);
}

void lister_tell_finding(struct lister *lister, enum lister_finding finding, struct span name)
{
    if (lister->over)
        return;
    if (!lister->calls->finding(lister->arg, finding, name) ||
        (finding != FINDING_ENCRYPTED && finding != FINDING_UNREADABLE))
        lister->over = true;
}

bool lister_affords(struct lister *lister, uint64_t more, struct span name)
{
    const struct lister_bounds *bounds = lister->bounds;
    uint64_t sum = more < UINT64_MAX - lister->unpacked ? lister->unpacked + more : UINT64_MAX;

    if (sum > bounds->grace && sum / bounds->ratio >= lister->packed)
        lister_tell_finding(lister, FINDING_BOMB, name);
    else if (more > bounds->unpacked)
        lister_tell_finding(lister, FINDING_TOO_LARGE, name);
    return !lister->over;
}

/* --- members -------------------------------------------------------------------------------------------- */

/* An archive under way. */
struct level {
    unsigned depth; /* from 1 */
    struct archive *archive;
    struct span name; /* its own */
    bool encrypted;   /* that has been told */
};

static void list(struct lister *lister, struct span octets, struct span name, unsigned depth);

static bool is_compressed_file(struct archive *archive)
{
    return archive_format(archive) == ARCHIVE_FORMAT_RAW;
}

/* What is in "x.exe.gz" is called "x.exe". */
static struct span without_ending(struct span name)
{
    for (size_t len = name.len; len > 0; len--)
        if (name.ptr[len - 1] == '.')
            return span_first(name, len - 1);
    return name;
}

static struct span name_of(const struct level *level, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);

    if (is_compressed_file(level->archive))
        return without_ending(level->name);
    return span_str(name != NULL ? name : archive_entry_pathname_utf8(entry));
}

static void tell_encrypted(struct lister *lister, struct level *level)
{
    if (!level->encrypted)
        lister_tell_finding(lister, FINDING_ENCRYPTED, level->name);
    level->encrypted = true;
}

/* Of a member that is too large for the memory, enough is known when it neither begins nor is named like an
 * archive. */
static bool unknown(const struct lister *lister, struct span octets, struct span name)
{
    return octets.len < lister->bounds->sample || signs_begin(octets) || signs_name(name);
}

/* Shows a member that has been read, and looks into it if it is an archive itself. */
static void show(struct lister *lister, const struct level *level, const struct member *member,
                 struct span name)
{
    struct span octets = span_of(member->ptr, member->len);

    if (!lister->over && octets.len > 0 &&
        !lister->calls->sample(lister->arg, name, span_first(octets, lister->bounds->sample)))
        lister->over = true;
    if (lister->over)
        return;
    if (!member->dropped && octets.len > 0)
        list(lister, octets, name, level->depth + 1);
    else if (member->dropped && unknown(lister, octets, name))
        lister_tell_finding(lister, FINDING_TOO_LARGE, name);
}

/* Returns whether the archive can be read on. */
static bool take_data(struct lister *lister, struct level *level, struct archive_entry *entry,
                      struct span name)
{
    struct member member = {.ptr = NULL};
    enum reading reading;

    if (archive_entry_is_encrypted(entry) != 0) {
        tell_encrypted(lister, level);
        return true;
    }
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) > 0 &&
        !lister_affords(lister, (uint64_t)archive_entry_size(entry), name))
        return false;
    reading = member_read(&member, lister, level->archive, name);
    show(lister, level, &member, name);
    member_free(&member, lister);
    if (reading != READING_DONE)
        lister_tell_finding(lister, FINDING_UNREADABLE, level->name);
    return reading != READING_LOST;
}

static bool take_member(struct lister *lister, struct level *level, struct archive_entry *entry)
{
    struct span name = name_of(level, entry);

    if (lister->bounds->members == 0) {
        lister_tell_finding(lister, FINDING_TOO_MANY, level->name);
        return false;
    }
    lister->bounds->members--;
    if (name.ptr == NULL)
        lister_tell_finding(lister, FINDING_UNREADABLE, level->name);
    lister_tell_name(lister, name);
    return !lister->over && take_data(lister, level, entry, name) && !lister->over;
}

/* --- archives ------------------------------------------------------------------------------------------- */

/* Of encrypted names some readers of libarchive only say that they cannot read them, and why. */
static bool names_encrypted(struct archive *archive)
{
    const char *why = archive_error_string(archive);

    return archive_read_has_encrypted_entries(archive) > 0 ||
           (why != NULL && strcasestr(why, "encrypt") != NULL);
}

static void take_members(struct lister *lister, struct level *level, struct archive_entry *entry, int rc)
{
    for (; rc == ARCHIVE_OK || rc == ARCHIVE_WARN; rc = archive_read_next_header(level->archive, &entry))
        if (!take_member(lister, level, entry))
            return;
    if (rc == ARCHIVE_EOF)
        return;
    if (names_encrypted(level->archive))
        tell_encrypted(lister, level);
    else
        lister_tell_finding(lister, FINDING_UNREADABLE, level->name);
}

/* Layers of compression around it; the last of libarchive's filters is the memory itself. */
static int layers(struct archive *archive)
{
    return archive_filter_count(archive) - 1;
}

/* libarchive has found nothing but octets. */
static bool is_none(struct archive *archive)
{
    return archive_format(archive) == 0 || (is_compressed_file(archive) && layers(archive) == 0);
}

/* As soon as it is open: what the first header came to. */
static void judge(struct lister *lister, struct level *level, struct span octets, struct archive_entry *entry,
                  int rc)
{
    if (is_none(level->archive)) {
        if (signs_begin(octets) || signs_name(level->name))
            lister_tell_finding(lister, FINDING_UNREADABLE, level->name);
    } else if (level->depth > lister->bounds->depth) {
        lister_tell_finding(lister, FINDING_TOO_DEEP, level->name);
    } else {
        if ((archive_format(level->archive) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP)
            lister_zip_names(lister, octets);
        take_members(lister, level, entry, rc);
    }
}

/* Returns whether to look once more: a compressed file of zeros is taken for a tar without members. */
static bool read_archive(struct lister *lister, struct level *level, struct span octets)
{
    struct archive_entry *entry = NULL;
    int rc = archive_read_open_memory(level->archive, octets.ptr, octets.len);

    if (rc == ARCHIVE_OK && layers(level->archive) > 1) {
        lister_tell_finding(lister, FINDING_TOO_DEEP, level->name);
        return false;
    }
    if (rc == ARCHIVE_OK)
        rc = archive_read_next_header(level->archive, &entry);
    if (rc == ARCHIVE_EOF && layers(level->archive) == 1 && !is_compressed_file(level->archive))
        return true;
    judge(lister, level, octets, entry, rc);
    return false;
}

/* Goes down to bounds->depth and one more, where it only sees that there is an archive. */
static void list(struct lister *lister, struct span octets, struct span name, unsigned depth)
{
    bool again = true;

    for (unsigned look = 0; look < 2 && again; look++) {
        struct level level = {.depth = depth, .name = name};
        level.archive = lister_reader(look == 0 ? LISTER_ARCHIVES : LISTER_COMPRESSED);
        if (level.archive == NULL) {
            lister->failed = lister->over = true;
            return;
        }
        again = read_archive(lister, &level, octets);
        (void)archive_read_free(level.archive);
    }
}

/* libarchive gives names as the thread's locale has them: as UTF-8. */
int lister_list(struct span octets, struct span name, struct lister_bounds *bounds,
                const struct lister_calls *calls, void *arg)
{
    struct lister lister = {.calls = calls, .arg = arg, .bounds = bounds, .packed = octets.len};
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before;

    if (utf8 == (locale_t)0)
        return -1;
    before = uselocale(utf8);
    list(&lister, octets, name, 1);
    (void)uselocale(before);
    freelocale(utf8);
    return lister.failed ? -1 : 0;
}
