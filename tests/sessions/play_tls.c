/* play_tls.c: puts TLS beneath a script that says nothing of it: into its settings, and at the test's ends.
 */
#include "play_tls.h"

#include "lab_tls.h"
#include "lab_tls_keys.h"

static struct settings_listener *listener_at(const struct settings *settings, size_t n)
{
    return (struct settings_listener *)settings->listeners.items + n;
}

static struct settings_upstream *upstream_at(const struct settings *settings, size_t n)
{
    return (struct settings_upstream *)settings->upstreams.items + n;
}

bool play_tls_suits(const struct script *script, const struct settings *settings)
{
    for (size_t i = 0; i < script->count; i++)
        if (strcmp(script->lines[i].word, "plaintext") == 0)
            return false;
    for (size_t i = 0; i < settings->listeners.count; i++) {
        const struct settings_listener *listener = listener_at(settings, i);
        if (listener->tls != CLIENT_TLS_NONE || listener->proxy_from.count != 0 ||
            listener->xclient_from.count != 0)
            return false;
    }
    for (size_t i = 0; i < settings->upstreams.count; i++)
        if (upstream_at(settings, i)->tls != UPSTREAM_TLS_NONE ||
            upstream_at(settings, i)->identity != IDENTITY_NONE)
            return false;
    return true;
}

void play_tls_begin(struct play *play)
{
    static const struct lab_tls_terms usual;

    for (size_t i = 0; play->manner->client_tls && i < play->settings->listeners.count; i++) {
        struct settings_listener *listener = listener_at(play->settings, i);
        listener->tls = CLIENT_TLS_IMPLICIT;
        listener->tls_server = lab_tls_server(&usual);
    }
    for (size_t i = 0; play->manner->upstream_tls && i < play->settings->upstreams.count; i++) {
        struct settings_upstream *upstream = upstream_at(play->settings, i);
        upstream->tls = UPSTREAM_TLS_IMPLICIT;
        upstream->tls_client = lab_tls_client(&usual);
    }
}

void play_tls_end(struct play *play)
{
    tls_cache_free(play->cache);
    for (size_t i = 0; play->manner->client_tls && i < play->settings->listeners.count; i++) {
        struct settings_listener *listener = listener_at(play->settings, i);
        listener->tls = CLIENT_TLS_NONE;
        listener->tls_server = NULL;
    }
    for (size_t i = 0; play->manner->upstream_tls && i < play->settings->upstreams.count; i++) {
        struct settings_upstream *upstream = upstream_at(play->settings, i);
        upstream->tls = UPSTREAM_TLS_NONE;
        upstream->tls_client = NULL;
    }
}

void play_tls_client(struct play *play, struct lab_pipe *pipe)
{
    static const struct lab_tls_terms usual;

    if (!play->manner->client_tls)
        return;
    lab_tls_connect(pipe, lab_tls_client(&usual), NULL);
    lab_tls_records(pipe, play->manner->record);
}

void play_tls_upstream(struct play *play, struct lab_pipe *pipe)
{
    static const struct lab_tls_terms usual;

    if (!play->manner->upstream_tls)
        return;
    lab_tls_accept(pipe, lab_tls_server(&usual), 0);
    lab_tls_records(pipe, play->manner->record);
}
