/* visit.c: one session of a module: packets go to a worker, which runs the engine, and what is said comes
 * back. Modules themselves are left to host.c. */
#include <stdlib.h>

#include "filters/libmilter/engine.h"
#include "filters/libmilter/host.h"
#include "filters/libmilter/module.h"

struct visit {
    struct module *module;
    struct visitor visitor;
    SMFICTX *ctx;
    struct job job;
    char *told;
    size_t told_len, told_size;
    char answer; /* to the packet that is being dealt with; '\0': none */
    bool over;
    pthread_mutex_t lock; /* of the rest */
    struct milter_writer said;
    bool working, ending;
};

static int visit_say(void *arg, const struct milter_packet *packet, bool prompt)
{
    struct visit *visit = arg;
    int status = 0;

    (void)pthread_mutex_lock(&visit->lock);
    if (!prompt) {
        visit->answer = packet->command;
        status = milter_write(&visit->said, MILTER_OF_FILTER, packet);
    } else if (visit->visitor.progress != NULL && !visit->ending) {
        visit->visitor.progress(visit->visitor.arg);
    }
    (void)pthread_mutex_unlock(&visit->lock);
    return status;
}

static void visit_free(struct visit *visit)
{
    struct module *module = visit->module;

    context_free(visit->ctx);
    milter_writer_free(&visit->said);
    free(visit->told);
    (void)pthread_mutex_destroy(&visit->lock);
    free(visit);
    atomic_fetch_sub(&module->visits, 1);
}

/* Whether what was told behind this command is still of use. */
static bool goes_on(const struct visit *visit, char command)
{
    switch (visit->answer) {
    case MILTER_SAY_REJECT:
    case MILTER_SAY_TEMPFAIL:
    case MILTER_SAY_REPLY:
        return command == MILTER_RCPT;
    case MILTER_SAY_ACCEPT:
    case MILTER_SAY_DISCARD:
        return false;
    default:
        return true;
    }
}

/* Hands the packets that were told to the engine. */
static void serve(struct visit *visit)
{
    struct milter_reader reader = {.limit = visit->module->library.limit};
    struct span left = {visit->told, visit->told_len}, data = {NULL, 0};
    char command = '\0', skipped = '\0';
    long taken;

    visit->answer = '\0';
    while (!visit->over && goes_on(visit, command) &&
           (taken = milter_read(&reader, left, &command, &data)) != 0) {
        left = span_skip(left, taken > 0 ? (size_t)taken : left.len);
        visit->answer = '\0';
        if (taken > 0 && (command == '\0' || command == skipped))
            continue;
        visit->over = taken < 0 || !engine_read(visit->ctx, command, data);
        skipped = '\0';
        if (visit->answer == MILTER_SAY_SKIP)
            skipped = command;
    }
    milter_reader_free(&reader);
}

/* On a worker. */
static void run(struct job *job)
{
    struct visit *visit = (struct visit *)((char *)job - offsetof(struct visit, job));
    bool ending;

    library_here = &visit->module->library;
    (void)pthread_mutex_lock(&visit->lock);
    ending = visit->ending;
    (void)pthread_mutex_unlock(&visit->lock);
    if (!ending)
        serve(visit);
    (void)pthread_mutex_lock(&visit->lock);
    ending = visit->ending;
    visit->working = false;
    if (!ending)
        visit->visitor.answered(visit->visitor.arg);
    (void)pthread_mutex_unlock(&visit->lock);
    if (ending) {
        engine_end(visit->ctx);
        visit_free(visit);
    }
    library_here = NULL;
}

struct visit *visit_begin(struct module *module, struct visitor visitor)
{
    struct visit *visit = module_gone(module) ? NULL : calloc(1, sizeof(*visit));

    if (visit == NULL)
        return NULL;
    visit->ctx =
        context_new(&module->library.filter, (struct outlet){visit_say, visit}, module->library.debug);
    if (visit->ctx == NULL || pthread_mutex_init(&visit->lock, NULL) != 0) {
        context_free(visit->ctx);
        free(visit);
        return NULL;
    }
    visit->module = module;
    visit->visitor = visitor;
    visit->job.run = run;
    atomic_fetch_add(&module->visits, 1);
    return visit;
}

static bool keep(struct visit *visit, struct span packets)
{
    if (packets.len > visit->told_size) {
        char *larger = realloc(visit->told, packets.len);
        if (larger == NULL)
            return false;
        visit->told = larger;
        visit->told_size = packets.len;
    }
    if (visit->told != NULL && packets.len != 0)
        memcpy(visit->told, packets.ptr, packets.len);
    visit->told_len = packets.len;
    return true;
}

bool visit_tell(struct visit *visit, struct span packets)
{
    if (visit->over || !keep(visit, packets))
        return false;
    visit->said.len = 0;
    visit->working = true;
    if (team_give(&visit->module->team, &visit->job))
        return true;
    visit->working = false;
    visit->over = true;
    return false;
}

struct span visit_said(const struct visit *visit)
{
    return milter_written(&visit->said);
}

bool visit_over(const struct visit *visit)
{
    return visit->over || visit->said.starved;
}

void visit_end(struct visit *visit)
{
    bool idle;

    (void)pthread_mutex_lock(&visit->lock);
    visit->ending = true;
    idle = !visit->working;
    (void)pthread_mutex_unlock(&visit->lock);
    if (idle && !team_give(&visit->module->team, &visit->job))
        visit_free(visit); /* nobody can call the module: it is as if it had died */
}
