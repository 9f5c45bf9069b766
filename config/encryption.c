/* encryption.c: makes what TLS needs from the settings, and finds the place in the file of what is wrong with
 * it. Certificates are left to tls/. */
#include "config/encryption.h"

#include <unistd.h>

#include "base/ip.h"
#include "config/readable.h"
#include "tls/tls_client.h"
#include "tls/tls_server.h"

/* --- complaints ----------------------------------------------------------------------------------------- */

/* Who is spoken for. */
struct speaker {
    struct complaints *complaints;
    struct node *root;
    const char *prefix; /* of its keys */
};

/* Prints the path of one of the terms. */
typedef void path_fn(struct text *text, const struct speaker *speaker, size_t index, const char *key);

static void say(const struct speaker *speaker, path_fn *path, size_t index, const char *key, bool warning,
                const char *what)
{
    char bytes[128];
    struct text text = {bytes, 0, sizeof(bytes) - 1, false};

    path(&text, speaker, index, key);
    bytes[text.len] = '\0';
    if (warning)
        warn_below(speaker->complaints, speaker->root, bytes, "%s", what);
    else
        complain_below(speaker->complaints, speaker->root, bytes, "%s", what);
}

static void server_path(struct text *text, const struct speaker *speaker, size_t index, const char *key)
{
    (void)speaker;
    if (strcmp(key, "client_ca") == 0)
        text_add(text, SPAN("tls.client_ca"));
    else
        text_format(text, "tls.certificates[%zu].%s", index, key);
}

static void on_server(void *owner, size_t index, const char *key, bool warning, const char *text)
{
    say(owner, server_path, index, key, warning, text);
}

static void client_path(struct text *text, const struct speaker *speaker, size_t index, const char *key)
{
    text_format(text, "%s.tls_%s", speaker->prefix, strcmp(key, "chain") == 0 ? "certificate" : key);
    if (strcmp(key, "fingerprints") == 0)
        text_format(text, "[%zu]", index);
}

static void on_client(void *owner, size_t index, const char *key, bool warning, const char *text)
{
    say(owner, client_path, index, key, warning, text);
}

/* --- making --------------------------------------------------------------------------------------------- */

static bool complete(const struct settings_listener *listener, const struct settings_tls *tls)
{
    const struct tls_certificate_files *files = tls->certificates.items;

    if (listener->tls == CLIENT_TLS_NONE || tls->certificates.count == 0 || tls->policy.curves == 0 ||
        (listener->client_certificates != TLS_ASK_NONE && tls->client_ca == NULL))
        return false;
    for (size_t i = 0; i < tls->certificates.count; i++)
        if (files[i].chain == NULL)
            return false;
    return true;
}

/* The name in the file, if it is one: a certificate is not expected to be for an address literal, nor for
 * what this machine happens to be called. */
static const char *own_name(const struct settings *settings, const struct node *root)
{
    bool named = node_find(root, SPAN("hostname")) != NULL && settings->hostname != NULL;

    return named && settings->hostname[0] != '[' ? settings->hostname : NULL;
}

/* Each listener has tickets of its own, and the certificates that go with them. */
static void open_server(struct settings_listener *listener, const struct settings *settings,
                        struct speaker *speaker)
{
    const struct tls_complaints to = {on_server, speaker};
    const struct tls_server_terms terms = {
        .certificates = settings->tls.certificates.items,
        .count = settings->tls.certificates.count,
        .policy = &settings->tls.policy,
        .ask = listener->client_certificates,
        .client_ca = settings->tls.client_ca,
        .tickets = settings->tls.tickets,
        .hostname = own_name(settings, speaker->root),
    };

    if (complete(listener, &settings->tls))
        listener->tls_server = tls_server_new(&terms, &to);
}

/* An address is no name to ask for (RFC 6066 3). */
static const char *name_of(const struct settings_upstream *upstream)
{
    struct ip ip;

    if (upstream->tls_name != NULL)
        return upstream->tls_name;
    return upstream->host != NULL && !ip_parse(span_str(upstream->host), &ip) ? upstream->host : NULL;
}

