/* address.h: struct ip to socket address and back. Names are left to dial.c and bind.c. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <sys/socket.h>

#include "base/ip.h"

/* Writes the socket address of ip (family 4 or 6) and returns its length in octets. */
socklen_t address_of_ip(const struct ip *ip, struct sockaddr_storage *out);
/* The address and port in a socket address; family 0 when it is neither IPv4 nor IPv6. */
struct ip address_to_ip(const struct sockaddr *from);

#endif
