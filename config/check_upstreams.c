/* check_upstreams.c: checks `upstreams` beyond its table. Connecting is left to net/, certificates to
 * encryption.c. */
#include "base/ip.h"
#include "config/check_private.h"
#include "config/endpoint.h"

#define SMTP_PORT 25
#define ORIGINAL  "original-destination"

/* --- addresses ------------------------------------------------------------------------------------------ */

static void check_original(const struct check_entry *entry, struct settings_upstream *upstream,
                           const struct settings *settings)
{
    const struct settings_listener *listeners = settings->listeners.items;
    bool any = false;

    upstream->original = true;
    for (size_t i = 0; i < settings->listeners.count; i++)
        any = any || listeners[i].transparent != TRANSPARENT_NO;
    if (!any)
        check_complain(entry, "address",
                       ORIGINAL " is known of transparent listeners only; allowed: host:port, or a listener "
                                "with transparent: redirect or tproxy");
}

static void check_address(const struct check_entry *entry, struct settings_upstream *upstream,
                          const struct settings *settings)
{
    struct endpoint endpoint;

    if (upstream->address == NULL)
        return;
    if (strcmp(upstream->address, ORIGINAL) == 0) {
        check_original(entry, upstream, settings);
        return;
    }
    if (!endpoint_parse(span_str(upstream->address), &endpoint) || endpoint.host.len == 0 ||
        !check_is_host(endpoint.host)) {
        check_complain(entry, "address",
                       "\"%s\" cannot be connected to; allowed: host:port, [IPv6]:port, a host alone for "
                       "port 25, " ORIGINAL,
                       upstream->address);
        return;
    }
    upstream->port = endpoint.port != 0 ? endpoint.port : SMTP_PORT;
    upstream->host = check_keep(entry->decoder, endpoint.host);
}

/* The address that a host is, or will most likely be found to be; family 0 when that cannot be told. */
static struct ip address_of(const char *host)
{
    struct ip ip = {0};

    if (span_eq_nocase(span_str(host), SPAN("localhost")))
        host = "127.0.0.1";
    else if (strcmp(host, CHECK_ANY_ADDRESS) == 0)
        host = "0.0.0.0";
    (void)ip_parse(span_str(host), &ip);
    return ip;
}

static bool is_any(const struct ip *ip)
{
    static const uint8_t zero[16];

    return ip->family != 0 && memcmp(ip->bytes, zero, sizeof(zero)) == 0;
}

/* 127.0.0.0/8 or ::1 */
static bool is_loopback(const struct ip *ip)
{
    static const uint8_t one[16] = {[15] = 1};

    return ip->family == 4 ? ip->bytes[0] == 127
                           : ip->family == 6 && memcmp(ip->bytes, one, sizeof(one)) == 0;
}

/* True when connecting to `to` reaches who listens on `on`, as far as can be told without asking DNS. */
static bool reaches(const char *to, const char *on)
{
    struct ip target = address_of(to), bound = address_of(on);

    if (target.family == 0 || bound.family == 0)
        return span_eq_nocase(span_str(to), span_str(on));
    if (target.family != bound.family)
        return false;
    if (is_any(&bound))
        return is_any(&target) || is_loopback(&target);
    return memcmp(target.bytes, bound.bytes, sizeof(bound.bytes)) == 0;
}

static void check_loops(const struct check_entry *entry, const struct settings_upstream *upstream,
                        const struct settings *settings)
{
    const struct settings_listener *listeners = settings->listeners.items;

    for (size_t i = 0; i < settings->listeners.count; i++)
        if (upstream->host != NULL && listeners[i].host != NULL && upstream->port == listeners[i].port &&
            reaches(upstream->host, listeners[i].host))
            check_complain(entry, "address",
                           "%s is Postern's own listener %s: a loop; allowed: another server",
                           upstream->address, listeners[i].address);
}

/* --- encryption ----------------------------------------------------------------------------------------- */