static void open_client(struct settings_upstream *upstream, const struct settings *settings,
                        struct speaker *speaker)
{
    const struct tls_complaints to = {on_client, speaker};
    bool own = upstream->tls_certificate != NULL && upstream->tls_key != NULL;
    const struct tls_client_terms terms = {
        .name = name_of(upstream),
        .verify = upstream->tls_verify,
        .fingerprints = upstream->tls_fingerprints,
        .ca = upstream->tls_ca,
        .policy = &settings->tls.policy,
        .chain = own ? upstream->tls_certificate : NULL,
        .key = own ? upstream->tls_key : NULL,
    };

    if (upstream->tls != UPSTREAM_TLS_NONE && settings->tls.policy.curves != 0)
        upstream->tls_client = tls_client_new(&terms, &to);
}

/* --- all of them ---------------------------------------------------------------------------------------- */

static void upstream_prefix(char prefix[32], size_t index)
{
    (void)snprintf(prefix, 32, "upstreams[%zu]", index);
}

/* A key that root alone may read serves until it is renewed; then it cannot be read again. */
static void check_readable(const struct settings *settings, struct speaker *speaker)
{
    const struct tls_certificate_files *files = settings->tls.certificates.items;
    char bytes[256];

    for (size_t i = 0; i < settings->tls.certificates.count; i++) {
        const char *path = files[i].key != NULL ? files[i].key : files[i].chain;
        if (path == NULL || access(path, R_OK) != 0 || readable_by(path, settings->user))
            continue;
        (void)snprintf(bytes, sizeof(bytes),
                       "user %s cannot read it: renewed, it is not taken up, and a reload is refused",
                       settings->user);
        on_server(speaker, i, files[i].key != NULL ? "key" : "chain", true, bytes);
    }
}

void encryption_open(struct complaints *complaints, struct settings *settings, struct node *root)
{
    struct settings_listener *listeners = settings->listeners.items;
    struct settings_upstream *upstreams = settings->upstreams.items;
    char prefix[32];
    struct speaker speaker = {complaints, root, prefix};

    check_readable(settings, &speaker);
    for (size_t i = 0; i < settings->listeners.count; i++)
        open_server(&listeners[i], settings, &speaker);
    for (size_t i = 0; i < settings->upstreams.count; i++) {
        upstream_prefix(prefix, i);
        open_client(&upstreams[i], settings, &speaker);
    }
}

bool encryption_refresh(struct complaints *complaints, struct settings *settings, struct node *root)
{
    const struct settings_listener *listeners = settings->listeners.items;
    const struct settings_upstream *upstreams = settings->upstreams.items;
    char prefix[32];
    struct speaker speaker = {complaints, root, prefix};
    const struct tls_complaints server = {on_server, &speaker}, client = {on_client, &speaker};
    bool changed = false;

    for (size_t i = 0; i < settings->listeners.count; i++)
        if (listeners[i].tls_server != NULL && tls_server_refresh(listeners[i].tls_server, &server))
            changed = true;
    for (size_t i = 0; i < settings->upstreams.count; i++) {
        upstream_prefix(prefix, i);
        if (upstreams[i].tls_client != NULL && tls_client_refresh(upstreams[i].tls_client, &client))
            changed = true;
    }
    return changed;
}

void encryption_close(struct settings *settings)
{
    const struct settings_listener *listeners = settings->listeners.items;
    const struct settings_upstream *upstreams = settings->upstreams.items;

    for (size_t i = 0; i < settings->listeners.count; i++)
        if (listeners[i].tls_server != NULL)
            tls_server_unref(listeners[i].tls_server);
    for (size_t i = 0; i < settings->upstreams.count; i++)
        if (upstreams[i].tls_client != NULL)
            tls_client_unref(upstreams[i].tls_client);
}
