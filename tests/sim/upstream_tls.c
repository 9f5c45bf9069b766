/* upstream_tls.c: how the strict server encrypts, and what of a connection must be encrypted. */
#include "lab_tls.h"
#include "lab_tls_keys.h"
#include "sim.h"

static bool encrypted(const struct upstream *up)
{
    return lab_tls_stage(up->pipe) == TLS_UP;
}

/* STARTTLS is offered by servers that are called by somebody who could use it. */
bool upstream_offers_tls(struct upstream *up)
{
    int tls = up->sim->config.upstreams[0].tls;

    if (tls == UPSTREAM_TLS_NONE || encrypted(up))
        return false;
    if (up->manners->strips && tls != UPSTREAM_TLS_OPPORTUNISTIC)
        up->client->upset = true;
    return !up->manners->strips;
}

/* What must be encrypted is. */
bool upstream_safe(const struct upstream *up)
{
    switch (up->sim->config.upstreams[0].tls) {
    case UPSTREAM_TLS_NONE:
        return !encrypted(up);
    case UPSTREAM_TLS_OPPORTUNISTIC:
        return true;
    case UPSTREAM_TLS_MIRROR:
        return encrypted(up) == client_encrypted(up->client);
    default:
        return encrypted(up);
    }
}

void upstream_encrypt(struct upstream *up)
{
    static const struct lab_tls_terms usual;

    if (!up->pipe->ended)
        lab_tls_accept(up->pipe, lab_tls_server(&usual), up->read);
}
