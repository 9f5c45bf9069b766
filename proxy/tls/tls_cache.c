/* tls_cache.c: the last session with one upstream. Which connection has one to keep is left to tls_step.c and
 * tls_flow.c. */
#include "base/mem.h"
#include "tls/tls_private.h"

/* A session stands for all that was verified when it began, so it is of use only to those who would verify
 * the same: the credentials it was had by. */
struct tls_cache {
    unsigned references; /* its owner's, and one of each connection that may save to it */
    mbedtls_ssl_session session;
    struct tls_credentials *credentials; /* a reference; NULL: no session is kept */
    struct tls_peer peer;
    bool has_peer;
    bool verified;
};

struct tls_cache *tls_cache_new(void)
{
    struct tls_cache *cache = mem_alloc(sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->references = 1;
    mbedtls_ssl_session_init(&cache->session);
    return cache;
}

struct tls_cache *tls_cache_ref(struct tls_cache *cache)
{
    if (cache != NULL)
        cache->references++;
    return cache;
}

void tls_cache_forget(struct tls_cache *cache)
{
    mbedtls_ssl_session_free(&cache->session);
    mbedtls_ssl_session_init(&cache->session);
    if (cache->credentials != NULL)
        tls_credentials_unref(cache->credentials);
    cache->credentials = NULL;
}

void tls_cache_free(struct tls_cache *cache)
{
    if (cache == NULL || --cache->references != 0)
        return;
    tls_cache_forget(cache);
    mem_free(cache);
}

void tls_cache_offer(struct tls *tls)
{
    const struct tls_cache *cache = tls->cache;

    if (cache == NULL || cache->credentials != tls->credentials)
        return;
    if (cache->has_peer) {
        tls->peer = mem_alloc(sizeof(*tls->peer));
        if (tls->peer == NULL)
            return;
        *tls->peer = cache->peer;
    }
    tls->verified = cache->verified;
    (void)mbedtls_ssl_set_session(&tls->ssl, &cache->session); /* or a full handshake */
}

void tls_cache_save(struct tls *tls)
{
    struct tls_cache *cache = tls->cache;

    if (cache == NULL)
        return;
    tls_cache_forget(cache);
    if (mbedtls_ssl_get_session(&tls->ssl, &cache->session) != 0) {
        tls_cache_forget(cache);
        return;
    }
    cache->credentials = tls->credentials;
    atomic_fetch_add(&cache->credentials->references, 1);
    cache->verified = tls->verified;
    cache->has_peer = tls->peer != NULL;
    if (cache->has_peer)
        cache->peer = *tls->peer;
}
