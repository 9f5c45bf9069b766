/* tls_tls.c: tests of TLS beneath a wire: handshakes, plaintext both ways in pieces of every kind, ends. */
#include "tls_fixture.h"

static struct tls_server *server;
static struct tls_client *clients[2]; /* TLS 1.2, TLS 1.3 */

static void fill(struct lab_bytes *bytes, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++) {
        char c = (char)(seed = seed * 1103515245 + 12345, seed >> 16);
        lab_bytes_add(bytes, span_of(&c, 1));
    }
}

static bool same(const struct lab_bytes *a, const struct lab_bytes *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static void test_both_ways(struct tls_client *client, struct manner manner, size_t up, size_t down,
                           size_t hears)
{
    struct pair pair;

    pair_init(&pair, manner);
    pair.server.hears = pair.client.hears = hears;
    fill(&pair.client.say, up, 1);
    fill(&pair.server.say, down, 2);
    pair_shake(&pair, server, client, NULL);
    for (unsigned i = 0;
         hears != 0 && i < 1000000 && (pair.server.heard.len < up || pair.client.heard.len < down); i++) {
        end_advance(&pair.server);
        end_advance(&pair.client);
        run(&pair);
    }
    CHECK(pair.server.stage == TLS_UP && pair.client.stage == TLS_UP);
    CHECK(same(&pair.server.heard, &pair.client.say) && same(&pair.client.heard, &pair.server.say));
    pair.client.finishes = true;
    end_say(&pair.client, SPAN("x"));
    run(&pair);
    CHECK(pair.server.wire.eof && pair.server.wire.error == 0 && pair.server.heard.len == up + 1);
    pair.server.finishes = true;
    end_say(&pair.server, SPAN("y"));
    run(&pair);
    CHECK(pair.client.wire.eof && pair.client.wire.error == 0 && pair.client.heard.len == down + 1);
    pair_free(&pair);
}

static void test_data(void)
{
    static const size_t sizes[] = {0, 1, 100, 16384, 32768, 32769, 200000};
    static const struct manner manners[] = {{0, 0}, {1, 0}, {0, 1}, {7, 3}, {1000, 16000}, {20000, 0}};

    for (size_t v = 0; v < 2; v++)
        for (size_t m = 0; m < sizeof(manners) / sizeof(manners[0]); m++)
            for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
                if (sizes[i] < 100000 || m == 0 || m == 4)
                    test_both_ways(clients[v], manners[m], sizes[i], sizes[6 - i] / (m % 4 != 0 ? 10 : 1), 0);
    for (size_t v = 0; v < 2; v++)
        test_both_ways(clients[v], (struct manner){3000, 5000}, 100000, 100000, 777);
}

int main(void)
{
    server = server_new(TLS_ASK_NONE);
    clients[0] = client_new(&policy_12, true, false);
    only_12(clients[0]);
    clients[1] = client_new(&policy_13, true, false);
    test_data();
    tls_client_unref(clients[0]);
    tls_client_unref(clients[1]);
    tls_server_unref(server);
    return test_end("tls_tls");
}
