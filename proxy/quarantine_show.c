/* quarantine_show.c: `postern quarantine list` and `show`: what is known of kept messages, for people and for
 * programs. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "program.h"
#include "quarantine/listing.h"
#include "quarantine_command.h"

#define HEADER_OCTETS ((size_t)1 << 20) /* of a header section that is shown */

static int print_line(const struct facts *facts)
{
    size_t len;
    char *json = facts_print(facts, true, &len);

    if (json == NULL)
        return -ENOMEM;
    puts(json);
    mem_free(json);
    return 0;
}

/* --- list ----------------------------------------------------------------------------------------------- */

#define ROW "%-17s  %-19s  %10s  "

/* "2026-01-02T03:04:05.678Z" without its last part. */
static void print_row(const struct entry *entry, const struct facts *facts)
{
    char size[24], time[20] = "-";

    (void)snprintf(size, sizeof(size), "%" PRIu64, entry->octets);
    if (facts->time.len >= sizeof(time) - 1)
        (void)snprintf(time, sizeof(time), "%.*s", (int)sizeof(time) - 1, facts->time.ptr);
    printf(ROW "<", entry->id, time, size);
    quarantine_put(stdout, facts->reverse_path);
    fputs("> -> ", stdout);
    quarantine_put(stdout, facts->recipients[0].address);
    if (facts->recipient_count > 1)
        printf(" and %zu more", facts->recipient_count - 1);
    fputs("  ", stdout);
    quarantine_put(stdout, facts->filter);
    if (facts->reason.len != 0) {
        fputs(": ", stdout);
        quarantine_put(stdout, facts->reason);
    }
    putchar('\n');
}

/* What goes while the list is made is no trouble. */
static bool list_one(const struct quarantine_command *command, const char *id)
{
    struct facts_file file;
    struct entry entry;
    int error = entry_open(&entry, command->store, span_str(id));

    if (error != 0)
        return true;
    error = entry_facts(&entry, &file);
    if (error == 0) {
        if (command->json)
            error = print_line(&file.facts);
        else
            print_row(&entry, &file.facts);
        facts_close(&file);
    }
    entry_close(&entry);
    if (error == 0 || error == -ENOENT)
        return true;
    quarantine_complain(id, error);
    return false;
}

int quarantine_list(const struct quarantine_command *command)
{
    struct listing listing = {0};
    int error = listing_read(&listing, command->store), status = PROGRAM_OK;

    if (error != 0) {
        quarantine_complain("list", error);
        status = QUARANTINE_TROUBLE;
    }
    if (error == 0 && listing.count != 0 && !command->json)
        printf(ROW "%s\n", "ID", "TIME (UTC)", "SIZE", "FROM -> TO  WHY");
    for (size_t i = 0; error == 0 && i < listing.count; i++)
        if (!list_one(command, listing.items[i].id))
            status = QUARANTINE_NOT_ALL;
    listing_free(&listing);
    return status;
}

/* --- show ----------------------------------------------------------------------------------------------- */

static void print_fact(const char *name, struct span value)
{
    if (value.ptr == NULL)
        return;
    printf("%-15s", name);
    quarantine_put(stdout, value);
    putchar('\n');
}

static void print_recipient(const struct facts_recipient *recipient)
{
    printf("%-15s<", "to");
    quarantine_put(stdout, recipient->address);
    putchar('>');
    if (recipient->parameters.len != 0) {
        putchar(' ');
        quarantine_put(stdout, recipient->parameters);
    }
    if (recipient->given.ptr != NULL) {
        fputs(" (given as ", stdout);
        quarantine_put(stdout, recipient->given);
        putchar(')');
    }
    putchar('\n');
}

static void print_facts(const struct entry *entry, const struct facts *facts)
{
    const struct {
        const char *name;
        struct span value;
    } before[] = {
        {"id", facts->id},
        {"time", facts->time},
        {"filter", facts->filter},
        {"reason", facts->reason},
        {"client", facts->client},
        {"client name", facts->client_name},
        {"helo", facts->helo},
        {"listener", facts->listener},
        {"tls", facts->tls_version},
        {"cipher", facts->tls_cipher},
        {"certificate", facts->tls_subject},
        {"authentication", facts->authentication},
        {"identity", facts->identity},
        {"from given", facts->reverse_path_given},
        {"from", facts->reverse_path},
        {"parameters", facts->parameters},
    };

    for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
        print_fact(before[i].name, before[i].value);
    for (size_t i = 0; i < facts->recipient_count; i++)
        print_recipient(&facts->recipients[i]);
    print_fact("upstream", facts->upstream);
    print_fact("destination", facts->destination);
    printf("%-15s%" PRIu64 "\n\n", "size", entry->octets);
}

/* Up to the empty line; lines end as they do on a terminal. */
static void print_header(const struct entry *entry)
{
    char *header = mem_alloc(HEADER_OCTETS);
    long n = header != NULL ? entry_read(entry, 0, header, HEADER_OCTETS) : 0;
    struct span rest = span_of(header, n > 0 ? (size_t)n : 0);

    while (rest.len != 0) {
        const char *end = memmem(rest.ptr, rest.len, "\r\n", 2);
        size_t len = end != NULL ? (size_t)(end - rest.ptr) : rest.len;
        if (len == 0)
            break;
        quarantine_put(stdout, span_first(rest, len));
        putchar('\n');
        rest = span_skip(rest, end != NULL ? len + 2 : len);
    }
    mem_free(header);
}

static int print_raw(const struct entry *entry)
{
    char octets[16384];
    uint64_t at = 0;
    long n;

    while ((n = entry_read(entry, at, octets, sizeof(octets))) > 0) {
        fwrite(octets, 1, (size_t)n, stdout);
        at += (uint64_t)n;
    }
    return (int)n;
}

int quarantine_show(const struct quarantine_command *command)
{
    struct facts_file file;
    struct entry entry;
    int error;

    if (!quarantine_find(command, command->ids[0], &entry))
        return QUARANTINE_NOT_ALL;
    if (command->raw) {
        error = print_raw(&entry);
    } else if ((error = entry_facts(&entry, &file)) == 0) {
        if (command->json) {
            error = print_line(&file.facts);
        } else {
            print_facts(&entry, &file.facts);
            print_header(&entry);
        }
        facts_close(&file);
    }
    if (error != 0)
        quarantine_complain(entry.id, error);
    entry_close(&entry);
    return error != 0 ? QUARANTINE_NOT_ALL : PROGRAM_OK;
}
