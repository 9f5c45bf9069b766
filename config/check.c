/* check.c: checks settings beyond their tables; reading them is left to decode.c. */
#include "config/check.h"

#include <unistd.h>

#include "base/ip.h"
#include "config/endpoint.h"
#include "smtp/address.h"

#define SMTP_PORT        25
#define TEXT_LINE_LEAST  1000 /* RFC 5321 4.5.3.1.6 */
#define GREETING_OCTETS  256  /* with our name and codes a reply line of 512 (RFC 5321 4.5.3.1.5) */
#define ANY_ADDRESS      "*"
#define DOMAIN_OCTETS    255
#define HOSTNAME_ALLOWED "a domain name or an address literal"

static const struct address_limits name_limits = {.local_part = 64, .domain = DOMAIN_OCTETS, .path = 256};

/* What happened to be wrong is said at the value when it stands in the file, and at the map when not. */
static struct node *value_of(struct node *root, const char *list, size_t index, const char *key)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "%s[%zu].%s", list, index, key);
    return node_below(root, path);
}

static bool is_domain(struct span name)
{
    return address_helo(name, &name_limits, false) == 0;
}

static void check_hostname(struct decoder *decoder, struct settings *settings, struct node *root)
{
    struct node *node = node_find(root, SPAN("hostname"));
    char own[DOMAIN_OCTETS + 1] = "";

    if (node != NULL) {
        if (settings->hostname != NULL && !is_domain(span_str(settings->hostname)))
            complain(decoder->complaints, node, "\"%s\" is no host name; allowed: " HOSTNAME_ALLOWED,
                     settings->hostname);
        return;
    }
    (void)gethostname(own, sizeof(own) - 1);
    settings->hostname = arena_copy(decoder->arena, span_str(own)).ptr;
    if (settings->hostname == NULL)
        complain_starved(decoder->complaints);
    else if (!is_domain(span_str(own)))
        complain_lack(decoder->complaints, root, "hostname",
                      "is missing and the machine's own, \"%s\", is no host name; allowed: " HOSTNAME_ALLOWED,
                      own);
}

static void check_greeting(struct decoder *decoder, const struct settings *settings, struct node *root)
{
    struct node *node = node_find(root, SPAN("greeting"));

    if (node == NULL || settings->greeting == NULL)
        return;
    for (const char *c = settings->greeting; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~') {
            complain(decoder->complaints, node, "holds more than printable ASCII; allowed: one line of it");
            return;
        }
    }
    if (strlen(settings->greeting) > GREETING_OCTETS)
        complain(decoder->complaints, node, "is too long; allowed: %d octets", GREETING_OCTETS);
}

static void check_text_line(struct decoder *decoder, const struct settings *settings, struct node *root)
{
    uint64_t octets = settings->limits.text_line;

    if (octets != 0 && octets < TEXT_LINE_LEAST)
        complain(decoder->complaints, node_below(root, "limits.text_line"),
                 "%u is less than any server must take; allowed: 0, %d or more", (unsigned)octets,
                 TEXT_LINE_LEAST);
}

static void check_log(struct decoder *decoder, const struct settings *settings, struct node *root)
{
    const char *to = settings->log.to;

    if (to != NULL && to[0] != '/' && strcmp(to, "stderr") != 0 && strcmp(to, "syslog") != 0)
        complain(decoder->complaints, node_below(root, "log.to"),
                 "\"%s\" is no place for a log; allowed: stderr, syslog, an absolute path", to);
}

/* A host that can be bound or dialled: an address or a name. */
static bool is_host(struct span host)
{
    struct ip ip;

    return ip_parse(host, &ip) || (host.ptr[0] != '[' && is_domain(host));
}

static const char *keep_host(struct decoder *decoder, struct span host)
{
    const char *copy = arena_copy(decoder->arena, host).ptr;

    if (copy == NULL)
        complain_starved(decoder->complaints);
    return copy;
}

static void check_listener(struct decoder *decoder, struct settings_listener *listener, struct node *node)
{
    struct endpoint endpoint;

    if (listener->address == NULL)
        return;
    if (listener->name == NULL)
        listener->name = listener->address;
    if (!endpoint_parse(span_str(listener->address), &endpoint) || endpoint.port == 0 ||
        (endpoint.host.len > 0 && !span_eq(endpoint.host, SPAN(ANY_ADDRESS)) && !is_host(endpoint.host))) {
        complain(decoder->complaints, node,
                 "\"%s\" cannot be listened on; allowed: host:port, [IPv6]:port, a port from 1 to 65535",
                 listener->address);
        return;
    }
    listener->port = endpoint.port;
    listener->host = keep_host(decoder, endpoint.host.len > 0 ? endpoint.host : SPAN(ANY_ADDRESS));
}

