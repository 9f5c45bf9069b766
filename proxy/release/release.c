/* release.c: one message at a time: a session of its own between a courier and the upstream. */
#include "release/release.h"

#include <errno.h>

#include "base/mem.h"
#include "chain/chain.h"
#include "scan/pipe.h"
#include "session/server.h"
#include "smtp/words.h"

struct release {
    struct world *world;
    struct server *server; /* of the message under way: what is known of an upstream is not told of another */
    struct settings *settings;
    struct settings_limits limits; /* as they were read, like all that follows */
    struct option_rows upstreams;
    struct chain *chain;
    int connect, trace, line_endings, chunking;
    struct settings_upstream upstream; /* the only one, now */
    struct settings_listener listener;
    struct courier *courier;
    struct turn end;
    void (*done)(void *owner);
    void *owner;
};

/* What was let in once is not measured again, and is not changed. */
static void lift_limits(struct settings_limits *limits)
{
    limits->text_line = limits->message_size = 0;
    limits->header_size = limits->header_field = UINT64_MAX;
    limits->header_count = INT64_MAX;
    limits->recipients = INT64_MAX;
    limits->transactions = limits->hops = limits->sessions = limits->sessions_per_client = 0;
    limits->memory = limits->min_data_rate = 0;
}

static bool prepare(struct release *release)
{
    struct settings *settings = release->settings;

    release->limits = settings->limits;
    release->upstreams = settings->upstreams;
    release->chain = settings->chain;
    release->connect = settings->connect;
    release->trace = settings->trace;
    release->line_endings = settings->line_endings;
    release->chunking = settings->chunking;
    lift_limits(&settings->limits);
    settings->upstreams = (struct option_rows){&release->upstream, 1};
    settings->chain = chain_new();
    settings->connect = CONNECT_EARLY;
    settings->trace = TRACE_NONE;
    settings->line_endings = DOT_REJECT;
    settings->chunking = CHUNKING_RELAY;
    release->listener = (struct settings_listener){.name = "release", .address = "release"};
    return settings->chain != NULL;
}

static void give_back(struct release *release)
{
    struct settings *settings = release->settings;

    chain_free(settings->chain);
    settings->limits = release->limits;
    settings->upstreams = release->upstreams;
    settings->chain = release->chain;
    settings->connect = release->connect;
    settings->trace = release->trace;
    settings->line_endings = release->line_endings;
    settings->chunking = release->chunking;
    settings_unref(settings);
}

static void on_emptied(void *owner)
{
    (void)owner;
}

struct release *release_new(struct world *world, struct settings *settings)
{
    struct release *release = mem_alloc(sizeof(*release));

    if (release == NULL)
        return NULL;
    release->world = world;
    release->settings = settings_ref(settings);
    if (prepare(release))
        return release;
    release_free(release);
    return NULL;
}

void release_free(struct release *release)
{
    give_back(release);
    mem_free(release);
}

const struct settings_upstream *release_upstream(const struct release *release, struct span address)
{
    const struct settings_upstream *upstreams = release->upstreams.items;

    for (size_t i = 0; i < release->upstreams.count; i++)
        if (span_eq(span_str(upstreams[i].address), address))
            return &upstreams[i];
    return NULL;
}

/* --- one message ---------------------------------------------------------------------------------------- */

/* Who the upstream is told the client is, where it is told: the one who sent the message. */
static void tell_client(const struct facts *facts, struct arrival *arrival)
{
    struct ip ip;

    if (facts->client.len != 0 && ip_parse(facts->client, &ip)) {
        arrival->peer = ip;
        arrival->peer.port = (uint16_t)facts->client_port;
    }
}

/* host ":" port, "[" host "]:" port */
static bool read_destination(struct span s, struct ip *ip)
{
    const char *colon = s.len != 0 ? memrchr(s.ptr, ':', s.len) : NULL;
    size_t host = colon != NULL ? (size_t)(colon - s.ptr) : 0;
    uint64_t port;

    if (host == 0 || !words_number(span_skip(s, host + 1), UINT16_MAX, &port))
        return false;
    s.len = host;
    if (s.ptr[0] == '[' && s.ptr[s.len - 1] == ']')
        s = span_of(s.ptr + 1, s.len - 2);
    if (!ip_parse(s, ip))
        return false;
    ip->port = (uint16_t)port;
    return true;
}

/* The courier is in no danger of being listened to; what `mirror` goes by is how the client was. */
static void set_upstream(struct release *release, const struct settings_upstream *upstream,
                         const struct facts *facts)
{
    release->upstream = *upstream;
    if (upstream->tls == UPSTREAM_TLS_MIRROR)
        release->upstream.tls = facts->tls_version.len != 0 ? UPSTREAM_TLS_REQUIRED : UPSTREAM_TLS_NONE;
}

/* The session may end a little later than its client. */
static void end(void *owner)
{
    struct release *release = owner;

    if (server_sessions(release->server) != 0) {
        release->world->ops->turn_take(release->world, &release->end);
        return;
    }
    server_free(release->server);
    release->done(release->owner);
}

static void on_over(void *owner)
{
    struct release *release = owner;

    release->world->ops->turn_take(release->world, &release->end);
}

static int connect_courier(struct release *release, const struct arrival *arrival)
{
    struct pipe_end *ends[2];
    int error;

    if (!pipe_new(release->world, ends))
        return -ENOMEM;
    server_configure(release->server, release->settings);
    error = server_accept(release->server, arrival, &pipe_ops, ends[0]);
    if (error != 0) {
        pipe_abandon(ends[0]);
        pipe_abandon(ends[1]);
        return error;
    }
    courier_begin(release->courier, release->world->pool, &pipe_ops, ends[1]);
    return 0;
}

int release_begin(struct release *release, const struct settings_upstream *upstream, struct courier *courier,
                  void (*done)(void *owner), void *owner)
{
    struct arrival arrival = {.listener = &release->listener};
    int error;

    (void)ip_parse(SPAN("127.0.0.1"), &arrival.local);
    arrival.peer = arrival.local;
    tell_client(courier->facts, &arrival);
    if (upstream->original && !read_destination(courier->facts->destination, &arrival.original))
        return -EDESTADDRREQ;
    set_upstream(release, upstream, courier->facts);
    release->courier = courier;
    release->done = done;
    release->owner = owner;
    release->end = (struct turn){.run = end, .owner = release};
    courier->over = on_over;
    courier->owner = release;
    release->server = server_new(release->world, on_emptied, release);
    error = release->server != NULL ? connect_courier(release, &arrival) : -ENOMEM;
    if (error != 0 && release->server != NULL)
        server_free(release->server);
    return error;
}
