/* tls_failure.c: tests of peers that fail, lie, flood or give up: what the log is told, what the peer is, and
 * that it comes to an end. */
#include "tls_fixture.h"

/* mbedTLS's own, for records that its interface does not make. */
int mbedtls_ssl_write_record(mbedtls_ssl_context *ssl, int force_flush);

static struct tls_server *server;
static struct tls_client *clients[2]; /* TLS 1.2, TLS 1.3 */

static bool says(const struct end *end, const char *words)
{
    bool found = strstr(tls_failure(&end->wire), words) != NULL;

    if (!found)
        fprintf(stderr, "\"%s\" does not say \"%s\"\n", tls_failure(&end->wire), words);
    return found;
}

static struct tls *tls_of(struct end *end)
{
    REQUIRE(tls_stage(&end->wire) != TLS_ABSENT);
    return end->wire.carrier;
}

/* What its peer's own words would be. */
static void send_record(struct end *end, int type, struct span content)
{
    mbedtls_ssl_context *ssl = &tls_of(end)->ssl;

    ssl->MBEDTLS_PRIVATE(out_msgtype) = type;
    ssl->MBEDTLS_PRIVATE(out_msglen) = content.len;
    memcpy(ssl->MBEDTLS_PRIVATE(out_msg), content.ptr, content.len);
    REQUIRE(mbedtls_ssl_write_record(ssl, 1) == 0);
    wire_update(&tls_of(end)->under);
}

/* --- before the handshake is over */

/* What is no TLS is answered by an alert, then FIN. */
static void test_no_tls(void)
{
    static const struct {
        struct span octets;
        unsigned char alert; /* 0: none is owed */
    } cases[] = {
        {SPAN("EHLO client.example\r\n"), 50},
        {SPAN("GET / HTTP/1.1\r\n\r\n"), 50},
        {SPAN("\x16\x03\x01\xff\xff"), 22},
        {SPAN("\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00"), 10},
        {SPAN("\x17\x03\x03\x00\x01x"), 10},
        {SPAN("\x15\x03\x03\x00\x02\x02\x28"), 0},
        {SPAN("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10"), 50}, /* SSL 2 */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t piece = 0; piece < 2; piece++) {
            struct pair pair;
            struct span told;
            pair_init(&pair, (struct manner){0, piece});
            REQUIRE(tls_accept(&pair.server.wire, &pair.lab.world, server) == 0);
            wire_update(&pair.server.wire);
            end_say(&pair.client, cases[i].octets);
            run(&pair);
            told = lab_bytes_from(&pair.client.heard, 0);
            CHECK(pair.server.stage == TLS_FAILED && pair.server.wire.error == -EPROTO);
            CHECK(tls_failure(&pair.server.wire)[0] != '\0' && pair.server.fin_sent);
            if (cases[i].alert != 0)
                CHECK(told.len == 7 && told.ptr[0] == 21 && told.ptr[5] == 2 &&
                      (unsigned char)told.ptr[6] == cases[i].alert);
            if (i == 0)
                CHECK(says(&pair.server, "is not TLS"));
            if (i == 5)
                CHECK(says(&pair.server, "the peer sent the alert handshake_failure (40)") && told.len == 0);
            pair_free(&pair);
        }
    }
}

/* The server's alert says why, in the client's log. */
static void test_alerts(void)
{
    struct tls_client *stranger = client_new(&policy_13, true, false);
    struct tls_server *strict = server_new(TLS_ASK_REQUIRE);
    struct tls_credentials *credentials = tls_client_credentials(stranger);
    struct pair pair;

    mbedtls_ssl_conf_ca_chain(&credentials->config, NULL, NULL); /* trusts nobody */
    pair_init(&pair, (struct manner){100, 50});
    pair_shake(&pair, server, stranger, NULL);
    CHECK(pair.client.stage == TLS_FAILED && pair.client.wire.error == -EPROTO);
    CHECK(says(&pair.client, "no authority that is trusted"));
    CHECK(pair.server.stage == TLS_FAILED && pair.server.wire.error == -EPROTO);
    CHECK(says(&pair.server, "the peer sent the alert bad_certificate (42)"));
    pair_free(&pair);
    tls_credentials_unref(credentials);

    for (size_t v = 0; v < 2; v++) {
        pair_init(&pair, (struct manner){0, 0});
        pair_shake(&pair, strict, clients[v], NULL);
        CHECK(pair.server.stage == TLS_FAILED && pair.server.wire.error == -EPROTO);
        CHECK(says(&pair.server, "showed no certificate"));
        CHECK(pair.client.wire.error == -EPROTO);
        CHECK(says(&pair.client, v == 0 ? "alert handshake_failure (40)" : "alert no_certificate (41)"));
        pair_free(&pair);
    }
    tls_server_unref(strict);
    tls_client_unref(stranger);
}

