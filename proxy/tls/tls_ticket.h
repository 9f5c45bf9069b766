/* tls_ticket.h: session tickets of one listener. When a session is resumed is left to mbedTLS. Private to
 * tls/. */
#ifndef TLS_TLS_TICKET_H
#define TLS_TLS_TICKET_H

#include <mbedtls/ssl.h>

#define TLS_TICKET_SECONDS (2 * 3600)

/* Their keys: two at a time, each TLS_TICKET_SECONDS in use, for every thread. A ticket holds for the
 * listener, the version and the server name that it was given out for. */
struct tls_tickets;

/* NULL: no memory. One reference. */
struct tls_tickets *tls_tickets_new(void);
struct tls_tickets *tls_tickets_ref(struct tls_tickets *tickets);
void tls_tickets_unref(struct tls_tickets *tickets);
/* Sessions by this config get tickets. The config holds no reference. */
void tls_tickets_use(struct tls_tickets *tickets, mbedtls_ssl_config *config);

#endif
