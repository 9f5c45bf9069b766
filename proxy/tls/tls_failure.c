/* tls_failure.c: a connection that has failed: one line for the log, an alert for the peer. Who else is told
 * is left to the caller. */
#include <mbedtls/error.h>

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "tls/tls_private.h"

#define ALERT(name) MBEDTLS_SSL_ALERT_MSG_##name

/* RFC 8446 6, RFC 5246 7.2 */
static const struct {
    unsigned char code;
    const char *name;
} alerts[] = {
    {0, "close_notify"},
    {10, "unexpected_message"},
    {20, "bad_record_mac"},
    {21, "decryption_failed"},
    {22, "record_overflow"},
    {30, "decompression_failure"},
    {40, "handshake_failure"},
    {41, "no_certificate"},
    {42, "bad_certificate"},
    {43, "unsupported_certificate"},
    {44, "certificate_revoked"},
    {45, "certificate_expired"},
    {46, "certificate_unknown"},
    {47, "illegal_parameter"},
    {48, "unknown_ca"},
    {49, "access_denied"},
    {50, "decode_error"},
    {51, "decrypt_error"},
    {60, "export_restriction"},
    {70, "protocol_version"},
    {71, "insufficient_security"},
    {80, "internal_error"},
    {86, "inappropriate_fallback"},
    {90, "user_canceled"},
    {100, "no_renegotiation"},
    {109, "missing_extension"},
    {110, "unsupported_extension"},
    {112, "unrecognized_name"},
    {113, "bad_certificate_status_response"},
    {115, "unknown_psk_identity"},
    {116, "certificate_required"},
    {120, "no_application_protocol"},
};

/* Errors for which there are better words than mbedTLS's, or of which it does not tell the peer itself. */
static const struct reason {
    int error;
    unsigned char alert;
    const char *words; /* NULL: mbedTLS's */
} reasons[] = {
    {MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, ALERT(UNEXPECTED_MESSAGE), NULL},
    {MBEDTLS_ERR_SSL_UNEXPECTED_RECORD, ALERT(UNEXPECTED_MESSAGE), NULL},
    {MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, ALERT(HANDSHAKE_FAILURE), NULL},
    {MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, ALERT(HANDSHAKE_FAILURE), NULL},
    {MBEDTLS_ERR_SSL_BAD_CERTIFICATE, ALERT(BAD_CERT), NULL},
    {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, ALERT(BAD_CERT), NULL},
    {MBEDTLS_ERR_SSL_UNSUPPORTED_EXTENSION, ALERT(UNSUPPORTED_EXT), NULL},
    {MBEDTLS_ERR_SSL_NO_APPLICATION_PROTOCOL, ALERT(NO_APPLICATION_PROTOCOL), NULL},
    {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, ALERT(PROTOCOL_VERSION), NULL},
    {MBEDTLS_ERR_SSL_INVALID_MAC, ALERT(BAD_RECORD_MAC), NULL},
    {MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, ALERT(ILLEGAL_PARAMETER), NULL},
    {MBEDTLS_ERR_SSL_INVALID_RECORD, ALERT(DECODE_ERROR), NULL},
    {MBEDTLS_ERR_SSL_DECODE_ERROR, ALERT(DECODE_ERROR), NULL},
    {MBEDTLS_ERR_SSL_BAD_INPUT_DATA, ALERT(RECORD_OVERFLOW), "the peer sent a record that is too long"},
    {MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE, ALERT(HANDSHAKE_FAILURE), "the client showed no certificate"},
    {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, ALERT(CLOSE_NOTIFY), "the peer gave up the handshake"},
    {MBEDTLS_ERR_SSL_WANT_WRITE, ALERT(INTERNAL_ERROR), "the peer asks and asks, and reads no answer"},
    {TLS_ERROR_FRUITLESS, ALERT(UNEXPECTED_MESSAGE), "the peer sends and sends, but nothing that matters"},
    {0, ALERT(INTERNAL_ERROR), NULL}, /* any other */
};

static const struct reason *reason_of(int error)
{
    const struct reason *reason = reasons;

    while (reason->error != error && reason->error != 0)
        reason++;
    return reason;
}

static void describe_alert(struct text *text, unsigned char code)
{
    const char *name = "unknown";

    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
        if (alerts[i].code == code)
            name = alerts[i].name;
    text_format(text, "the peer sent the alert %s (%u)", name, code);
}

static void describe_loss(struct text *text, int error)
{
    text_format(text, "the connection ended during the handshake");
    if (error != 0)
        text_format(text, ": %s", strerrordesc_np(-error));
}

/* The first record already is none. */
static bool is_no_tls(const struct tls *tls, int error)
{
    int state = tls->ssl.MBEDTLS_PRIVATE(state);

    return error == MBEDTLS_ERR_SSL_INVALID_RECORD && tls->stage == TLS_SHAKING &&
           (state == MBEDTLS_SSL_CLIENT_HELLO || state == MBEDTLS_SSL_SERVER_HELLO);
}

static void describe(const struct tls *tls, struct text *text, int error)
{
    const struct reason *reason = reason_of(error);
    char words[120];

    if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) {
        describe_alert(text, tls->ssl.MBEDTLS_PRIVATE(in_msg)[1]);
    } else if (error == MBEDTLS_ERR_SSL_CONN_EOF) {
        describe_loss(text, tls->under.error);
    } else if (is_no_tls(tls, error)) {
        text_format(text, "what the peer sent is not TLS");
    } else if (reason->words != NULL) {
        text_format(text, "%s", reason->words);
    } else {
        mbedtls_strerror(error, words, sizeof(words));
        text_format(text, "%s (-0x%04x)", words, (unsigned)-error);
    }
}

/* The last thing said is not an alert already, and the peer is there to hear one. */
static bool is_owed_an_alert(const struct tls *tls, int error)
{
    return error != MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && error != MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY &&
           tls->under.error == 0 && tls->ssl.MBEDTLS_PRIVATE(out_msgtype) != MBEDTLS_SSL_MSG_ALERT;
}

int tls_break(struct tls *tls, int error, const char *why)
{
    struct text text = {tls->failure, 0, sizeof(tls->failure) - 1, false};
    unsigned char alert = error != 0 ? reason_of(error)->alert : ALERT(BAD_CERT);

    if (error != 0)
        describe(tls, &text, error);
    else
        text_format(&text, "%s", why);
    tls->failure[text.len] = '\0';
    if (is_owed_an_alert(tls, error))
        (void)mbedtls_ssl_send_alert_message(&tls->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
    if (tls->stage == TLS_SHAKING && tls->cache != NULL)
        tls_cache_forget(tls->cache); /* whether or not the session offered was the reason: not again */
    tls->stage = TLS_FAILED;
    tls->pinned = span_of(NULL, 0);
    tls->owes = false;
    tls->under.corked = false;
    wire_finish(&tls->under);
    tls_settle(tls);
    if (tls->under.error != 0)
        return tls->under.error;
    return error == MBEDTLS_ERR_SSL_ALLOC_FAILED ? -ENOMEM : -EPROTO;
}