static bool is_address(const char *host)
{
    struct ip ip;

    return ip_parse(span_str(host), &ip);
}

/* Without encryption, and where anything will do, nothing is verified. */
static void check_useless(const struct check_entry *entry, const struct settings_upstream *upstream)
{
    static const char *const keys[] = {"tls_name", "tls_ca", "tls_fingerprints", "tls_key",
                                       "tls_certificate"};
    bool fingerprints = upstream->tls_fingerprints.count > 0;

    if (upstream->tls == UPSTREAM_TLS_NONE && upstream->tls_verify)
        check_complain(entry, "tls_verify", "is nothing without encryption; allowed: false, or tls");
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        if (upstream->tls == UPSTREAM_TLS_NONE && check_given(entry, keys[i]))
            check_complain(entry, keys[i], "is nothing without encryption; allowed: with tls");
    if (upstream->tls == UPSTREAM_TLS_OPPORTUNISTIC && (upstream->tls_verify || fingerprints))
        check_complain(entry, upstream->tls_verify ? "tls_verify" : "tls_fingerprints",
                       "is nothing where plaintext will do, too; allowed: with tls: verified");
    else if (upstream->tls != UPSTREAM_TLS_NONE && !upstream->tls_verify && check_given(entry, "tls_ca"))
        check_complain(entry, "tls_ca",
                       "is nothing unless certificates are verified; allowed: with "
                       "tls: verified, or with tls_verify");
}

/* A certificate is for a name. */
static void check_name(const struct check_entry *entry, const struct settings_upstream *upstream)
{
    const char *name = upstream->tls_name;

    if (name != NULL && (is_address(name) || name[0] == '[' || !check_is_domain(span_str(name)))) {
        check_complain(entry, "tls_name", "\"%s\" is no host name; allowed: a domain name", name);
        return;
    }
    if (!upstream->tls_verify || upstream->tls_fingerprints.count > 0 || name != NULL)
        return;
    if (upstream->original || (upstream->host != NULL && is_address(upstream->host)))
        check_complain(entry, "tls_name",
                       "is missing, and %s is no name that a certificate could be for; allowed: a domain "
                       "name, or tls_fingerprints",
                       upstream->address);
}

static void check_encryption(const struct check_entry *entry, struct settings_upstream *upstream)
{
    if (upstream->tls == UPSTREAM_TLS_VERIFIED)
        upstream->tls_verify = true;
    check_useless(entry, upstream);
    check_name(entry, upstream);
    if (upstream->tls_certificate != NULL && upstream->tls_key == NULL)
        check_complain(entry, "tls_key", "is missing; allowed: the file of the key of tls_certificate");
    if (upstream->tls_certificate == NULL && upstream->tls_key != NULL)
        check_complain(entry, "tls_certificate", "is missing; allowed: the file that tls_key is for");
    check_path(entry->decoder, &upstream->tls_certificate);
    check_path(entry->decoder, &upstream->tls_key);
    check_path(entry->decoder, &upstream->tls_ca);
    if (upstream->tls_ca == NULL)
        upstream->tls_ca = SCHEMA_SYSTEM_CA;
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static void check_identity(const struct check_entry *entry, const struct settings_upstream *upstream)
{
    if (upstream->identity_required && upstream->identity != IDENTITY_XCLIENT &&
        upstream->identity != IDENTITY_XFORWARD)
        check_complain(entry, "identity_required",
                       "is nothing that could be missing; allowed: false, or identity: xclient or xforward");
}

void check_upstreams(struct decoder *decoder, struct settings *settings, struct node *root)
{
    struct settings_upstream *upstreams = settings->upstreams.items;

    for (size_t i = 0; i < settings->upstreams.count; i++) {
        const struct check_entry entry = check_entry(decoder, root, "upstreams", i);
        check_address(&entry, &upstreams[i], settings);
        check_loops(&entry, &upstreams[i], settings);
        check_encryption(&entry, &upstreams[i]);
        check_identity(&entry, &upstreams[i]);
    }
}
