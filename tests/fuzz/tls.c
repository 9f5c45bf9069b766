/* Fuzzes TLS: octets that no TLS peer sent, to the server's side and the client's, and connections of which
 * octets are changed, inserted or cut off on the way. Nobody hears what was not said to him; who ends in
 * failure says why; nothing leaks. */
#include "../unit/tls_fixture.h"

#include "fuzz.h"

static const struct span words[2] = {SPAN("220 mail.example.org ESMTP\r\n250 2.0.0 ok\r\n"),
                                     SPAN("EHLO client.example\r\nMAIL FROM:<a@client.example>\r\n")};

static struct tls_server *server;
static struct tls_client *clients[2]; /* TLS 1.2, TLS 1.3 */

static void begin(void)
{
    server = server_new(TLS_ASK_NONE);
    clients[0] = client_new(&policy_12, false, false);
    only_12(clients[0]);
    clients[1] = client_new(&policy_12, false, false);
}

/* --- what the network does */

enum { CHANGES_MAX = 64, CHANGE_OCTETS = 4 };

static struct change {
    struct end *to;
    size_t at;
    enum { FLIP, INSERT, CUT } what;
    char octet;
    bool done;
} changes[CHANGES_MAX];
static size_t count;

static void read_changes(struct pair *pair, struct span in)
{
    for (count = 0; count < CHANGES_MAX && in.len >= CHANGE_OCTETS; count++) {
        const unsigned char *octets = (const unsigned char *)in.ptr;
        changes[count] = (struct change){
            .to = octets[0] & 1 ? &pair->client : &pair->server,
            .what = (octets[0] >> 1) % 3,
            .at = (size_t)octets[1] << 8 | octets[2],
            .octet = in.ptr[3],
        };
        in = span_skip(in, CHANGE_OCTETS);
    }
}

/* Octets that have been delivered are past changing. */
static void change(struct change *change)
{
    struct lab_bytes *flying = &change->to->flying;

    if (change->done || change->at >= flying->len)
        return;
    change->done = true;
    if (change->at < change->to->delivered)
        return;
    if (change->what == FLIP) {
        flying->ptr[change->at] = (char)(flying->ptr[change->at] ^ change->octet);
    } else if (change->what == CUT) {
        flying->len = change->at;
    } else {
        lab_bytes_add(flying, SPAN("\0"));
        memmove(flying->ptr + change->at + 1, flying->ptr + change->at, flying->len - change->at - 1);
        flying->ptr[change->at] = change->octet;
    }
}

static void run_changed(struct pair *pair)
{
    unsigned steps = 0;

    do {
        for (size_t i = 0; i < count; i++)
            change(&changes[i]);
        DEMAND(steps++ < 1000000);
    } while (pair_step(pair));
}

/* --- what must hold */

static void check_end(const struct end *end, struct span said)
{
    struct span heard = lab_bytes_from(&end->heard, 0);

    DEMAND(heard.len <= said.len && (heard.len == 0 || memcmp(heard.ptr, said.ptr, heard.len) == 0));
    DEMAND((tls_stage(&end->wire) == TLS_FAILED) == (tls_failure(&end->wire)[0] != '\0'));
    DEMAND(tls_stage(&end->wire) != TLS_FAILED || end->wire.error != 0);
    DEMAND(end->fin_sent || tls_stage(&end->wire) != TLS_FAILED || end->peer->closed);
}

/* A connection through a network that changes octets. */
static void connect_both(struct pair *pair, struct tls_client *client, struct span in)
{
    bool changed = false;

    read_changes(pair, in);
    lab_bytes_add(&pair->server.say, words[0]);
    lab_bytes_add(&pair->client.say, words[1]);
    DEMAND(tls_accept(&pair->server.wire, &pair->lab.world, server) == 0);
    DEMAND(tls_connect(&pair->client.wire, &pair->lab.world, client, NULL) == 0);
    end_advance(&pair->server);
    end_advance(&pair->client);
    run_changed(pair);
    for (size_t i = 0; i < count; i++)
        changed |= changes[i].done;
    DEMAND(changed || (pair->server.heard.len == words[1].len && pair->client.heard.len == words[0].len));
    check_end(&pair->server, words[1]);
    check_end(&pair->client, words[0]);
}

/* One side is told octets that can be no handshake. */
static void tell(struct pair *pair, struct end *end, struct span in)
{
    if (end == &pair->server)
        DEMAND(tls_accept(&end->wire, &pair->lab.world, server) == 0);
    else
        DEMAND(tls_connect(&end->wire, &pair->lab.world, clients[1], NULL) == 0);
    end_advance(end);
    run(pair);
    end_say(end->peer, in);
    end->peer->finishes = true;
    end_advance(end->peer);
    run(pair);
    DEMAND(tls_stage(&end->wire) == TLS_FAILED || (end->peer->said < end->peer->say.len));
    check_end(end, SPAN(""));
}

void fuzz_one(struct span in)
{
    static const struct manner manners[] = {{0, 0}, {0, 1}, {100, 0}, {7, 11}};
    unsigned what = fuzz_choice(&in, 4);
    struct pair pair;

    if (server == NULL)
        begin();
    pair_init(&pair, manners[fuzz_choice(&in, 4)]);
    if (what == 0)
        tell(&pair, &pair.server, in);
    else if (what == 1)
        tell(&pair, &pair.client, in);
    else
        connect_both(&pair, clients[what - 2], in);
    pair_free(&pair);
}
