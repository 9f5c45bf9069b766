/* trial.c: stored messages handed to a session as it runs in production, one after the other. */
#include "scan/trial.h"

#include <errno.h>
#include <time.h>

#include "base/mem.h"
#include "scan/client.h"
#include "scan/pipe.h"
#include "session/server.h"

#define ENVELOPE_OCTETS 65536 /* of the mailboxes of one message */

struct trial {
    struct stage stage;
    struct server *server;
    struct settings *settings;
    struct option_rows upstreams; /* as they were read */
    struct settings_upstream upstream;
    struct settings_listener listener;
    struct trial_client as;
    void (*heard)(void *owner, struct span line);
    void *listener_owner;
    /* of the message under way */
    struct client client;
    struct arena arena;
    struct envelope envelope;
    struct finding *finding;
    struct turn end;
    uint64_t began;
    void (*done)(void *owner);
    void *owner;
};

static uint64_t nanoseconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void hear(void *owner, struct span line)
{
    struct trial *trial = owner;

    if (trial->finding != NULL)
        finding_hear(trial->finding, line);
    if (trial->heard != NULL)
        trial->heard(trial->listener_owner, line);
}

static void on_emptied(void *owner)
{
    (void)owner;
}

/* The only upstream is the one on stage; a configuration's chain, limits and all else stay. */
static void set_stage(struct trial *trial)
{
    struct settings *settings = trial->settings;

    trial->upstreams = settings->upstreams;
    trial->upstream =
        (struct settings_upstream){.host = STAGE_UPSTREAM, .port = 25, .address = STAGE_UPSTREAM};
    settings->upstreams = (struct option_rows){&trial->upstream, 1};
    trial->listener = (struct settings_listener){.name = "scan", .address = "scan"};
    if (settings->listeners.count != 0) {
        const struct settings_listener *first = settings->listeners.items;
        trial->listener.name = first->name != NULL ? first->name : first->address;
        trial->listener.address = first->address;
        trial->listener.auth_without_tls = first->auth_without_tls;
    }
}

struct trial *trial_new(struct world *world, struct settings *settings, const struct trial_client *client,
                        void (*heard)(void *owner, struct span line), void *owner)
{
    struct trial *trial = mem_alloc(sizeof(*trial));

    if (trial == NULL || !stage_init(&trial->stage, world, hear, trial)) {
        mem_free(trial);
        settings_unref(settings);
        return NULL;
    }
    trial->settings = settings;
    trial->as = *client;
    trial->heard = heard;
    trial->listener_owner = owner;
    arena_init(&trial->arena, ENVELOPE_OCTETS);
    set_stage(trial);
    trial->server = server_new(&trial->stage.world, on_emptied, trial);
    if (trial->server == NULL) {
        trial_free(trial);
        return NULL;
    }
    server_configure(trial->server, settings);
    return trial;
}

void trial_free(struct trial *trial)
{
    if (trial->server != NULL)
        server_free(trial->server);
    stage_free(&trial->stage);
    trial->settings->upstreams = trial->upstreams;
    settings_unref(trial->settings);
    mem_free(trial);
}

/* The session may end a little later than its client. */
static void end(void *owner)
{
    struct trial *trial = owner;
    struct world *world = trial->stage.under;
    struct finding *finding = trial->finding;

    if (server_sessions(trial->server) != 0) {
        world->ops->turn_take(world, &trial->end);
        return;
    }
    arena_reset(&trial->arena);
    trial->finding = NULL;
    finding->ns = nanoseconds() - trial->began;
    finding_settle(finding);
    trial->done(trial->owner);
}

static void on_over(void *owner)
{
    struct trial *trial = owner;

    trial->stage.under->ops->turn_take(trial->stage.under, &trial->end);
}

static int read_envelope(struct trial *trial, const struct letter *letter)
{
    struct envelope *envelope = &trial->envelope;

    *envelope = (struct envelope){0};
    if (trial->as.from == NULL || trial->as.recipient == NULL)
        if (!envelope_read(envelope, letter->content, &trial->arena))
            return -ENOMEM;
    if (trial->as.from != NULL)
        envelope->reverse_path = span_str(trial->as.from);
    if (trial->as.recipient != NULL) {
        envelope->recipients[0] = span_str(trial->as.recipient);
        envelope->count = 1;
    }
    return 0;
}

static int connect_client(struct trial *trial)
{
    struct arrival arrival = {.peer = trial->as.address, .listener = &trial->listener};
    struct pipe_end *ends[2];
    int error;

    (void)ip_parse(SPAN("127.0.0.1"), &arrival.local);
    if (!pipe_new(trial->stage.under, ends))
        return -ENOMEM;
    error = server_accept(trial->server, &arrival, &pipe_ops, ends[0]);
    if (error != 0) {
        pipe_abandon(ends[0]);
        pipe_abandon(ends[1]);
        return error;
    }
    client_begin(&trial->client, trial->stage.world.pool, &pipe_ops, ends[1]);
    return 0;
}

int trial_begin(struct trial *trial, const struct letter *letter, struct finding *finding,
                void (*done)(void *owner), void *owner)
{
    int error = read_envelope(trial, letter);

    *finding = (struct finding){.size = letter->content.len};
    if (error == 0) {
        trial->finding = finding;
        trial->done = done;
        trial->owner = owner;
        trial->end = (struct turn){.run = end, .owner = trial};
        trial->began = nanoseconds();
        trial->client = (struct client){.helo = trial->as.helo,
                                        .envelope = &trial->envelope,
                                        .finding = finding,
                                        .over = on_over,
                                        .owner = trial};
        feed_init(&trial->client.feed, letter);
        error = connect_client(trial);
    }
    if (error != 0) {
        trial->finding = NULL;
        arena_reset(&trial->arena);
    }
    return error;
}
