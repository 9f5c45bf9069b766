/* tls_bare.c: what TLS costs without a network or a proxy: CPU time of the server's side of handshakes and
 * records, and the memory of a session, with the mbedTLS that the proxy is linked with. Its figures stand
 * beside the proxy's own. bench_tls_bare [HANDSHAKES]
 */
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/rsa.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

enum { HANDSHAKES = 200, HELD = 100, RECORD = 16384, BULK = 64 << 20, CERTIFICATE = 2048, LIFETIME = 3600 };

/* One direction of the connection between the two sides. */
struct pipe {
    unsigned char bytes[4 * RECORD];
    size_t from;
    size_t to;
};

struct side {
    mbedtls_ssl_context ssl;
    struct pipe *in;
    struct pipe *out;
};

struct pair {
    struct side server;
    struct side client;
    struct pipe up;
    struct pipe down;
    double seconds; /* CPU time of the server */
};

struct identity {
    const char *name;
    mbedtls_pk_context key;
    mbedtls_x509_crt certificate;
};

struct scene {
    const char *name;
    mbedtls_ssl_protocol_version version;
    uint16_t group;
    int suite;
};

static mbedtls_ssl_ticket_context tickets;

static void must(int error, const char *what)
{
    if (error >= 0)
        return;
    char text[128];
    mbedtls_strerror(error, text, sizeof text);
    fprintf(stderr, "tls_bare: %s: %s\n", what, text);
    exit(1);
}

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* --- the connection
 * ----------------------------------------------------------------------------------------- */

static int pipe_write(void *arg, const unsigned char *bytes, size_t length)
{
    struct pipe *pipe = ((struct side *)arg)->out;
    if (pipe->from == pipe->to)
        pipe->from = pipe->to = 0;
    size_t room = sizeof pipe->bytes - pipe->to;
    if (room == 0)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    size_t count = length < room ? length : room;
    memcpy(pipe->bytes + pipe->to, bytes, count);
    pipe->to += count;
    return (int)count;
}