static void test_versions(void)
{
    struct tls_server_terms terms = {.certificates = &certificate, .count = 1, .policy = &policy_13};
    struct tls_server *modern = tls_server_new(&terms, &complaints);
    struct pair pair;

    REQUIRE(modern != NULL);
    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, modern, clients[0], NULL);
    CHECK(pair.server.wire.error == -EPROTO && pair.client.wire.error == -EPROTO);
    CHECK(says(&pair.client, "alert protocol_version (70)"));
    pair_free(&pair);
    tls_server_unref(modern);
}

/* Nothing in common but the version: whatever way mbedTLS finds that out, the peer is told. */
static void test_curves(void)
{
    static const struct tls_policy ours = {TLS_VERSION_12, TLS_CIPHERS_INTERMEDIATE, 3},
                                   theirs = {TLS_VERSION_12, TLS_CIPHERS_INTERMEDIATE, 4};
    static const struct tls_certificate_files files[] = {
        {.chain = TEST_CERTIFICATES "/ecdsa.pem", .key = TEST_CERTIFICATES "/ecdsa.key"},
        {.chain = TEST_CERTIFICATES "/rsa.pem", .key = TEST_CERTIFICATES "/rsa.key"},
    };

    for (unsigned i = 0; i < 4; i++) {
        struct tls_server_terms terms = {.certificates = &files[i % 2], .count = 1, .policy = &ours};
        struct tls_server *narrow = tls_server_new(&terms, &complaints);
        struct tls_client *other = client_new(&theirs, false, false);
        struct pair pair;
        REQUIRE(narrow != NULL);
        if (i < 2)
            only_12(other);
        pair_init(&pair, (struct manner){0, 0});
        pair_shake(&pair, narrow, other, NULL);
        CHECK(pair.server.wire.error == -EPROTO && pair.client.wire.error == -EPROTO);
        CHECK(says(&pair.client, "alert handshake_failure (40)"));
        pair_free(&pair);
        tls_client_unref(other);
        tls_server_unref(narrow);
    }
}

/* A ClientHello without end: in records of one octet, of which each is a handshake record. */
static void test_endless_hello(void)
{
    struct pair pair;
    struct lab_bytes hello = {0};

    lab_bytes_add(&hello, SPAN("\x16\x03\x01\x00\x04\x01\x00\x3f\x00"));
    for (unsigned i = 0; i < 70000 / 6; i++)
        lab_bytes_add(&hello, SPAN("\x16\x03\x01\x00\x01\x00"));
    pair_init(&pair, (struct manner){0, 0});
    REQUIRE(tls_accept(&pair.server.wire, &pair.lab.world, server) == 0);
    wire_update(&pair.server.wire);
    end_say(&pair.client, span_of(hello.ptr, hello.len));
    run(&pair);
    CHECK(pair.server.stage == TLS_FAILED && pair.server.wire.error == -EPROTO);
    CHECK(says(&pair.server, "sends and sends"));
    pair_free(&pair);
    lab_bytes_free(&hello);
}

/* --- while it is up */

/* What the client sends, and how the server ends. */
struct flood {
    const char *name;
    int type;
    struct span content;
    unsigned count;
    size_t version; /* 0: TLS 1.2, 1: TLS 1.3 */
    int error;
    const char *words;
};

