/* carrier.c: octets of one connection, plain or encrypted with OpenSSL. */
#include "carrier.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

/* A record holds no more (RFC 8446 5.1): room for less would leave some of it behind. */
enum { RECORD = 16384 };

static _Noreturn void secrecy_die(const char *what)
{
    errno = 0;
    peer_die("%s: %s", what, ERR_reason_error_string(ERR_peek_last_error()));
}

static void secrecy_init(struct secrecy *secrecy, const SSL_METHOD *method)
{
    *secrecy = (struct secrecy){.context = SSL_CTX_new(method)};
    if (secrecy->context == NULL)
        secrecy_die("TLS");
    SSL_CTX_set_mode(secrecy->context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                           SSL_MODE_RELEASE_BUFFERS);
    signal(SIGPIPE, SIG_IGN); /* OpenSSL does not ask for MSG_NOSIGNAL */
}

/* A copy: a session that a connection has is no longer good once that connection gets another ticket. */
static SSL_SESSION *secrecy_copy(const SSL_SESSION *session)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    if (copy == NULL)
        secrecy_die("a session");
    return copy;
}

/* For OpenSSL: 0 leaves the reference to the session with it. */
static int secrecy_keep(SSL *ssl, SSL_SESSION *session)
{
    struct secrecy *secrecy = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    SSL_SESSION_free(secrecy->session);
    secrecy->session = secrecy_copy(session);
    return 0;
}

void secrecy_client(struct secrecy *secrecy, const char *version, bool resume)
{
    secrecy_init(secrecy, TLS_client_method());
    secrecy->resume = resume;
    int number = version == NULL               ? 0
                 : strcmp(version, "1.2") == 0 ? TLS1_2_VERSION
                 : strcmp(version, "1.3") == 0 ? TLS1_3_VERSION
                                               : -1;
    errno = 0;
    if (number < 0)
        peer_die("%s is no version of TLS: 1.2 or 1.3", version);
    SSL_CTX_set_min_proto_version(secrecy->context, number != 0 ? number : TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(secrecy->context, number);
    SSL_CTX_set_app_data(secrecy->context, secrecy);
    SSL_CTX_set_session_cache_mode(secrecy->context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(secrecy->context, secrecy_keep);
}

void secrecy_server(struct secrecy *secrecy, const char *file)
{
    secrecy_init(secrecy, TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(secrecy->context, file) != 1 ||
        SSL_CTX_use_PrivateKey_file(secrecy->context, file, SSL_FILETYPE_PEM) != 1)
        secrecy_die(file);
}

void secrecy_free(struct secrecy *secrecy)
{
    SSL_SESSION_free(secrecy->session);
    SSL_CTX_free(secrecy->context);
}

void carrier_encrypt(struct carrier *carrier, struct secrecy *secrecy)
{
    carrier->secrecy = secrecy;
    carrier->shaking = true;
    carrier->ssl = SSL_new(secrecy->context);
    if (carrier->ssl == NULL || SSL_set_fd(carrier->ssl, carrier->fd) != 1)
        secrecy_die("TLS");
    if (SSL_CTX_get_ssl_method(secrecy->context) == TLS_server_method())
        SSL_set_accept_state(carrier->ssl);
    else
        SSL_set_connect_state(carrier->ssl);
    if (!secrecy->resume || secrecy->session == NULL)
        return;
    SSL_SESSION *session = secrecy_copy(secrecy->session);
    if (SSL_set_session(carrier->ssl, session) != 1)
        secrecy_die("a session");
    SSL_SESSION_free(session);
}

/* What a call of OpenSSL's that did not succeed comes to: 0 at the end of the stream, else -1 and errno. */
static int carrier_failed(const struct carrier *carrier, int result)
{
    int error = SSL_get_error(carrier->ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        errno = EAGAIN;
    else if (error != SSL_ERROR_SYSCALL || errno == 0)
        errno = EPROTO;
    return -1;
}

int carrier_shake(struct carrier *carrier)
{
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(carrier->ssl);
    if (result != 1) {
        result = carrier_failed(carrier, result);
        return result < 0 && errno == EAGAIN && SSL_want_read(carrier->ssl) ? 0 : -1;
    }
    struct secrecy *secrecy = carrier->secrecy;
    carrier->shaking = false;
    secrecy->handshakes++;
    secrecy->resumed += SSL_session_reused(carrier->ssl) ? 1 : 0;
    secrecy->version = SSL_get_version(carrier->ssl);
    secrecy->cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(carrier->ssl));
    return 1;
}

ssize_t carrier_receive(struct carrier *carrier, char *octets, size_t room)
{
    if (carrier->ssl == NULL)
        return recv(carrier->fd, octets, room, 0);
    if (room < RECORD)
        peer_die("room for %zu octets is not enough for a record", room);
    ERR_clear_error();
    errno = 0;
    int count = SSL_read(carrier->ssl, octets, RECORD);
    return count > 0 ? count : carrier_failed(carrier, count);
}

ssize_t carrier_send(struct carrier *carrier, const char *octets, size_t length)
{
    if (carrier->ssl == NULL)
        return send(carrier->fd, octets, length, MSG_NOSIGNAL);
    ERR_clear_error();
    errno = 0;
    int count = SSL_write(carrier->ssl, octets, (int)length);
    if (count > 0)
        return count;
    if (carrier_failed(carrier, count) == 0)
        errno = EPIPE;
    return -1;
}

void carrier_close(struct carrier *carrier)
{
    if (carrier->ssl != NULL) {
        /* Else OpenSSL takes the session for one that must not be resumed. */
        SSL_set_shutdown(carrier->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(carrier->ssl);
    }
    if (carrier->fd >= 0)
        close(carrier->fd);
    *carrier = (struct carrier){.fd = -1};
}
