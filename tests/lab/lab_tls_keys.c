/* lab_tls_keys.c: loads certificates for the test's ends of connections, each pair of them once. */
#include "lab_tls_keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "tls/tls_private.h"

#define KEPT_MAX 32

/* One made before. The strings are our own; `kept` must stay where it is, as terms refer to it. */
struct kept {
    struct lab_tls_terms terms;
    char name[64], chain[256], key[256], certificate[32];
    struct tls_certificate_files files;
    struct tls_client *client;
    struct tls_server *server;
};

static struct kept all[KEPT_MAX];
static unsigned count;

static const struct tls_policy policy = {.curves = 7};

const char *lab_tls_folder(void)
{
    return TEST_CERTIFICATES;
}

static void complain(void *owner, size_t index, const char *key, bool warning, const char *text)
{
    (void)owner;
    (void)index;
    if (!warning)
        fprintf(stderr, "%s: %s; tests/tools/certificates %s makes what tests need\n", key, text,
                lab_tls_folder());
}

static const struct tls_complaints complaints = {.complain = complain};

static bool same(const char *a, const char *b)
{
    return span_eq(span_str(a), span_str(b));
}

static struct kept *find(const struct lab_tls_terms *terms, bool server)
{
    for (unsigned i = 0; i < count; i++) {
        const struct lab_tls_terms *other = &all[i].terms;
        if ((all[i].server != NULL) == server && other->old == terms->old && other->asks == terms->asks &&
            other->refuses == terms->refuses && same(other->name, terms->name) &&
            same(other->certificate, terms->certificate))
            return &all[i];
    }
    return NULL;
}

/* A row for it, with copies of its strings and the paths of its files; NULL: the table is full. */
static struct kept *add(const struct lab_tls_terms *terms)
{
    struct kept *kept = &all[count];
    const char *certificate = terms->certificate != NULL ? terms->certificate : "ecdsa";

    if (count == KEPT_MAX) {
        fprintf(stderr, "more than %d kinds of peers\n", KEPT_MAX);
        return NULL;
    }
    *kept = (struct kept){.terms = *terms};
    (void)snprintf(kept->name, sizeof(kept->name), "%s", terms->name != NULL ? terms->name : "");
    (void)snprintf(kept->certificate, sizeof(kept->certificate), "%s", certificate);
    (void)snprintf(kept->chain, sizeof(kept->chain), "%s/%s.pem", lab_tls_folder(), certificate);
    (void)snprintf(kept->key, sizeof(kept->key), "%s/%s.key", lab_tls_folder(), certificate);
    kept->terms.name = terms->name != NULL ? kept->name : NULL;
    kept->terms.certificate = terms->certificate != NULL ? kept->certificate : NULL;
    kept->files = (struct tls_certificate_files){.chain = kept->chain, .key = kept->key};
    return kept;
}

/* Policies have no newest version, as nobody but a test wants one. */
static void limit(struct tls_credentials *credentials, const struct lab_tls_terms *terms)
{
    if (terms->old)
        mbedtls_ssl_conf_max_tls_version(&credentials->config, MBEDTLS_SSL_VERSION_TLS1_2);
    tls_credentials_unref(credentials);
}

struct tls_client *lab_tls_client(const struct lab_tls_terms *terms)
{
    struct kept *kept = find(terms, false);
    struct tls_client_terms own = {.name = terms->name, .policy = &policy, .verify = terms->refuses};

    if (kept != NULL)
        return kept->client;
    kept = add(terms);
    if (kept == NULL)
        return NULL;
    if (terms->certificate != NULL) {
        own.chain = kept->chain;
        own.key = kept->key;
    }
    if (terms->refuses)
        own.ca = TEST_CERTIFICATES "/ca.pem";
    own.name = kept->terms.name;
    kept->client = tls_client_new(&own, &complaints);
    if (kept->client == NULL)
        return NULL;
    limit(tls_client_credentials(kept->client), terms);
    count++;
    return kept->client;
}

struct tls_server *lab_tls_server(const struct lab_tls_terms *terms)
{
    struct kept *kept = find(terms, true);
    struct tls_server_terms own = {.count = 1, .policy = &policy, .tickets = true};

    if (kept != NULL)
        return kept->server;
    kept = add(terms);
    if (kept == NULL)
        return NULL;
    own.certificates = &kept->files;
    own.ask = terms->asks ? TLS_ASK_REQUIRE : TLS_ASK_NONE;
    own.client_ca = terms->asks ? TEST_CERTIFICATES "/ca.pem" : NULL;
    kept->server = tls_server_new(&own, &complaints);
    if (kept->server == NULL)
        return NULL;
    limit(tls_server_credentials(kept->server), terms);
    count++;
    return kept->server;
}

void lab_tls_keys_free(void)
{
    while (count != 0) {
        count--;
        if (all[count].client != NULL)
            tls_client_unref(all[count].client);
        if (all[count].server != NULL)
            tls_server_unref(all[count].server);
    }
}