static void test_flood(const struct flood *flood)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[flood->version], NULL);
    end_say(&pair.server, SPAN("220 hello\r\n"));
    for (unsigned i = 0; i < flood->count && !pair.server.wire.eof; i++) {
        send_record(&pair.client, flood->type, flood->content);
        run(&pair);
    }
    if (flood->error == 0) {
        end_say(&pair.client, SPAN("NOOP\r\n"));
        run(&pair);
        CHECK_SPAN(lab_bytes_from(&pair.server.heard, 0), SPAN("NOOP\r\n"));
    } else {
        CHECK(pair.server.heard.len == 0 && pair.server.stage == TLS_FAILED);
    }
    if (pair.server.wire.error != flood->error ||
        (flood->words != NULL && !says(&pair.server, flood->words))) {
        fprintf(stderr, "%s: %d %s\n", flood->name, pair.server.wire.error, tls_failure(&pair.server.wire));
        FAIL("how it ended");
    }
    CHECK(flood->error == 0 || pair.client.wire.eof);
    pair_free(&pair);
}

static void test_floods(void)
{
    static const struct flood floods[] = {
        {"a few empty records", 23, SPAN(""), 3, 0, 0, NULL},
        {"a few empty records", 23, SPAN(""), 3, 1, 0, NULL},
        {"empty records", 23, SPAN(""), 100000, 0, -EPROTO, "MAC"},
        {"empty records", 23, SPAN(""), 100000, 1, -EPROTO, "MAC"},
        {"a warning", 21, SPAN("\x01\x5a"), 1, 0, 0, NULL},
        {"a warning", 21, SPAN("\x01\x5a"), 1, 1, 0, NULL},
        {"warnings", 21, SPAN("\x01\x5a"), 100000, 0, -EPROTO, "sends and sends"},
        {"warnings", 21, SPAN("\x01\x5a"), 100000, 1, -EPROTO, "sends and sends"},
        {"KeyUpdate", 22, SPAN("\x18\x00\x00\x01\x01"), 1, 1, -EPROTO, "unexpected message"},
        {"ClientHello", 22, SPAN("\x01\x00\x00\x01\x00"), 1, 1, -EPROTO, "unexpected message"},
        {"renegotiation", 22, SPAN("\x01\x00\x00\x01\x00"), 1, 0, 0, NULL},
        {"renegotiations", 22, SPAN("\x01\x00\x00\x01\x00"), 100000, 0, -EPROTO, "sends and sends"},
        {"a fatal alert", 21, SPAN("\x02\x50"), 1, 1, -EPROTO, "internal_error (80)"},
        {"ChangeCipherSpec", 20, SPAN("\x01"), 1, 0, -EPROTO, "unexpected message"},
        {"heartbeat", 24, SPAN("\x01"), 1, 0, -EPROTO, NULL},
    };

    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++)
        test_flood(&floods[i]);
}

/* A peer that asks again and again and reads no answer: nothing of it is kept. */
static void test_deaf_peer(void)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[0], NULL);
    pair.server.deaf = true;
    for (unsigned i = 0; i < 10000 && !pair.server.wire.eof; i++) {
        send_record(&pair.client, 22, SPAN("\x01\x00\x00\x01\x00"));
        send_record(&pair.client, 23, SPAN("x"));
        run(&pair);
    }
    CHECK(pair.server.stage == TLS_UP || pair.server.wire.error != 0);
    CHECK(pair.server.heard.len < 10000 || pair.server.wire.error != 0);
    pair.server.deaf = false;
    run(&pair);
    pair_free(&pair);
}

