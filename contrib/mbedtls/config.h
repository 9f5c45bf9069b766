/* config.h: what Postern's own build of mbedTLS changes in the library's default configuration. `build`
 * appends it to mbedtls_config.h, so the program and the library see the same. README.md has the figures
 * behind the choices.
 */

/* Sessions are shared by threads: verification and signing happen in workers. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD

/* The heap is reached through functions that the program sets, so that a test can make any allocation fail.
 */
#define MBEDTLS_PLATFORM_MEMORY

/* TLS 1.2 and 1.3 over TCP, and nothing that SMTP has no use for. */
#undef MBEDTLS_SSL_PROTO_DTLS
#undef MBEDTLS_SSL_DTLS_ANTI_REPLAY
#undef MBEDTLS_SSL_DTLS_HELLO_VERIFY
#undef MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT
#undef MBEDTLS_SSL_RENEGOTIATION
