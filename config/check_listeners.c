/* check_listeners.c: checks `listeners` beyond its table. Opening them is left to net/, certificates to
 * encryption.c. */
#include "config/check_private.h"
#include "config/endpoint.h"
#include "tls/tls_server.h"

static void check_address(const struct check_entry *entry, struct settings_listener *listener)
{
    struct endpoint endpoint;

    if (listener->address == NULL)
        return;
    if (listener->name == NULL)
        listener->name = listener->address;
    if (!endpoint_parse(span_str(listener->address), &endpoint) || endpoint.port == 0 ||
        (endpoint.host.len > 0 && !span_eq(endpoint.host, SPAN(CHECK_ANY_ADDRESS)) &&
         !check_is_host(endpoint.host))) {
        check_complain(
            entry, "address",
            "\"%s\" cannot be listened on; allowed: host:port, [IPv6]:port, a port from 1 to 65535",
            listener->address);
        return;
    }
    listener->port = endpoint.port;
    listener->host =
        check_keep(entry->decoder, endpoint.host.len > 0 ? endpoint.host : SPAN(CHECK_ANY_ADDRESS));
}

static void check_encryption(const struct check_entry *entry, const struct settings_listener *listener,
                             const struct settings_tls *tls)
{
    bool asks = listener->client_certificates != TLS_ASK_NONE;

    if (listener->tls != CLIENT_TLS_NONE && tls->certificates.count == 0)
        check_complain(entry, "tls", "is nothing without a certificate; allowed: none, or tls.certificates");
    if (asks && listener->tls == CLIENT_TLS_NONE)
        check_complain(entry, "client_certificates",
                       "is nothing without encryption; allowed: none, or tls other than none");
    else if (asks && tls->client_ca == NULL)
        check_complain(entry, "client_certificates",
                       "is nothing without authorities to trust; allowed: none, or tls.client_ca");
}

static void check_listener(const struct check_entry *entry, struct settings_listener *listener,
                           const struct settings_tls *tls)
{
    check_address(entry, listener);
    check_encryption(entry, listener, tls);
    if (listener->proxy_required && listener->proxy_from.count == 0)
        check_complain(entry, "proxy_required",
                       "leaves nobody who may connect; allowed: false, or proxy_from with the balancers");
}

static void check_twins(struct decoder *decoder, const struct settings *settings, struct node *root)
{
    const struct settings_listener *listeners = settings->listeners.items;

    for (size_t later = 1; later < settings->listeners.count; later++) {
        const struct check_entry entry = check_entry(decoder, root, "listeners", later);
        for (size_t first = 0; first < later; first++)
            if (listeners[later].host != NULL && listeners[first].host != NULL &&
                listeners[later].port == listeners[first].port &&
                strcmp(listeners[later].host, listeners[first].host) == 0)
                check_complain(&entry, "address", "%s is listened on already; allowed: once",
                               listeners[later].address);
    }
}

void check_listeners(struct decoder *decoder, struct settings *settings, struct node *root)
{
    struct settings_listener *listeners = settings->listeners.items;

    for (size_t i = 0; i < settings->listeners.count; i++) {
        const struct check_entry entry = check_entry(decoder, root, "listeners", i);
        check_listener(&entry, &listeners[i], &settings->tls);
    }
    check_twins(decoder, settings, root);
}
