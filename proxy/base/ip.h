/* ip.h: an IP address with a port, small enough for every session to keep. Names and sockets are left to
 * net/. */
#ifndef BASE_IP_H
#define BASE_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* family 4, 6 or 0 (unknown); bytes in network order, 4 or 16 of them; port in host order. An IPv4-mapped
 * IPv6 address is kept as IPv4. */
struct ip {
    uint8_t family;
    uint8_t bytes[16];
    uint16_t port;
};

#define IP_TEXT_MAX 48 /* enough for ip_print() of any address */

/* An address of 4 or 16 octets in network order. */
struct ip ip_of(unsigned family, const void *octets, uint16_t port);
/* Reads an address without port ("192.0.2.1", "2001:db8::1"); false when it is none. */
bool ip_parse(struct span s, struct ip *out);
/* Prints the address without port and brackets; "unknown" for family 0. */
void ip_print(struct text *text, const struct ip *ip);

#endif
