/* check.c: checks settings beyond their tables; reading them is left to decode.c, listeners and upstreams to
 * files of their own. */
#include "config/check.h"

#include <unistd.h>

#include "base/ip.h"
#include "config/check_private.h"
#include "config/file.h"
#include "smtp/address.h"
#include "tls/tls_server.h"

#define TEXT_LINE_LEAST  1000 /* RFC 5321 4.5.3.1.6 */
#define GREETING_OCTETS  256  /* with our name and codes a reply line of 512 (RFC 5321 4.5.3.1.5) */
#define DOMAIN_OCTETS    255
#define HOSTNAME_ALLOWED "a domain name or an address literal"

static const struct address_limits name_limits = {.local_part = 64, .domain = DOMAIN_OCTETS, .path = 256};

/* --- what the checks share ------------------------------------------------------------------------------ */

bool check_is_domain(struct span name)
{
    return address_helo(name, &name_limits, false) == 0;
}

bool check_is_host(struct span host)
{
    struct ip ip;

    return ip_parse(host, &ip) || (host.ptr[0] != '[' && check_is_domain(host));
}

const char *check_keep(struct decoder *decoder, struct span text)
{
    const char *copy = arena_copy(decoder->arena, text).ptr;

    if (copy == NULL)
        complain_starved(decoder->complaints);
    return copy;
}

void check_path(struct decoder *decoder, const char **path)
{
    if (*path == NULL)
        return;
    *path = file_beside(decoder->directory, *path, decoder->arena);
    if (*path == NULL)
        complain_starved(decoder->complaints);
}

struct check_entry check_entry(struct decoder *decoder, struct node *root, const char *list, size_t index)
{
    struct check_entry entry = {decoder, root, ""};

    (void)snprintf(entry.name, sizeof(entry.name), "%s[%zu]", list, index);
    return entry;
}

bool check_given(const struct check_entry *entry, const char *key)
{
    const struct node *node = node_find(node_below(entry->root, entry->name), span_str(key));

    return node != NULL && !node_null(node);
}

void check_complain(const struct check_entry *entry, const char *key, const char *format, ...)
{
    char path[64], text[512];
    va_list args;

    (void)snprintf(path, sizeof(path), "%s.%s", entry->name, key);
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    complain_below(entry->decoder->complaints, entry->root, path, "%s", text);
}

/* --- the settings --------------------------------------------------------------------------------------- */

static void check_hostname(struct decoder *decoder, struct settings *settings, struct node *root)
{
    struct node *node = node_find(root, SPAN("hostname"));
    char own[DOMAIN_OCTETS + 1] = "";

    if (node != NULL) {
        if (settings->hostname != NULL && !check_is_domain(span_str(settings->hostname)))
            complain(decoder->complaints, node, "\"%s\" is no host name; allowed: " HOSTNAME_ALLOWED,
                     settings->hostname);
        return;
    }
    (void)gethostname(own, sizeof(own) - 1);
    settings->hostname = arena_copy(decoder->arena, span_str(own)).ptr;
    if (settings->hostname == NULL)
        complain_starved(decoder->complaints);
    else if (!check_is_domain(span_str(own)))
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

static void check_tls(struct decoder *decoder, struct settings *settings, struct node *root)
{
    struct tls_certificate_files *files = settings->tls.certificates.items;

    for (size_t i = 0; i < settings->tls.certificates.count; i++) {
        check_path(decoder, &files[i].chain);
        check_path(decoder, &files[i].key);
    }
    check_path(decoder, &settings->tls.client_ca);
    if (settings->tls.policy.curves == 0)
        complain_below(decoder->complaints, root, "tls.curves",
                       "is empty; allowed: at least one of x25519, secp256r1, secp384r1");
}

static void check_present(struct decoder *decoder, const struct node *root, struct span key, size_t count)
{
    const struct node *node = node_find(root, key);

    if (node != NULL && count == 0 && node->kind != NODE_MAP)
        complain(decoder->complaints, node, "is empty; allowed: at least one address");
}

void check_settings(struct decoder *decoder, struct settings *settings, struct node *root)
{
    check_hostname(decoder, settings, root);
    check_greeting(decoder, settings, root);
    check_text_line(decoder, settings, root);
    check_log(decoder, settings, root);
    check_tls(decoder, settings, root);
    check_present(decoder, root, SPAN("listeners"), settings->listeners.count);
    check_present(decoder, root, SPAN("upstreams"), settings->upstreams.count);
    check_listeners(decoder, settings, root);
    check_upstreams(decoder, settings, root);
}
