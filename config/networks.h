/* networks.h: addresses and CIDR networks (RFC 4632 3.1, RFC 4291 2.3), read and printed; matching is
 * base/networks.c's. */
#ifndef CONFIG_NETWORKS_H
#define CONFIG_NETWORKS_H

#include "base/text.h"
#include "postern/option.h"

/* NETWORK_HOST_BITS: bits behind the prefix are set; *out then holds the network without them. */
enum network_result { NETWORK_OK, NETWORK_SYNTAX, NETWORK_HOST_BITS };

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32"; an address alone is a network of one. An IPv4-mapped IPv6
 * network is kept as IPv4, as client addresses are. */
enum network_result network_parse(struct span s, struct option_network *out);
void network_print(struct text *text, const struct option_network *network);

#endif
