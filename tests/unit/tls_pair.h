/* tls_pair.h: a TLS server and a client that shake hands in memory, octets in order and none lost; and
 * complaints kept as one text. */
#ifndef TLS_PAIR_H
#define TLS_PAIR_H

#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>

#include "test.h"
#include "tls/tls_private.h"

#define PAIR_OCTETS ((size_t)64 << 10)

/* What one side has sent and the other has not yet read. */
struct pair_pipe {
    unsigned char bytes[PAIR_OCTETS];
    size_t from, to;
};

struct pair {
    struct tls server; /* as much of it as the callbacks of the server look at */
    mbedtls_ssl_context client;
    struct tls_credentials *server_credentials, *client_credentials;
    struct pair_pipe up, down;
    bool certified;   /* the server's certificate was part of the handshake */
    int server_error; /* of mbedTLS, or 0 */
    int client_error;
};

static inline int pair_put(struct pair_pipe *pipe, const unsigned char *bytes, size_t len)
{
    REQUIRE(len <= PAIR_OCTETS - pipe->to);
    memcpy(pipe->bytes + pipe->to, bytes, len);
    pipe->to += len;
    return (int)len;
}

static inline int pair_get(struct pair_pipe *pipe, unsigned char *bytes, size_t len)
{
    size_t n = pipe->to - pipe->from < len ? pipe->to - pipe->from : len;

    if (n == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    memcpy(bytes, pipe->bytes + pipe->from, n);
    pipe->from += n;
    return (int)n;
}

static inline int pair_server_send(void *pair, const unsigned char *bytes, size_t len)
{
    return pair_put(&((struct pair *)pair)->down, bytes, len);
}

static inline int pair_server_receive(void *pair, unsigned char *bytes, size_t len)
{
    return pair_get(&((struct pair *)pair)->up, bytes, len);
}

static inline int pair_client_send(void *pair, const unsigned char *bytes, size_t len)
{
    return pair_put(&((struct pair *)pair)->up, bytes, len);
}

static inline int pair_client_receive(void *pair, unsigned char *bytes, size_t len)
{
    return pair_get(&((struct pair *)pair)->down, bytes, len);
}

/* Takes over both references. The client may be changed until pair_shake(). */
static inline struct pair *pair_new(struct tls_credentials *server, struct tls_credentials *client)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    REQUIRE(pair != NULL);
    pair->server_credentials = server;
    pair->client_credentials = client;
    mbedtls_ssl_init(&pair->server.ssl);
    mbedtls_ssl_init(&pair->client);
    REQUIRE(mbedtls_ssl_setup(&pair->server.ssl, &server->config) == 0);
    REQUIRE(mbedtls_ssl_setup(&pair->client, &client->config) == 0);
    mbedtls_ssl_set_user_data_p(&pair->server.ssl, &pair->server);
    mbedtls_ssl_set_bio(&pair->server.ssl, pair, pair_server_send, pair_server_receive, NULL);
    mbedtls_ssl_set_bio(&pair->client, pair, pair_client_send, pair_client_receive, NULL);
    REQUIRE(mbedtls_ssl_set_hostname(&pair->client, NULL) == 0);
    return pair;
}

static inline void pair_free(struct pair *pair)
{
    mbedtls_ssl_free(&pair->server.ssl);
    mbedtls_ssl_free(&pair->client);
    tls_credentials_unref(pair->server_credentials);
    tls_credentials_unref(pair->client_credentials);
    free(pair);
}

static inline bool pair_is_fatal(int error)
{
    return error != 0 && error != MBEDTLS_ERR_SSL_WANT_READ && error != MBEDTLS_ERR_SSL_WANT_WRITE;
}

static inline void pair_step_server(struct pair *pair)
{
    tls_current = &pair->server;
    while (pair->server_error == 0 && !mbedtls_ssl_is_handshake_over(&pair->server.ssl)) {
        int error;
        if (pair->server.ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_CERTIFICATE)
            pair->certified = true;
        error = mbedtls_ssl_handshake_step(&pair->server.ssl);
        if (pair_is_fatal(error))
            pair->server_error = error;
        if (error != 0)
            break;
    }
    tls_current = NULL;
}

static inline void pair_step_client(struct pair *pair)
{
    int error = pair->client_error != 0 ? 0 : mbedtls_ssl_handshake(&pair->client);

    if (pair_is_fatal(error))
        pair->client_error = error;
}

/* True when both sides have finished. */
static inline bool pair_shake(struct pair *pair)
{
    size_t up, down;

    do {
        up = pair->up.to;
        down = pair->down.to;
        pair_step_client(pair);
        pair_step_server(pair);
    } while (up != pair->up.to || down != pair->down.to);
    return pair->server_error == 0 && pair->client_error == 0 &&
           mbedtls_ssl_is_handshake_over(&pair->server.ssl) && mbedtls_ssl_is_handshake_over(&pair->client);
}

/* One octet down; how many tickets of TLS 1.3 came before it. */
static inline unsigned pair_tickets(struct pair *pair)
{
    unsigned char octet = 'x';
    unsigned count = 0;
    int n;

    tls_current = &pair->server;
    REQUIRE(mbedtls_ssl_write(&pair->server.ssl, &octet, 1) == 1);
    tls_current = NULL;
    do {
        n = mbedtls_ssl_read(&pair->client, &octet, 1);
        if (n == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
            count++;
    } while (n < 0 && !(n == MBEDTLS_ERR_SSL_WANT_READ && pair->down.from == pair->down.to));
    REQUIRE(n == 1 && octet == 'x');
    return count;
}

/* --- complaints: "key[index]: text" in lines, a warning with "warning: " before the text */

static char pair_said[4096];

static inline void pair_complain(void *owner, size_t index, const char *key, bool warning, const char *text)
{
    size_t len = strlen(pair_said);

    (void)owner;
    (void)snprintf(pair_said + len, sizeof(pair_said) - len, "%s[%zu]: %s%s\n", key, index,
                   warning ? "warning: " : "", text);
}

static const struct tls_complaints pair_complaints = {pair_complain, NULL};

#define PAIR_POLICY                                                                                          \
    {                                                                                                        \
        TLS_VERSION_12, TLS_CIPHERS_INTERMEDIATE, 7                                                          \
    }
#define CERTIFICATE(name)                                                                                    \
    {                                                                                                        \
        .chain = TEST_CERTIFICATES "/" name ".pem", .key = TEST_CERTIFICATES "/" name ".key"                 \
    }

#endif
