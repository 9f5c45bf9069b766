/* transport_module.c: a milter within this process: what is sent goes to one of the module's threads, and a
 * bell brings what it has said. Which modules there are is left to resident.c. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "filters/libmilter/host.h"
#include "filters/milter/client.h"
#include "filters/milter/resident.h"
#include "filters/milter/transport.h"

struct module_link {
    struct visit *visit;
    struct filter_bell *bell;
    bool busy;                     /* what was told has not been dealt with yet */
    bool lost;                     /* and cannot be: no thread takes it */
    atomic_bool answered, at_work; /* set by the module's threads, for the session's */
};

static struct module_link *module_of(struct milter_link *link)
{
    return (struct module_link *)link;
}

/* --- on the module's threads ---------------------------------------------------------------------------- */

static void on_answered(void *arg)
{
    struct module_link *link = arg;

    atomic_store(&link->answered, true);
    filter_bell_ring(link->bell);
}

static void on_progress(void *arg)
{
    struct module_link *link = arg;

    atomic_store(&link->at_work, true);
    filter_bell_ring(link->bell);
}

/* --- on the session's ----------------------------------------------------------------------------------- */

/* First the visit: once it has ended nobody rings. */
static void let_go(struct module_link *link)
{
    if (link->visit != NULL)
        visit_end(link->visit);
    filter_bell_close(link->bell);
    free(link);
}

/* False: the client has closed the link. What it wants to say now waits, for what has been said is still
 * being read. */
static bool hear(struct filter_ctx *ctx, struct module_link *link)
{
    const struct milter_client *client = filter_session(ctx);

    (void)milter_heard_octets(ctx, visit_said(link->visit));
    if (client->link != (struct milter_link *)link)
        return false;
    if (!visit_over(link->visit))
        return true;
    milter_ended(ctx, 0);
    let_go(link);
    return false;
}

static void say_progress(struct filter_ctx *ctx)
{
    char packet[MILTER_HEAD];

    milter_write_head(packet, MILTER_SAY_PROGRESS, 0);
    (void)milter_heard_octets(ctx, span_of(packet, sizeof(packet)));
}

static void on_bell(struct filter_ctx *ctx)
{
    const struct milter_client *client = filter_session(ctx);
    struct module_link *link = module_of(client->link);

    if (link->lost) {
        milter_ended(ctx, -EAGAIN);
        let_go(link);
        return;
    }
    if (atomic_exchange(&link->at_work, false) && !atomic_load(&link->answered) && client->awaiting != '\0')
        say_progress(ctx);
    if (!atomic_exchange(&link->answered, false) || !hear(ctx, link))
        return;
    link->busy = false;
    milter_writable(ctx);
}

static struct milter_link *open_visit(struct filter_ctx *ctx, size_t address)
{
    const struct milter_config *config = filter_config(ctx);
    struct module_link *link = calloc(1, sizeof(*link));

    (void)address;
    if (link == NULL)
        return NULL;
    link->bell = filter_bell_open(ctx, on_bell);
    if (link->bell != NULL)
        link->visit =
            visit_begin(resident_module(config->resident), (struct visitor){on_answered, on_progress, link});
    if (link->visit != NULL)
        return (struct milter_link *)link;
    let_go(link);
    return NULL;
}

static size_t send(struct milter_link *opened, struct span packets)
{
    struct module_link *link = module_of(opened);

    if (link->busy || packets.len == 0)
        return 0;
    link->busy = true;
    link->lost = !visit_tell(link->visit, packets);
    if (link->lost)
        filter_bell_ring(link->bell);
    return packets.len;
}

static void close_visit(struct milter_link *link)
{
    let_go(module_of(link));
}

/* The end of a visit is a goodbye. */
static void part(struct milter_link *link, struct span goodbye)
{
    (void)goodbye;
    close_visit(link);
}

const struct milter_transport milter_by_module = {
    .open = open_visit, .send = send, .part = part, .close = close_visit, .at_once = true};
