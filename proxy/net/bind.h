/* bind.h: opens a listening socket, before there is a loop and while the rights for it are still held.
 * Accepting is left to listener.c. */
#ifndef NET_BIND_H
#define NET_BIND_H

#include "base/ip.h"

/* The address that host and port (as below) stand for; 0 or a negative errno. */
int bind_address(const char *host, uint16_t port, struct ip *out);

/* A non-blocking socket that listens on host (a literal, a name, or NULL or "*" for every IPv4 address) and
 * port (0: any), with *local set to what it is bound to; or a negative errno. Several may listen on one
 * address (SO_REUSEPORT); an IPv6 socket takes no IPv4, so 0.0.0.0 and [::] can stand side by side. The
 * caller owns the descriptor. */
int bind_open(const char *host, uint16_t port, int backlog, struct ip *local);

#endif
