/* tls_server_private.h: a server's credentials, and the choice among them. Private to tls_server*.c. */
#ifndef TLS_TLS_SERVER_PRIVATE_H
#define TLS_TLS_SERVER_PRIVATE_H

#include "tls/tls_certificate.h"
#include "tls/tls_private.h"
#include "tls/tls_ticket.h"

struct tls_server_credentials {
    struct tls_credentials base;
    struct tls_certificate *certificates;
    size_t count;
    mbedtls_x509_crt client_ca;
    struct tls_tickets *tickets; /* NULL: none are given out */
};

/* Makes the config choose among the certificates by the name that the client asks for. */
void tls_server_choose(struct tls_server_credentials *credentials);

#endif
