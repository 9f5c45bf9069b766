/* tls.c: the life of a connection, and the wire above it: how it begins, writes, reads, finishes, closes. The
 * handshake is left to tls_step.c, records to tls_flow.c, words for failures to tls_failure.c. */
#include "tls/tls.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "tls/tls_private.h"

_Thread_local struct tls *tls_current;

static void tls_free(struct tls *tls)
{
    mbedtls_ssl_free(&tls->ssl);
    if (tls->credentials != NULL)
        tls_credentials_unref(tls->credentials);
    if (tls->server != NULL)
        tls_server_unref(tls->server);
    if (tls->client != NULL)
        tls_client_unref(tls->client);
    tls_cache_free(tls->cache);
    mem_free(tls->peer);
    mem_free(tls);
}

void tls_hold(struct tls *tls)
{
    tls->held++;
}

void tls_release(struct tls *tls)
{
    assert(tls->held > 0);
    tls->held--;
    if (tls->held == 0 && tls->above == NULL)
        tls_free(tls);
}

/* Beneath is read as long as above wants bytes: what is not wanted yet stays with the peer. */
void tls_settle(struct tls *tls)
{
    tls->under.paused = tls->stage == TLS_FAILED || (tls->stage == TLS_UP && !tls->wants_plaintext);
    wire_update(&tls->under);
}

void tls_end(struct tls *tls, int error)
{
    if (tls->ended)
        return;
    tls->ended = true;
    wire_ended(tls->above, error);
}

/* --- what the wire above asks for ----------------------------------------------------------------------- */

static long write_ops(struct wire *wire, struct span s)
{
    struct tls *tls = wire->carrier;
    long n = 0;

    if (tls->stage == TLS_FAILED)
        return -EPIPE;
    if (tls->stage == TLS_UP)
        n = tls_write(tls, s);
    if (n < 0)
        return n;
    tls->pinned = span_skip(s, (size_t)n);
    tls->owes = tls_unsent(tls);
    return tls->owes ? n - 1 : n;
}

/* What has arrived already is delivered in a turn: the owner of the wire is in the middle of something. */
static void read_ops(struct wire *wire, bool on)
{
    struct tls *tls = wire->carrier;

    tls->wants_plaintext = on;
    if (tls->stage != TLS_UP)
        return;
    tls_settle(tls);
    if (on && tls_has_input(tls))
        tls->world->ops->turn_take(tls->world, &tls->turn);
}

static void say_goodbye(struct tls *tls)
{
    if (tls->stage == TLS_UP && tls->pinned.len == 0) {
        tls_wake(tls);
        (void)mbedtls_ssl_close_notify(&tls->ssl);
    }
    tls->under.corked = false;
}

static void finish_ops(struct wire *wire)
{
    struct tls *tls = wire->carrier;

    say_goodbye(tls);
    wire_finish(&tls->under);
    tls_settle(tls);
}

/* An alert that says why is not to be overtaken by a reset. */
static void close_ops(struct wire *wire, bool abort)
{
    struct tls *tls = wire->carrier;

    if (!abort && !wire->finished) {
        say_goodbye(tls);
        wire_update(&tls->under);
    }
    tls->world->ops->turn_leave(tls->world, &tls->turn);
    tls->world->ops->alarm_clear(tls->world, &tls->rest);
    wire_close(&tls->under, abort && tls->stage != TLS_FAILED);
    tls->above = NULL;
    if (tls->held == 0)
        tls_free(tls);
}

static const struct wire_ops tls_ops = {write_ops, read_ops, finish_ops, close_ops};

/* --- beginning ------------------------------------------------------------------------------------------ */

static struct tls *tls_new(struct world *world, struct tls_credentials *credentials)
{
    struct tls *tls = mem_alloc(sizeof(*tls));

    if (tls == NULL) {
        tls_credentials_unref(credentials);
        return NULL;
    }
    tls->world = world;
    tls->credentials = credentials;
    tls->stage = TLS_SHAKING;
    tls->turn.run = tls_turn;
    tls->turn.owner = tls;
    mbedtls_ssl_init(&tls->ssl);
    mbedtls_ssl_set_user_data_p(&tls->ssl, tls);
    mbedtls_ssl_set_bio(&tls->ssl, tls, tls_transmit, tls_receive, NULL);
    if (!tls_library_begin() || mbedtls_ssl_setup(&tls->ssl, &credentials->config) != 0) {
        tls->ssl.MBEDTLS_PRIVATE(conf) = &credentials->config; /* some builds cannot free it without */
        tls_free(tls);
        return NULL;
    }
    return tls;
}

static void begin(struct tls *tls, struct wire *wire)
{
    assert(tls->world->ops->turn_take != NULL && tls->world->ops->turn_leave != NULL);
    tls->above = wire;
    wire_init(&tls->under, wire->in.pool, tls_advance, tls);
    wire_divert(wire, &tls->under, &tls_ops, tls);
    tls_settle(tls);
    if (tls->client != NULL || tls_has_input(tls))
        tls->world->ops->turn_take(tls->world, &tls->turn);
}

int tls_accept(struct wire *wire, struct world *world, struct tls_server *server)
{
    struct tls *tls = tls_new(world, tls_server_credentials(server));

    if (tls == NULL)
        return -ENOMEM;
    tls->server = tls_server_ref(server);
    begin(tls, wire);
    return 0;
}

int tls_connect(struct wire *wire, struct world *world, struct tls_client *client, struct tls_cache *cache)
{
    struct tls *tls = tls_new(world, tls_client_credentials(client));

    if (tls == NULL)
        return -ENOMEM;
    tls->client = tls_client_ref(client);
    tls->cache = tls_cache_ref(cache);
    if (tls_client_prepare(client, &tls->ssl) != 0) {
        tls_free(tls);
        return -ENOMEM;
    }
    tls_cache_offer(tls);
    begin(tls, wire);
    return 0;
}

/* --- asking --------------------------------------------------------------------------------------------- */

static const struct tls *tls_of(const struct wire *wire)
{
    return wire_open(wire) && wire->ops == &tls_ops ? wire->carrier : NULL;
}

enum tls_stage tls_stage(const struct wire *wire)
{
    const struct tls *tls = tls_of(wire);

    return tls != NULL ? tls->stage : TLS_ABSENT;
}

const char *tls_failure(const struct wire *wire)
{
    const struct tls *tls = tls_of(wire);

    return tls != NULL ? tls->failure : "";
}
