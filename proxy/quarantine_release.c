/* quarantine_release.c: `postern quarantine release`: delivers one message after the other; those that were
 * taken leave the quarantine, of those taken for some recipients only these leave. How one is delivered is
 * left to proxy/release/. */
#include <errno.h>

#include "base/mem.h"
#include "net/worker.h"
#include "program.h"
#include "quarantine_command.h"
#include "release/release.h"

struct releasing {
    const struct quarantine_command *command;
    struct worker *worker;
    struct release *release;
    size_t next; /* id */
    int status;
    /* the message under way */
    struct entry entry;
    struct facts_file file;
    struct courier courier;
};

/* The first task of the worker's thread. */
struct beginning {
    struct worker_task task;
    struct releasing *releasing;
};

static void complain(struct releasing *releasing, int error)
{
    quarantine_complain(releasing->entry.id, error);
    releasing->status = QUARANTINE_NOT_ALL;
}

/* --- what became of it ---------------------------------------------------------------------------------- */

static bool accepted(const struct releasing *releasing, size_t recipient)
{
    return releasing->courier.recipients[recipient].code / 100 == 2;
}

static void tell_reply(const char *what, struct span whom, const struct courier_reply *reply)
{
    printf(", %s", what);
    if (whom.len != 0) {
        fputs(" <", stdout);
        quarantine_put(stdout, whom);
        putchar('>');
    }
    printf(": %u ", reply->code);
    quarantine_put(stdout, span_str(reply->text));
}

/* Recipients that have the message now are taken off it, so that no other release delivers to them again. */
static int keep_rest(struct releasing *releasing)
{
    struct facts facts = releasing->file.facts;
    size_t left = 0;

    for (size_t i = 0; i < facts.recipient_count; i++)
        if (!accepted(releasing, i))
            releasing->file.recipients[left++] = releasing->file.recipients[i];
    facts.recipient_count = left;
    return entry_replace_facts(&releasing->entry, &facts);
}

static void settle_delivered(struct releasing *releasing)
{
    const struct facts *facts = &releasing->file.facts;
    bool all = releasing->courier.accepted == facts->recipient_count;
    int error;

    printf("%s: delivered to %zu of %zu", releasing->entry.id, releasing->courier.accepted,
           facts->recipient_count);
    tell_reply("the message", span_of(NULL, 0), &releasing->courier.last);
    for (size_t i = 0; i < facts->recipient_count; i++)
        if (!accepted(releasing, i))
            tell_reply("not to", facts->recipients[i].address, &releasing->courier.recipients[i]);
    putchar('\n');
    (void)fflush(stdout);
    error = all ? entry_remove(&releasing->entry) : keep_rest(releasing);
    if (!all)
        releasing->status = QUARANTINE_NOT_ALL;
    if (error != 0)
        complain(releasing, error);
}

static void settle_undelivered(struct releasing *releasing)
{
    const struct courier *courier = &releasing->courier;
    const char *stage = courier_stage_name(courier->reached);

    releasing->status = QUARANTINE_NOT_ALL;
    printf("%s: not delivered", releasing->entry.id);
    if (courier->error == -EINVAL)
        printf(", %s: the mail server does not offer what the message needs", stage);
    else if (courier->error != 0)
        printf(", the message: %s", strerror(-courier->error));
    else if (courier_in_doubt(courier))
        printf(" for all that is known: the mail server was lost behind the end of the message");
    else if (courier->last.code != 0)
        tell_reply(stage, span_of(NULL, 0), &courier->last);
    else
        printf(", %s: the mail server was lost", stage);
    putchar('\n');
}

/* --- one after the other -------------------------------------------------------------------------------- */

static void next_message(struct releasing *releasing);

static void end_message(struct releasing *releasing)
{
    mem_free(releasing->courier.recipients);
    facts_close(&releasing->file);
    entry_close(&releasing->entry);
}

static void on_done(void *owner)
{
    struct releasing *releasing = owner;

    if (courier_delivered(&releasing->courier))
        settle_delivered(releasing);
    else
        settle_undelivered(releasing);
    end_message(releasing);
    next_message(releasing);
}

static const struct settings_upstream *where_to(const struct releasing *releasing)
{
    const char *asked = releasing->command->upstream;
    struct span address = asked != NULL ? span_str(asked) : releasing->file.facts.upstream;
    const struct settings_upstream *upstream = release_upstream(releasing->release, address);

    if (upstream == NULL) {
        fprintf(stderr, "postern quarantine: %s: ", releasing->entry.id);
        quarantine_put(stderr, address);
        fprintf(stderr, " is no upstream of %s; --upstream names another\n", releasing->command->config);
    }
    return upstream;
}

/* 0: on_done() will be called. */
static int deliver(struct releasing *releasing)
{
    const struct facts *facts = &releasing->file.facts;
    const struct settings_upstream *upstream = where_to(releasing);
    int error;

    if (upstream == NULL) {
        releasing->status = QUARANTINE_NOT_ALL;
        return -ENOENT;
    }
    releasing->courier = (struct courier){.entry = &releasing->entry, .facts = facts};
    releasing->courier.recipients = mem_alloc(facts->recipient_count * sizeof(struct courier_reply));
    error = releasing->courier.recipients == NULL
                ? -ENOMEM
                : release_begin(releasing->release, upstream, &releasing->courier, on_done, releasing);
    if (error != 0) {
        mem_free(releasing->courier.recipients);
        complain(releasing, error);
    }
    return error;
}

/* False: it is not under way. */
static bool begin(struct releasing *releasing, const char *id)
{
    int error;

    if (!quarantine_take(releasing->command, id, &releasing->entry)) {
        releasing->status = QUARANTINE_NOT_ALL;
        return false;
    }
    error = entry_facts(&releasing->entry, &releasing->file);
    if (error != 0) {
        complain(releasing, error);
    } else {
        if (deliver(releasing) == 0)
            return true;
        facts_close(&releasing->file);
    }
    entry_close(&releasing->entry);
    return false;
}

static void next_message(struct releasing *releasing)
{
    while (releasing->next < releasing->command->count)
        if (begin(releasing, releasing->command->ids[releasing->next++]))
            return;
    worker_stop(releasing->worker);
}

static void run_beginning(struct worker_task *task)
{
    next_message(((struct beginning *)task)->releasing);
}

static void on_ended(void *owner)
{
    (void)owner;
}

/* --- the main thread ------------------------------------------------------------------------------------ */

static int release_all(struct releasing *releasing)
{
    struct beginning beginning = {{.run = run_beginning}, releasing};
    struct world *world = worker_world(releasing->worker);
    int error;

    world->log->level = releasing->command->verbose ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR;
    releasing->release = release_new(world, releasing->command->settings);
    if (releasing->release == NULL) {
        worker_join(releasing->worker);
        return -ENOMEM;
    }
    worker_post(releasing->worker, &beginning.task);
    error = worker_start(releasing->worker);
    worker_join(releasing->worker);
    release_free(releasing->release);
    return error;
}

int quarantine_release(const struct quarantine_command *command)
{
    const struct worker_owner owner = {.ended = on_ended};
    struct releasing releasing = {.command = command};
    struct log_target *target;
    int error = 0;

    target = log_target_open("stderr", &error);
    if (target != NULL)
        releasing.worker = worker_new(&owner, target, &error);
    if (releasing.worker != NULL)
        error = release_all(&releasing);
    if (target != NULL)
        log_target_close(target);
    if (error == 0)
        return releasing.status;
    quarantine_complain("release", error);
    return QUARANTINE_TROUBLE;
}
