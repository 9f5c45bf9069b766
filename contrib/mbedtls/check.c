/* check.c: whether the library that was just built still computes what it should: its own tests of what
 * nettle.c has taken over, published answers, and sessions whose buffers come and go under random traffic.
 * `build` runs it before installing.
 */
#include "common.h" /* lets the library's own structs be seen */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/bignum.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/ecp.h>
#include <mbedtls/gcm.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/rsa.h>
#include <mbedtls/sha256.h>
#include <mbedtls/ssl.h>
#include <psa/crypto.h>

#include "ssl_misc.h"

static void must(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "check: %s\n", what);
    exit(1);
}

/* --- published answers --------------------------------------------------------------------------- */

/* RFC 7748, section 6.1: Alice's private key, Bob's public key, their secret. */
static void check_x25519(void)
{
    static const char *const known[] = {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
                                        "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
                                        "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"};
    unsigned char octets[3][32], secret[32];
    mbedtls_ecp_keypair alice;
    mbedtls_ecp_point point;
    mbedtls_mpi number;
    mbedtls_ecp_keypair_init(&alice);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&number);
    for (int i = 0; i < 3; i++)
        must(mbedtls_mpi_read_string(&number, 16, known[i]) == 0 &&
                 mbedtls_mpi_write_binary(&number, octets[i], sizeof octets[i]) == 0,
             "a number");
    must(mbedtls_ecp_read_key(MBEDTLS_ECP_DP_CURVE25519, &alice, octets[0], sizeof octets[0]) == 0, "a key");
    mbedtls_ecp_group *group = &alice.MBEDTLS_PRIVATE(grp);
    must(mbedtls_ecp_point_read_binary(group, &point, octets[1], sizeof octets[1]) == 0, "a point");
    must(mbedtls_ecp_mul(group, &point, &alice.MBEDTLS_PRIVATE(d), &point, mbedtls_psa_get_random,
                         MBEDTLS_PSA_RANDOM_STATE) == 0,
         "X25519");
    size_t length;
    must(mbedtls_ecp_point_write_binary(group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &length, secret,
                                        sizeof secret) == 0,
         "X25519");
    must(length == sizeof secret && memcmp(secret, octets[2], length) == 0, "X25519: RFC 7748, section 6.1");
    mbedtls_mpi_free(&number);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_keypair_free(&alice);
}

struct signature {
    const char *name;
    mbedtls_ecp_group_id curve;
    const char *key;
    const char *r;
    const char *s;
};

/* RFC 6979, A.2.5 to A.2.7: "sample" with SHA-256. */
static const struct signature signatures[] = {
    {"ECDSA P-256", MBEDTLS_ECP_DP_SECP256R1,
     "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
     "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
     "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"},
    {"ECDSA P-384", MBEDTLS_ECP_DP_SECP384R1,
     "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5",
     "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33BDE1E888E63355D92FA2B3C36D8FB2CD",
     "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEBEFDC63ECCD1AC42EC0CB8668A4FA0AB0"},
    {"ECDSA P-521", MBEDTLS_ECP_DP_SECP521R1,
     "0FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8"
     "FBEC67DB8"
     "9EC0C08B0E996B83538",
     "1511BB4D675114FE266FC4372B87682BAECC01D3CC62CF2303C92B3526012659D16876E25C7C1E57648F23B73564D67F61C6F14"
     "D527D5497"
     "2810421E7D87589E1A7",
     "04A171143A83163D6DF460AAF61522695F207A58B95C0644D87E52AA1A347916E4F7A72930B1BC06DBE22CE3F58264AFD23704C"
     "BB63B29B9"
     "31F7DE6C9D949A7ECFC"},
};

static void check_signature(const struct signature *known)
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point public;
    mbedtls_mpi key, r, s, wanted_r, wanted_s;
    unsigned char hash[32];
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&public);
    mbedtls_mpi *numbers[] = {&key, &r, &s, &wanted_r, &wanted_s};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        mbedtls_mpi_init(numbers[i]);
    must(mbedtls_sha256((const unsigned char *)"sample", 6, hash, 0) == 0, "SHA-256");
    must(mbedtls_ecp_group_load(&group, known->curve) == 0 &&
             mbedtls_mpi_read_string(&key, 16, known->key) == 0 &&
             mbedtls_mpi_read_string(&wanted_r, 16, known->r) == 0 &&
             mbedtls_mpi_read_string(&wanted_s, 16, known->s) == 0,
         known->name);
    must(mbedtls_ecdsa_sign_det_ext(&group, &r, &s, &key, hash, sizeof hash, MBEDTLS_MD_SHA256,
                                    mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE) == 0,
         known->name);
    must(mbedtls_mpi_cmp_mpi(&r, &wanted_r) == 0 && mbedtls_mpi_cmp_mpi(&s, &wanted_s) == 0, known->name);
    must(mbedtls_ecp_mul(&group, &public, &key, &group.G, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE) ==
             0,
         known->name);
    must(mbedtls_ecdsa_verify(&group, hash, sizeof hash, &public, &r, &s) == 0, known->name);
    hash[0] ^= 1;
    must(mbedtls_ecdsa_verify(&group, hash, sizeof hash, &public, &r, &s) == MBEDTLS_ERR_ECP_VERIFY_FAILED,
         known->name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        mbedtls_mpi_free(numbers[i]);
    mbedtls_ecp_point_free(&public);
    mbedtls_ecp_group_free(&group);
}

