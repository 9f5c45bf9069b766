/* endpoint.h: "host:port" and its shorter forms. Which hosts make sense is left to check.c. */
#ifndef CONFIG_ENDPOINT_H
#define CONFIG_ENDPOINT_H

#include <stdint.h>

#include "postern/span.h"

#define ENDPOINT_PORT_MAX 65535

/* host: without brackets; {NULL, 0} when not given. port: 0 when not given. */
struct endpoint {
    struct span host;
    int64_t port;
};

/* Reads host:port, [v6]:port, :port, port, host, or an IP address alone. False when it is none of them or the
 * port is not 1 to 65535. */
bool endpoint_parse(struct span s, struct endpoint *out);

#endif
