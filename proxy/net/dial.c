/* dial.c: makes a connection to a name, an address or a local socket; carrying bytes is left to stream.c. */
#include "net/dial.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/stream.h"

#define ADDRESSES_MAX 16      /* of one name; more are not tried */
#define LOCAL         "unix:" /* what a path stands behind */

struct dialling;

/* A request of libuv's cannot be recalled, only disowned: it lives until its callback and points to the
 * dialling that still waits for it, or to nothing. */
struct lookup {
    uv_getaddrinfo_t request;
    struct dialling *dialling;
};

struct attempt {
    uv_connect_t request;
    struct dialling *dialling;
    struct stream *stream;
};

/* A dial under way: it has either a lookup or an attempt, and its alarm is set. */
struct dialling {
    struct loop *loop;
    struct dial *dial;
    struct lookup *lookup;
    struct attempt *attempt;
    struct alarm limit;
    uint64_t limit_ms;
    int error; /* of the last address tried */
    uint16_t port;
    unsigned count, next;
    struct ip addresses[ADDRESSES_MAX];
};

static void disown(struct dialling *dialling)
{
    if (dialling->lookup != NULL) {
        dialling->lookup->dialling = NULL;
        uv_cancel((uv_req_t *)&dialling->lookup->request);
        dialling->lookup = NULL;
    }
    if (dialling->attempt != NULL) {
        dialling->attempt->dialling = NULL;
        stream_discard(dialling->attempt->stream);
        dialling->attempt = NULL;
    }
}

static void dialling_free(struct dialling *dialling)
{
    disown(dialling);
    alarms_clear(&dialling->loop->alarms, &dialling->limit);
    dialling->dial->handle = NULL;
    mem_free(dialling);
}

static void fail(struct dialling *dialling)
{
    struct dial *dial = dialling->dial;
    int error = dialling->error;

    dialling_free(dialling);
    dial->done(dial->owner, error);
}

static void on_connected(uv_connect_t *request, int status);

/* An address cannot be reached from a source of the other family: it is not tried. */
static void add_address(struct dialling *dialling, struct ip ip)
{
    uint8_t source = dialling->dial->source.family;

    ip.port = dialling->port;
    if (source != 0 && ip.family != source)
        dialling->error = -EAFNOSUPPORT;
    else if (ip.family != 0 && dialling->count < ADDRESSES_MAX)
        dialling->addresses[dialling->count++] = ip;
}

/* False, and why in dialling->error, when that is not possible. */
static bool try_route(struct dialling *dialling, const struct stream_route *route)
{
    struct loop *loop = dialling->loop;
    struct attempt *attempt = mem_alloc(sizeof(*attempt));

    dialling->error = -ENOMEM;
    if (attempt == NULL)
        return false;
    attempt->dialling = dialling;
    attempt->request.data = attempt;
    attempt->stream = stream_connect(&loop->uv, route, &attempt->request, on_connected, &dialling->error);
    if (attempt->stream == NULL) {
        mem_free(attempt);
        return false;
    }
    dialling->attempt = attempt;
    if (alarms_set(&loop->alarms, &dialling->limit, uv_now(&loop->uv) + dialling->limit_ms))
        return true;
    dialling->error = -ENOMEM;
    disown(dialling);
    return false;
}

/* Begins with the next address for which that is possible; false when there is none left. */
static bool try_next(struct dialling *dialling)
{
    struct stream_route route = {.source = dialling->dial->source, .mark = dialling->dial->mark};

    while (dialling->next < dialling->count) {
        route.peer = dialling->addresses[dialling->next++];
        if (try_route(dialling, &route))
            return true;
    }
    return false;
}

static void go_on(struct dialling *dialling)
{
    if (!try_next(dialling))
        fail(dialling);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct attempt *attempt = request->data;
    struct dialling *dialling = attempt->dialling;
    struct stream *stream = attempt->stream;

    if (dialling == NULL) {
        mem_free(attempt);
        return;
    }
    if (status != 0) {
        dialling->error = status;
        disown(dialling);
        mem_free(attempt);
        go_on(dialling);
        return;
    }
    struct dial *dial = dialling->dial;
    dial->peer = dialling->next > 0 ? dialling->addresses[dialling->next - 1] : (struct ip){0};
    dialling->attempt = NULL;
    mem_free(attempt);
    dialling_free(dialling);
    stream_attach(stream, dial->wire);
    dial->done(dial->owner, 0);
    stream_settle(stream);
}

static void on_limit(void *owner)
{
    struct dialling *dialling = owner;

    dialling->error = -ETIMEDOUT;
    disown(dialling);
    go_on(dialling);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct lookup *lookup = request->data;
    struct dialling *dialling = lookup->dialling;

    if (dialling != NULL) {
        dialling->lookup = NULL;
        dialling->error = status == UV_EAI_MEMORY ? -ENOMEM : -ENOENT;
        for (const struct addrinfo *at = list; at != NULL; at = at->ai_next)
            add_address(dialling, address_to_ip(at->ai_addr));
    }
    uv_freeaddrinfo(list);
    mem_free(lookup);
    if (dialling != NULL)
        go_on(dialling);
}

static int look_up(struct dialling *dialling, const char *host)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct loop *loop = dialling->loop;
    struct lookup *lookup = mem_alloc(sizeof(*lookup));
    int error;

    if (lookup == NULL)
        return -ENOMEM;
    if (!alarms_set(&loop->alarms, &dialling->limit, uv_now(&loop->uv) + dialling->limit_ms)) {
        mem_free(lookup);
        return -ENOMEM;
    }
    lookup->dialling = dialling;
    lookup->request.data = lookup;
    error = uv_getaddrinfo(&loop->uv, &lookup->request, on_resolved, host, NULL, &hints);
    if (error != 0) {
        mem_free(lookup);
        return error == -ENOMEM ? error : -ENOENT;
    }
    dialling->lookup = lookup;
    return 0;
}

/* 0 when something is under way. */
static int begin(struct dialling *dialling, const char *host)
{
    struct ip literal;

    if (strncmp(host, LOCAL, strlen(LOCAL)) == 0) {
        const struct stream_route route = {.path = host + strlen(LOCAL)};
        return try_route(dialling, &route) ? 0 : dialling->error;
    }
    if (!ip_parse(span_str(host), &literal))
        return look_up(dialling, host);
    add_address(dialling, literal);
    return try_next(dialling) ? 0 : dialling->error;
}

int dial_begin(struct loop *loop, struct dial *dial, const char *host, uint16_t port, uint64_t limit)
{
    struct dialling *dialling = mem_alloc(sizeof(*dialling));
    int error;

    assert(dial->handle == NULL);
    if (dialling == NULL)
        return -ENOMEM;
    *dialling = (struct dialling){.loop = loop, .dial = dial, .limit_ms = limit, .port = port};
    dialling->limit = (struct alarm){.ring = on_limit, .owner = dialling};
    dial->handle = dialling;
    error = begin(dialling, host);
    if (error != 0)
        dialling_free(dialling);
    return error;
}

void dial_cancel(struct dial *dial)
{
    if (dial->handle != NULL)
        dialling_free(dial->handle);
}
