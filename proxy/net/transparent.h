/* transparent.h: sockets that take connections meant for others, or make them in their name. Rules that
 * divert packets to us are the firewall's affair. */
#ifndef NET_TRANSPARENT_H
#define NET_TRANSPARENT_H

#include "base/ip.h"

/* How connections that were meant for others come to a listening socket. */
enum transparent_way {
    TRANSPARENT_WAY_NONE,
    TRANSPARENT_WAY_REDIRECT, /* address translation: REDIRECT, DNAT, nft redirect */
    TRANSPARENT_WAY_TPROXY    /* untranslated: TPROXY; the listening socket has to be transparent */
};

/* Lets the socket, of the family of `of`, have addresses that are not ours (a listening one: accept what
 * TPROXY diverts to it), or no longer. 0 or a negative errno: -EPERM without CAP_NET_ADMIN or CAP_NET_RAW. */
int transparent_set(int fd, const struct ip *of, bool on);

/* Where a client meant to go whose connection `fd` was accepted at *local by a socket bound to port
 * `listening`, by the kernel's word. Family 0: to ourselves (or nobody can tell), or the way is NONE. */
struct ip transparent_original(int fd, enum transparent_way way, const struct ip *local, uint16_t listening);

#endif
