/* tls_ticket.c: session tickets that hold for one listener, version and server name only. What is in them,
 * and its encryption, are left to mbedTLS. */
#include "tls/tls_ticket.h"

#include <assert.h>
#include <mbedtls/constant_time.h>
#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/ssl_ticket.h>

#include "base/mem.h"
#include "tls/tls_private.h"
#include "tls/tls_random.h"

#define SEAL_OCTETS 32 /* HMAC-SHA-256 */

enum { MUTEX_OCTETS = sizeof(((mbedtls_ssl_ticket_context *)0)->MBEDTLS_PRIVATE(mutex)) };
static_assert(MUTEX_OCTETS > 0, "mbedTLS must have been built with threading");

/* mbedTLS's ticket has no room for what it is bound to, so a seal over that and the ticket follows it. */
struct tls_tickets {
    atomic_uint references;
    mbedtls_ssl_ticket_context context;
    unsigned char secret[SEAL_OCTETS];
};

struct tls_tickets *tls_tickets_new(void)
{
    struct tls_tickets *tickets = mem_alloc(sizeof(*tickets));

    if (tickets == NULL)
        return NULL;
    atomic_init(&tickets->references, 1);
    mbedtls_ssl_ticket_init(&tickets->context);
    if (tls_random(NULL, tickets->secret, sizeof(tickets->secret)) != 0 ||
        mbedtls_ssl_ticket_setup(&tickets->context, tls_random, NULL, MBEDTLS_CIPHER_AES_256_GCM,
                                 TLS_TICKET_SECONDS) != 0) {
        tls_tickets_unref(tickets);
        return NULL;
    }
    return tickets;
}

struct tls_tickets *tls_tickets_ref(struct tls_tickets *tickets)
{
    atomic_fetch_add(&tickets->references, 1);
    return tickets;
}

void tls_tickets_unref(struct tls_tickets *tickets)
{
    if (atomic_fetch_sub(&tickets->references, 1) != 1)
        return;
    mbedtls_ssl_ticket_free(&tickets->context);
    mbedtls_platform_zeroize(tickets->secret, sizeof(tickets->secret));
    mem_free(tickets);
}

/* The version is bound, too: what one version keeps in a ticket is not what another takes out. */
static int seal(const struct tls_tickets *tickets, const unsigned char *ticket, size_t len,
                unsigned char out[SEAL_OCTETS])
{
    const struct tls *tls = tls_current;
    unsigned char head[2] = {(unsigned char)mbedtls_ssl_get_version_number(&tls->ssl),
                             (unsigned char)strlen(tls->name)};
    mbedtls_md_context_t md;
    int rc;

    mbedtls_md_init(&md);
    rc = mbedtls_md_setup(&md, mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), 1);
    if (rc == 0)
        rc = mbedtls_md_hmac_starts(&md, tickets->secret, sizeof(tickets->secret));
    if (rc == 0)
        rc = mbedtls_md_hmac_update(&md, head, sizeof(head));
    if (rc == 0)
        rc = mbedtls_md_hmac_update(&md, (const unsigned char *)tls->name, head[1]);
    if (rc == 0)
        rc = mbedtls_md_hmac_update(&md, ticket, len);
    if (rc == 0)
        rc = mbedtls_md_hmac_finish(&md, out);
    mbedtls_md_free(&md);
    return rc;
}

static int write_ticket(void *owner, const mbedtls_ssl_session *session, unsigned char *start,
                        const unsigned char *end, size_t *len, uint32_t *lifetime)
{
    struct tls_tickets *tickets = owner;
    int rc;

    assert(tls_current != NULL);
    if (end - start < SEAL_OCTETS)
        return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
    rc = mbedtls_ssl_ticket_write(&tickets->context, session, start, end - SEAL_OCTETS, len, lifetime);
    if (rc == 0)
        rc = seal(tickets, start, *len, start + *len);
    *len = rc == 0 ? *len + SEAL_OCTETS : 0;
    return rc;
}

static int parse_ticket(void *owner, mbedtls_ssl_session *session, unsigned char *ticket, size_t len)
{
    struct tls_tickets *tickets = owner;
    unsigned char expected[SEAL_OCTETS];
    int rc;

    assert(tls_current != NULL);
    if (len < SEAL_OCTETS)
        return MBEDTLS_ERR_SSL_INVALID_MAC;
    len -= SEAL_OCTETS;
    rc = seal(tickets, ticket, len, expected);
    if (rc == 0 && mbedtls_ct_memcmp(expected, ticket + len, SEAL_OCTETS) != 0)
        rc = MBEDTLS_ERR_SSL_INVALID_MAC;
    if (rc == 0)
        rc = mbedtls_ssl_ticket_parse(&tickets->context, session, ticket, len);
    if (rc == 0)
        tls_current->ticketed = true;
    return rc;
}

void tls_tickets_use(struct tls_tickets *tickets, mbedtls_ssl_config *config)
{
    mbedtls_ssl_conf_session_tickets_cb(config, write_ticket, parse_ticket, tickets);
}
