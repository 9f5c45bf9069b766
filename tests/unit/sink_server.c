/* The sessions of a sink together: draining, ending after a number of messages, ending at once. */
#include "sink_fixture.h"

#define MESSAGE "MAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\nBDAT 1 LAST\r\nx"
#define STORED  "250 2.1.0 Sender accepted\r\n250 2.1.5 Recipient accepted\r\n250 2.0.0 Message stored\r\n"

/* Connects and says EHLO; the octets got so far are what later checks skip. */
static size_t greet(struct client *client, struct fixture *fixture)
{
    *client = (struct client){0};
    client_connect(client, fixture);
    client_send(client, SPAN("EHLO c.org\r\n"));
    return client->got_len;
}

static void check_drain(void)
{
    struct fixture fixture;
    struct client idle, busy, late;
    size_t idle_skip, busy_skip;

    fixture_init(&fixture);
    fixture_start(&fixture);
    idle_skip = greet(&idle, &fixture);
    greet(&busy, &fixture);
    client_send(&busy, SPAN("MAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\n"));
    busy_skip = busy.got_len;
    sink_server_drain(fixture.server);
    CHECK_SPAN(span_skip(client_got(&idle), idle_skip), SPAN("421 4.3.2 Going down\r\n"));
    CHECK(idle.finished && !busy.finished && fixture.emptied == 0);
    greet(&late, &fixture);
    CHECK_SPAN(client_got(&late), SPAN("421 Going down\r\n"));
    client_send(&busy, SPAN("BDAT 1 LAST\r\nx"));
    client_send(&busy, SPAN("RSET\r\n"));
    CHECK_SPAN(span_skip(client_got(&busy), busy_skip),
               SPAN("250 2.0.0 Message stored\r\n421 4.3.2 Going down\r\n"));
    client_hang_up(&idle);
    client_hang_up(&late);
    CHECK(fixture.emptied == 0 && sink_server_sessions(fixture.server) == 1);
    client_hang_up(&busy);
    CHECK(fixture.emptied == 1 && sink_server_messages(fixture.server) == 1);
    fixture_end(&fixture);
}

static void check_drain_without_sessions(void)
{
    struct fixture fixture;

    fixture_init(&fixture);
    fixture_start(&fixture);
    sink_server_drain(fixture.server);
    CHECK(fixture.emptied == 1);
    fixture_end(&fixture);
}

static void check_count(void)
{
    struct fixture fixture;
    struct client client, late;
    size_t skip;

    fixture_init(&fixture);
    fixture.options.messages = 2;
    fixture_start(&fixture);
    skip = greet(&client, &fixture);
    client_send(&client, SPAN(MESSAGE));
    client_send(&client, SPAN(MESSAGE));
    CHECK_SPAN(span_skip(client_got(&client), skip), SPAN(STORED STORED));
    greet(&late, &fixture);
    CHECK_SPAN(client_got(&late), SPAN("421 Going down\r\n"));
    client_hang_up(&late);
    CHECK(fixture.emptied == 0);
    client_send(&client, SPAN("QUIT\r\n"));
    client_hang_up(&client);
    CHECK(fixture.emptied == 1 && sink_server_messages(fixture.server) == 2);
    fixture_end(&fixture);
}

static void check_abort(void)
{
    struct fixture fixture;
    struct client clients[3];

    fixture_init(&fixture);
    fixture_start(&fixture);
    for (size_t i = 0; i < 3; i++)
        greet(&clients[i], &fixture);
    client_send(&clients[1], SPAN("MAIL FROM:<>\r\nRCPT TO:<b@y.org>\r\nBDAT 9\r\nx"));
    CHECK(fixture.store.open == 1 && sink_server_sessions(fixture.server) == 3);
    sink_server_abort(fixture.server);
    for (size_t i = 0; i < 3; i++)
        CHECK(clients[i].closed && clients[i].aborted);
    CHECK(fixture.store.open == 0 && fixture.store.count == 0 && fixture.emptied == 1);
    fixture_end(&fixture);
}

static bool no_memory(void *arg, size_t size)
{
    unsigned *left = arg;

    (void)size;
    if (*left == 0)
        return false;
    (*left)--;
    return true;
}

/* Every allocation of a whole dialogue fails in turn: nothing is acknowledged that is not stored. */
static void check_memory(void)
{
    bool whole = false;

    for (unsigned allowed = 0; !whole && allowed < 100; allowed++) {
        struct fixture fixture;
        struct client client = {0};
        struct ip peer = {.family = 4};
        unsigned left = allowed;
        fixture_init(&fixture);
        fixture_start(&fixture);
        mem_set_gate(no_memory, &left);
        if (sink_server_accept(fixture.server, &peer, &client_wire_ops, &client) == 0) {
            client_send(&client, SPAN("EHLO c.org\r\n"));
            client_send(&client, SPAN(MESSAGE));
        }
        mem_set_gate(NULL, NULL);
        whole = memmem(client.got, client.got_len, "Message stored", 14) != NULL;
        CHECK(fixture.store.count == (whole ? 1 : 0));
        fixture_end(&fixture);
    }
    CHECK(whole);
}

int main(void)
{
    check_drain();
    check_drain_without_sessions();
    check_count();
    check_abort();
    check_memory();
    return test_end("sink_server");
}
