/* address.h: where a milter listens, as milters and MTAs write it and as channels want it. Connecting is left
 * to client.c. */
#ifndef FILTERS_MILTER_ADDRESS_H
#define FILTERS_MILTER_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the address of a channel into to[size]: of "unix:/path", "local:/path", "inet:port@host",
 * "inet6:port@host" with or without brackets, and of what is one already. False when it is none of these. */
bool milter_address(const char *written, char *to, size_t size);

#endif
