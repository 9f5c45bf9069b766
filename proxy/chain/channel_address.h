/* channel_address.h: where a channel leads, as written in proxy.yaml. Connecting is left to channel.c.
 * Private to chain/. */
#ifndef CHAIN_CHANNEL_ADDRESS_H
#define CHAIN_CHANNEL_ADDRESS_H

#include "postern/filter_io.h"

/* As world_ops' dial takes it. */
struct channel_address {
    char host[FILTER_CHANNEL_ADDRESS]; /* name, literal without brackets, or "unix:/path" */
    uint16_t port;                     /* 0 for the latter */
};

/* False when it is none. */
bool channel_address_parse(const char *written, struct channel_address *out);

#endif