/* --- random traffic between two sessions over a narrow pipe -------------------------------------- */

enum { NARROW = 3000, TRAFFIC = 4 << 20, MOST = 40000 };

struct pipe {
    unsigned char bytes[NARROW];
    size_t from;
    size_t to;
};

struct side {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    struct pipe *in;
    struct pipe *out;
    size_t sent;     /* octets of the pattern */
    size_t received; /* octets of the peer's pattern */
    size_t pending;  /* what the last write was asked to take, while it is to be repeated */
};

static int pipe_write(void *arg, const unsigned char *bytes, size_t length)
{
    struct pipe *pipe = ((struct side *)arg)->out;
    if (pipe->from == pipe->to)
        pipe->from = pipe->to = 0;
    size_t room = sizeof pipe->bytes - pipe->to;
    size_t count = length < room ? length : room;
    if (count == 0)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    memcpy(pipe->bytes + pipe->to, bytes, count);
    pipe->to += count;
    return (int)count;
}

static int pipe_read(void *arg, unsigned char *bytes, size_t length)
{
    struct pipe *pipe = ((struct side *)arg)->in;
    size_t held = pipe->to - pipe->from;
    size_t count = length < held ? length : held;
    if (count == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    memcpy(bytes, pipe->bytes + pipe->from, count);
    pipe->from += count;
    return (int)count;
}

static bool waits(int result)
{
    return result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE;
}

static unsigned char pattern(size_t i)
{
    return (unsigned char)(i * 167 + (i >> 8) * 13);
}

static size_t any_length(void)
{
    return (size_t)rand() % 3 == 0 ? (size_t)rand() % MOST + 1 : (size_t)rand() % 900 + 1;
}

static void side_write(struct side *side)
{
    static unsigned char text[MOST];
    if (side->sent >= TRAFFIC)
        return;
    if (side->pending == 0)
        side->pending = any_length();
    for (size_t i = 0; i < side->pending; i++)
        text[i] = pattern(side->sent + i);
    int result = mbedtls_ssl_write(&side->ssl, text, side->pending);
    must(result > 0 || waits(result), "a record is written");
    if (result > 0) {
        side->sent += (size_t)result;
        side->pending = 0;
    }
}

static void side_read(struct side *side)
{
    static unsigned char text[MOST];
    int result = mbedtls_ssl_read(&side->ssl, text, any_length());
    must(result > 0 || waits(result), "a record is read");
    for (int i = 0; i < result; i++)
        must(text[i] == pattern(side->received + (size_t)i), "what was written is read");
    side->received += result > 0 ? (size_t)result : 0;
}

static const unsigned char shared[32] = "a secret that both sides know";

static void side_open(struct side *side, int endpoint, mbedtls_ssl_protocol_version version,
                      const int *suites)
{
    mbedtls_ssl_config_init(&side->config);
    mbedtls_ssl_init(&side->ssl);
    must(mbedtls_ssl_config_defaults(&side->config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT) == 0,
         "the defaults");
    mbedtls_ssl_conf_rng(&side->config, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
    mbedtls_ssl_conf_authmode(&side->config, MBEDTLS_SSL_VERIFY_NONE);
    mbedtls_ssl_conf_min_tls_version(&side->config, version);
    mbedtls_ssl_conf_max_tls_version(&side->config, version);
    mbedtls_ssl_conf_ciphersuites(&side->config, suites);
    must(mbedtls_ssl_conf_psk(&side->config, shared, sizeof shared, (const unsigned char *)"check", 5) == 0,
         "a secret");
    must(mbedtls_ssl_setup(&side->ssl, &side->config) == 0, "a session");
    mbedtls_ssl_set_bio(&side->ssl, side, pipe_write, pipe_read, NULL);
}

static struct side server, client;

static void open_both(mbedtls_ssl_protocol_version version, int suite)
{
    static struct pipe up, down;
    const int suites[] = {suite, 0};
    up.from = up.to = down.from = down.to = 0;
    server = (struct side){.in = &up, .out = &down};
    client = (struct side){.in = &down, .out = &up};
    side_open(&server, MBEDTLS_SSL_IS_SERVER, version, suites);
    side_open(&client, MBEDTLS_SSL_IS_CLIENT, version, suites);
    bool shaken = false;
    while (!shaken) {
        int theirs = mbedtls_ssl_handshake(&client.ssl), ours = mbedtls_ssl_handshake(&server.ssl);
        must((theirs == 0 || waits(theirs)) && (ours == 0 || waits(ours)), "a handshake");
        shaken = theirs == 0 && ours == 0;
    }
}

static void close_both(void)
{
    struct side *sides[] = {&server, &client};
    for (int i = 0; i < 2; i++) {
        mbedtls_ssl_free(&sides[i]->ssl);
        mbedtls_ssl_config_free(&sides[i]->config);
    }
}

static void check_traffic(mbedtls_ssl_protocol_version version, int suite)
{
    open_both(version, suite);
    while (server.received < client.sent || client.received < server.sent || client.sent < TRAFFIC ||
           server.sent < TRAFFIC) {
        struct side *side = rand() % 2 == 0 ? &server : &client;
        if (rand() % 2 == 0)
            side_write(side);
        else
            side_read(side);
    }
    close_both();
}

/* --- a ticket that comes in several records to a session that waits ------------------------------- */

static void write_fragment(const unsigned char *bytes, size_t length)
{
    server.ssl.out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE;
    server.ssl.out_msglen = length;
    memcpy(server.ssl.out_msg, bytes, length);
    must(mbedtls_ssl_write_record(&server.ssl, 1) == 0, "a fragment is written");
}

/* lifetime, age, no nonce, a ticket of zeroes, no extensions (RFC 8446 4.6.1) */
static void check_fragments(size_t length, size_t piece)
{
    unsigned char message[4000] = {MBEDTLS_SSL_HS_NEW_SESSION_TICKET};
    unsigned char text[10];
    size_t body = length - 4, ticket = body - 13;
    int result;
    MBEDTLS_PUT_UINT24_BE(body, message, 1);
    message[7] = 100;
    MBEDTLS_PUT_UINT16_BE(ticket, message, 13);
    open_both(MBEDTLS_SSL_VERSION_TLS1_3, MBEDTLS_TLS1_3_AES_128_GCM_SHA256);
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &client.config, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    must(mbedtls_ssl_read(&client.ssl, text, sizeof text) == MBEDTLS_ERR_SSL_WANT_READ, "a session rests");
    for (size_t at = 0; at < length; at += piece) {
        write_fragment(message + at, length - at < piece ? length - at : piece);
        do
            result = mbedtls_ssl_read(&client.ssl, text, sizeof text);
        while (result == MBEDTLS_ERR_SSL_WANT_READ && mbedtls_ssl_check_pending(&client.ssl));
        must(result == (length - at > piece ? MBEDTLS_ERR_SSL_WANT_READ
                                            : MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET),
             "a ticket in fragments");
    }
    must(mbedtls_ssl_write(&server.ssl, text, 5) == 5, "a record behind it is written");
    must(mbedtls_ssl_read(&client.ssl, text, sizeof text) == 5, "a record behind it is read");
    close_both();
}

int main(void)
{
    must(psa_crypto_init() == PSA_SUCCESS, "the library starts");
    must(mbedtls_mpi_self_test(0) == 0, "numbers");
    must(mbedtls_ecp_self_test(0) == 0, "curves");
    must(mbedtls_rsa_self_test(0) == 0, "RSA");
    must(mbedtls_sha256_self_test(0) == 0, "SHA-256");
    must(mbedtls_gcm_self_test(0) == 0, "AES-GCM");
    check_x25519();
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        check_signature(&signatures[i]);
    check_traffic(MBEDTLS_SSL_VERSION_TLS1_3, MBEDTLS_TLS1_3_AES_128_GCM_SHA256);
    check_traffic(MBEDTLS_SSL_VERSION_TLS1_3, MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256);
    check_traffic(MBEDTLS_SSL_VERSION_TLS1_2, MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384);
    check_traffic(MBEDTLS_SSL_VERSION_TLS1_2, MBEDTLS_TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256);
    for (size_t piece = 5; piece < 2000; piece += 7)
        check_fragments(1500, piece);
    return 0;
}