/* after close_notify no octet is plaintext, encrypted or not. */
static void test_after_goodbye(void)
{
    for (size_t v = 0; v < 2; v++) {
        for (unsigned how = 0; how < 3; how++) {
            struct pair pair;
            pair_init(&pair, (struct manner){0, 0});
            pair_shake(&pair, server, clients[v], NULL);
            end_say(&pair.client, SPAN("DATA\r\n"));
            send_record(&pair.client, 21, SPAN("\x01\x00"));
            if (how == 0)
                send_record(&pair.client, 23, SPAN("QUIT\r\n"));
            else if (how == 1)
                lab_bytes_add(&pair.server.flying, SPAN("QUIT\r\n"));
            run(&pair);
            CHECK_SPAN(lab_bytes_from(&pair.server.heard, 0), SPAN("DATA\r\n"));
            CHECK(pair.server.wire.eof && pair.server.wire.error == 0 && pair.server.stage == TLS_UP);
            lab_bytes_add(&pair.server.flying, SPAN("RSET\r\n"));
            end_say(&pair.server, SPAN("221 bye\r\n")); /* our direction is still open */
            run(&pair);
            CHECK_SPAN(lab_bytes_from(&pair.client.heard, 0), SPAN("221 bye\r\n"));
            CHECK(pair.server.heard.len == 6);
            pair_free(&pair);
        }
    }
}

/* An end without close_notify, between records and within one, ends the wire; nothing cut off is delivered.
 */
static void test_truncation(void)
{
    for (size_t cut = 0; cut < 30; cut += 3) {
        struct pair pair;
        pair_init(&pair, (struct manner){0, 0});
        pair_shake(&pair, server, clients[1], NULL);
        end_say(&pair.client, SPAN("MAIL\r\n"));
        run(&pair);
        end_say(&pair.client, SPAN("DATA\r\n"));
        pair.server.flying.len -= cut;
        wire_close(&tls_of(&pair.client)->under, false);
        run(&pair);
        CHECK(pair.server.wire.eof && pair.server.wire.error == 0 && pair.server.stage == TLS_UP);
        CHECK_SPAN(lab_bytes_from(&pair.server.heard, 0),
                   cut == 0 ? SPAN("MAIL\r\nDATA\r\n") : SPAN("MAIL\r\n"));
        pair_free(&pair);
    }
}

/* One octet of ciphertext is not what it was. */
static void test_forgery(void)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[1], NULL);
    end_say(&pair.client, SPAN("DATA\r\n"));
    pair.server.flying.ptr[pair.server.flying.len - 3] ^= 1;
    run(&pair);
    CHECK(pair.server.heard.len == 0 && pair.server.stage == TLS_FAILED && says(&pair.server, "MAC"));
    CHECK(says(&pair.client, "the peer sent the alert bad_record_mac (20)") &&
          pair.client.wire.error == -EPROTO);
    pair_free(&pair);
}

/* What carries the connection fails. */
static void test_lost(void)
{
    struct pair pair;

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[1], NULL);
    wire_close(&pair.client.wire, true);
    run(&pair);
    CHECK(pair.server.wire.error == -ECONNRESET && pair.server.stage == TLS_UP);
    pair_free(&pair);

    pair_init(&pair, (struct manner){0, 0});
    pair_shake(&pair, server, clients[1], NULL);
    pair.server.reading = false;
    wire_close(&pair.client.wire, true);
    end_say(&pair.server, SPAN("220 hello\r\n"));
    CHECK(pair.server.wire.error == -EPIPE);
    pair_free(&pair);

    pair_init(&pair, (struct manner){0, 0});
    REQUIRE(tls_accept(&pair.server.wire, &pair.lab.world, server) == 0);
    wire_update(&pair.server.wire);
    wire_close(&pair.client.wire, true);
    run(&pair);
    CHECK(pair.server.wire.error == -ECONNRESET && says(&pair.server, "Connection reset by peer"));
    pair_free(&pair);
}

int main(void)
{
    server = server_new(TLS_ASK_NONE);
    clients[0] = client_new(&policy_12, true, false);
    only_12(clients[0]);
    clients[1] = client_new(&policy_13, true, false);
    test_no_tls();
    test_alerts();
    test_versions();
    test_curves();
    test_endless_hello();
    test_floods();
    test_deaf_peer();
    test_after_goodbye();
    test_truncation();
    test_forgery();
    test_lost();
    tls_client_unref(clients[0]);
    tls_client_unref(clients[1]);
    tls_server_unref(server);
    return test_end("tls_failure");
}