static void check_upstream(struct decoder *decoder, struct settings_upstream *upstream, struct node *node)
{
    struct endpoint endpoint;

    if (upstream->address == NULL)
        return;
    if (!endpoint_parse(span_str(upstream->address), &endpoint) || endpoint.host.len == 0 ||
        !is_host(endpoint.host)) {
        complain(decoder->complaints, node,
                 "\"%s\" cannot be connected to; allowed: host:port, [IPv6]:port, a host alone for port 25",
                 upstream->address);
        return;
    }
    upstream->port = endpoint.port != 0 ? endpoint.port : SMTP_PORT;
    upstream->host = keep_host(decoder, endpoint.host);
}

/* The address that a host is, or will most likely be found to be; family 0 when that cannot be told. */
static struct ip ip_of(const char *host)
{
    struct ip ip = {0};

    if (span_eq_nocase(span_str(host), SPAN("localhost")))
        host = "127.0.0.1";
    else if (strcmp(host, ANY_ADDRESS) == 0)
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
    struct ip target = ip_of(to), bound = ip_of(on);

    if (target.family == 0 || bound.family == 0)
        return span_eq_nocase(span_str(to), span_str(on));
    if (target.family != bound.family)
        return false;
    if (is_any(&bound))
        return is_any(&target) || is_loopback(&target);
    return memcmp(target.bytes, bound.bytes, sizeof(bound.bytes)) == 0;
}

static void check_loops(struct decoder *decoder, const struct settings *settings, struct node *root)
{
    const struct settings_listener *listeners = settings->listeners.items;
    const struct settings_upstream *upstreams = settings->upstreams.items;

    for (size_t u = 0; u < settings->upstreams.count; u++)
        for (size_t l = 0; l < settings->listeners.count; l++)
            if (upstreams[u].host != NULL && listeners[l].host != NULL &&
                upstreams[u].port == listeners[l].port && reaches(upstreams[u].host, listeners[l].host))
                complain(decoder->complaints, value_of(root, "upstreams", u, "address"),
                         "%s is Postern's own listener %s: a loop; allowed: another server",
                         upstreams[u].address, listeners[l].address);
}

static void check_twins(struct decoder *decoder, const struct settings *settings, struct node *root)
{
    const struct settings_listener *listeners = settings->listeners.items;

    for (size_t later = 1; later < settings->listeners.count; later++)
        for (size_t first = 0; first < later; first++)
            if (listeners[later].host != NULL && listeners[first].host != NULL &&
                listeners[later].port == listeners[first].port &&
                strcmp(listeners[later].host, listeners[first].host) == 0)
                complain(decoder->complaints, value_of(root, "listeners", later, "address"),
                         "%s is listened on already; allowed: once", listeners[later].address);
}

static void check_present(struct decoder *decoder, const struct node *root, struct span key, size_t count)
{
    const struct node *node = node_find(root, key);

    if (node != NULL && count == 0 && node->kind != NODE_MAP)
        complain(decoder->complaints, node, "is empty; allowed: at least one address");
}

void check_settings(struct decoder *decoder, struct settings *settings, struct node *root)
{
    struct settings_listener *listeners = settings->listeners.items;
    struct settings_upstream *upstreams = settings->upstreams.items;

    check_hostname(decoder, settings, root);
    check_greeting(decoder, settings, root);
    check_text_line(decoder, settings, root);
    check_log(decoder, settings, root);
    check_present(decoder, root, SPAN("listeners"), settings->listeners.count);
    check_present(decoder, root, SPAN("upstreams"), settings->upstreams.count);
    for (size_t i = 0; i < settings->listeners.count; i++)
        check_listener(decoder, &listeners[i], value_of(root, "listeners", i, "address"));
    for (size_t i = 0; i < settings->upstreams.count; i++)
        check_upstream(decoder, &upstreams[i], value_of(root, "upstreams", i, "address"));
    check_loops(decoder, settings, root);
    check_twins(decoder, settings, root);
}