static int pipe_read(void *arg, unsigned char *bytes, size_t length)
{
    struct pipe *pipe = ((struct side *)arg)->in;
    size_t held = pipe->to - pipe->from;
    if (held == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    size_t count = length < held ? length : held;
    memcpy(bytes, pipe->bytes + pipe->from, count);
    pipe->from += count;
    return (int)count;
}

static void side_open(struct side *side, const mbedtls_ssl_config *config, struct pipe *in, struct pipe *out)
{
    side->in = in;
    side->out = out;
    mbedtls_ssl_init(&side->ssl);
    must(mbedtls_ssl_setup(&side->ssl, config), "a session");
    mbedtls_ssl_set_bio(&side->ssl, side, pipe_write, pipe_read, NULL);
}

static void pair_open(struct pair *pair, const mbedtls_ssl_config *server, const mbedtls_ssl_config *client,
                      const mbedtls_ssl_session *resumed)
{
    pair->up.from = pair->up.to = pair->down.from = pair->down.to = 0;
    double began = cpu_seconds();
    side_open(&pair->server, server, &pair->up, &pair->down);
    pair->seconds = cpu_seconds() - began;
    side_open(&pair->client, client, &pair->down, &pair->up);
    must(mbedtls_ssl_set_hostname(&pair->client.ssl, NULL), "the server's name");
    if (resumed != NULL)
        must(mbedtls_ssl_set_session(&pair->client.ssl, resumed), "a session to resume");
}

static void pair_close(struct pair *pair)
{
    double began = cpu_seconds();
    mbedtls_ssl_free(&pair->server.ssl);
    pair->seconds += cpu_seconds() - began;
    mbedtls_ssl_free(&pair->client.ssl);
}

static bool side_shake(struct side *side)
{
    int result = mbedtls_ssl_handshake(&side->ssl);
    if (result != MBEDTLS_ERR_SSL_WANT_READ && result != MBEDTLS_ERR_SSL_WANT_WRITE)
        must(result, "a handshake");
    return result == 0;
}

static void pair_shake(struct pair *pair)
{
    bool server = false, client = false;
    while (!server || !client) {
        client = side_shake(&pair->client);
        double began = cpu_seconds();
        server = side_shake(&pair->server);
        pair->seconds += cpu_seconds() - began;
    }
}

/* The server finds that the client has nothing to say yet. */
static void server_wait(struct pair *pair)
{
    unsigned char byte;
    int result = mbedtls_ssl_read(&pair->server.ssl, &byte, sizeof byte);
    if (result != MBEDTLS_ERR_SSL_WANT_READ)
        must(MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, "waiting");
}

/* In TLS 1.3 the ticket follows the handshake, and reading it takes more than one call. */
static void pair_settle(struct pair *pair)
{
    unsigned char byte;
    for (int i = 0; i < 3; i++) {
        int result = mbedtls_ssl_read(&pair->client.ssl, &byte, sizeof byte);
        if (result != MBEDTLS_ERR_SSL_WANT_READ && result != MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
            must(result, "a ticket");
    }
}

/* --- what both sides are set to
 * ----------------------------------------------------------------------------- */

static void identity_make(struct identity *identity, const char *name, mbedtls_pk_type_t type)
{
    identity->name = name;
    mbedtls_pk_init(&identity->key);
    must(mbedtls_pk_setup(&identity->key, mbedtls_pk_info_from_type(type)), "a key");
    if (type == MBEDTLS_PK_RSA)
        must(mbedtls_rsa_gen_key(mbedtls_pk_rsa(identity->key), mbedtls_psa_get_random,
                                 MBEDTLS_PSA_RANDOM_STATE, 2048, 65537),
             "an RSA key");
    else
        must(mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(identity->key),
                                 mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE),
             "an ECDSA key");
    mbedtls_x509write_cert request;
    mbedtls_x509write_crt_init(&request);
    mbedtls_x509write_crt_set_version(&request, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&request, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&request, &identity->key);
    mbedtls_x509write_crt_set_issuer_key(&request, &identity->key);
    unsigned char serial = 1, bytes[CERTIFICATE];
    must(mbedtls_x509write_crt_set_serial_raw(&request, &serial, sizeof serial), "a serial number");
    must(mbedtls_x509write_crt_set_subject_name(&request, "CN=mx.example"), "a subject");
    must(mbedtls_x509write_crt_set_issuer_name(&request, "CN=mx.example"), "an issuer");
    must(mbedtls_x509write_crt_set_validity(&request, "20200101000000", "20491231235959"), "a validity");
    int length = mbedtls_x509write_crt_der(&request, bytes, sizeof bytes, mbedtls_psa_get_random,
                                           MBEDTLS_PSA_RANDOM_STATE);
    must(length, "a certificate");
    mbedtls_x509_crt_init(&identity->certificate);
    must(mbedtls_x509_crt_parse_der(&identity->certificate, bytes + sizeof bytes - length, (size_t)length),
         "the certificate");
    mbedtls_x509write_crt_free(&request);
}

static void config_make(mbedtls_ssl_config *config, int endpoint, const struct scene *scene,
                        const uint16_t *groups, const int *suites)
{
    mbedtls_ssl_config_init(config);
    must(mbedtls_ssl_config_defaults(config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT),
         "the defaults");
    mbedtls_ssl_conf_rng(config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_ssl_conf_authmode(config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_min_tls_version(config, scene->version);
    mbedtls_ssl_conf_max_tls_version(config, scene->version);
    mbedtls_ssl_conf_groups(config, groups);
    mbedtls_ssl_conf_ciphersuites(config, suites);
}

struct stage {
    mbedtls_ssl_config server;
    mbedtls_ssl_config client;
    uint16_t groups[3];
    int suites[2];
};

static void stage_set(struct stage *stage, const struct scene *scene, struct identity *identity)
{
    stage->groups[0] = scene->group;
    stage->groups[1] = MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1; /* TLS 1.2 wants the certificate's as well */
    stage->groups[2] = MBEDTLS_SSL_IANA_TLS_GROUP_NONE;
    stage->suites[0] = scene->suite;
    stage->suites[1] = 0;
    config_make(&stage->server, MBEDTLS_SSL_IS_SERVER, scene, stage->groups, stage->suites);
    config_make(&stage->client, MBEDTLS_SSL_IS_CLIENT, scene, stage->groups, stage->suites);
    must(mbedtls_ssl_conf_own_cert(&stage->server, &identity->certificate, &identity->key),
         "the certificate");
    mbedtls_ssl_conf_session_tickets_cb(&stage->server, mbedtls_ssl_ticket_write, mbedtls_ssl_ticket_parse,
                                        &tickets);
#if defined(MBEDTLS_SSL_SESSION_TICKETS) && MBEDTLS_VERSION_NUMBER >= 0x03060100
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &stage->client, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}

static void stage_clear(struct stage *stage)
{
    mbedtls_ssl_config_free(&stage->server);
    mbedtls_ssl_config_free(&stage->client);
}

/* --- the measurements
 * --------------------------------------------------------------------------------------- */

/* Milliseconds of the server for one handshake, the session's beginning and end included. */
static double handshake_cost(const struct stage *stage, int count, const mbedtls_ssl_session *resumed)
{
    static struct pair pair;
    double seconds = 0;
    for (int i = 0; i < count; i++) {
        pair_open(&pair, &stage->server, &stage->client, resumed);
        pair_shake(&pair);
        pair_close(&pair);
        seconds += pair.seconds;
    }
    return seconds * 1e3 / count;
}

/* Bytes that a server's session holds while it waits for the client's first command. */
static size_t session_size(const struct stage *stage)
{
    struct pair *pairs = calloc(HELD, sizeof *pairs);
    if (pairs == NULL)
        exit(1);
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < HELD; i++) {
        pair_open(&pairs[i], &stage->server, &stage->client, NULL);
        pair_shake(&pairs[i]);
        server_wait(&pairs[i]);
        mbedtls_ssl_free(&pairs[i].client.ssl);
        mbedtls_ssl_init(&pairs[i].client.ssl);
    }
    size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (int i = 0; i < HELD; i++)
        pair_close(&pairs[i]);
    free(pairs);
    return (after - before) / HELD;
}

static void row_handshakes(const struct scene *scene, struct identity *identity, int count)
{
    static struct pair pair;
    struct stage stage;
    mbedtls_ssl_session session;
    stage_set(&stage, scene, identity);
    mbedtls_ssl_session_init(&session);
    pair_open(&pair, &stage.server, &stage.client, NULL);
    pair_shake(&pair);
    pair_settle(&pair);
    must(mbedtls_ssl_get_session(&pair.client.ssl, &session), "the session");
    pair_close(&pair);
    double full = handshake_cost(&stage, count, NULL);
    double resumed = handshake_cost(&stage, count, &session);
    printf("%-18s %-12s %10.3f %10.3f %12zu\n", scene->name, identity->name, full, resumed,
           session_size(&stage));
    mbedtls_ssl_session_free(&session);
    stage_clear(&stage);
}

static double record_pass(struct side *from, struct side *to, bool timed_read)
{
    static unsigned char text[RECORD], back[RECORD];
    double began = cpu_seconds(), seconds;
    size_t sent = 0;
    while (sent < sizeof text) {
        int count = mbedtls_ssl_write(&from->ssl, text + sent, sizeof text - sent);
        must(count, "writing");
        sent += (size_t)count;
    }
    seconds = cpu_seconds();
    double written = seconds - began;
    for (size_t had = 0; had < sizeof back;) {
        int count = mbedtls_ssl_read(&to->ssl, back + had, sizeof back - had);
        must(count, "reading");
        had += (size_t)count;
    }
    return timed_read ? cpu_seconds() - seconds : written;
}

static void row_records(const struct scene *scene, struct identity *identity)
{
    static struct pair pair;
    struct stage stage;
    stage_set(&stage, scene, identity);
    pair_open(&pair, &stage.server, &stage.client, NULL);
    pair_shake(&pair);
    pair_settle(&pair);
    double writing = 0, reading = 0;
    for (size_t done = 0; done < BULK; done += RECORD) {
        writing += record_pass(&pair.server, &pair.client, false);
        reading += record_pass(&pair.client, &pair.server, true);
    }
    printf("%-34s %12.0f %12.0f\n", mbedtls_ssl_get_ciphersuite(&pair.server.ssl), BULK / writing / 1e6,
           BULK / reading / 1e6);
    pair_close(&pair);
    stage_clear(&stage);
}

#define V12    MBEDTLS_SSL_VERSION_TLS1_2
#define V13    MBEDTLS_SSL_VERSION_TLS1_3
#define X25519 MBEDTLS_SSL_IANA_TLS_GROUP_X25519
#define P256   MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1

int main(int argc, char **argv)
{
    static const struct scene ecdsa[] = {
        {"TLS 1.3 x25519", V13, X25519, MBEDTLS_TLS1_3_AES_128_GCM_SHA256},
        {"TLS 1.3 secp256r1", V13, P256, MBEDTLS_TLS1_3_AES_128_GCM_SHA256},
        {"TLS 1.3 AES-256", V13, X25519, MBEDTLS_TLS1_3_AES_256_GCM_SHA384},
        {"TLS 1.2 x25519", V12, X25519, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
    };
    static const struct scene rsa[] = {
        {"TLS 1.3 x25519", V13, X25519, MBEDTLS_TLS1_3_AES_128_GCM_SHA256},
        {"TLS 1.3 AES-256", V13, X25519, MBEDTLS_TLS1_3_AES_256_GCM_SHA384},
        {"TLS 1.2 x25519", V12, X25519, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256},
    };
    static const struct scene bulk[] = {
        {"", V13, X25519, MBEDTLS_TLS1_3_AES_128_GCM_SHA256},
        {"", V13, X25519, MBEDTLS_TLS1_3_AES_256_GCM_SHA384},
        {"", V13, X25519, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256},
    };
    int count = argc > 1 ? atoi(argv[1]) : HANDSHAKES;
    struct identity ec, modulus;
    must(psa_crypto_init() == PSA_SUCCESS ? 0 : MBEDTLS_ERR_SSL_INTERNAL_ERROR, "the library");
    identity_make(&ec, "ECDSA P-256", MBEDTLS_PK_ECKEY);
    identity_make(&modulus, "RSA-2048", MBEDTLS_PK_RSA);
    mbedtls_ssl_ticket_init(&tickets);
    must(mbedtls_ssl_ticket_setup(&tickets, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE,
                                  MBEDTLS_CIPHER_AES_256_GCM, LIFETIME),
         "tickets");
    printf("mbedTLS %s, %d handshakes each\n\n", MBEDTLS_VERSION_STRING, count);
    printf("%-18s %-12s %10s %10s %12s\n", "server", "certificate", "full ms", "resumed ms", "held bytes");
    for (size_t i = 0; i < sizeof ecdsa / sizeof *ecdsa; i++)
        row_handshakes(&ecdsa[i], &ec, count);
    for (size_t i = 0; i < sizeof rsa / sizeof *rsa; i++)
        row_handshakes(&rsa[i], &modulus, count);
    printf("\n%-34s %12s %12s\n", "records of 16 KiB", "write MB/s", "read MB/s");
    for (size_t i = 0; i < sizeof bulk / sizeof *bulk; i++)
        row_records(&bulk[i], &ec);
    return 0;
}
