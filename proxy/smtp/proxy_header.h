/* proxy_header.h: the PROXY protocol header, versions 1 and 2, that a balancer sends before anything else:
 * read and printed. Whom to believe is left to the session. */
#ifndef SMTP_PROXY_HEADER_H
#define SMTP_PROXY_HEADER_H

#include "base/ip.h"

#define PROXY_HEADER_OCTETS_MAX 4096 /* of a header that we read, TLVs included; more is malformed */

struct proxy_header {
    bool local;            /* LOCAL, UNKNOWN or AF_UNSPEC: speaks for no client; the addresses are not set */
    struct ip source;      /* the client */
    struct ip destination; /* what it connected to */
    struct span authority; /* PP2_TYPE_AUTHORITY as it came, or absent; in the data given */
    struct span tls_version; /* of PP2_TYPE_SSL when the client used TLS to the balancer, or absent */
};

enum proxy_header_error {
    PROXY_HEADER_ABSENT = -1,   /* what came is no PROXY header */
    PROXY_HEADER_MALFORMED = -2 /* it is, but a bad one */
};

/* The header at the beginning of data (PROXY protocol 2.1, 2.2): > 0 octets it takes, 0: more is needed, < 0:
 * enum proxy_header_error, as soon as no octets to come could mend it; what fields and TLVs say is looked at
 * when the header is whole. Every TLV must end within the header, and a CRC32C, if there is one, be right.
 * Addresses of another protocol than TCP speak for no client. What LOCAL and AF_UNSPEC bring along is not
 * looked at. *out is set when the answer is > 0. */
long proxy_header_read(struct span data, struct proxy_header *out);
/* Prints a header for a client; families that differ, or are not known, are printed as UNKNOWN or LOCAL. */
void proxy_header_print_v1(struct text *text, const struct ip *source, const struct ip *destination);
void proxy_header_print_v2(struct text *text, const struct ip *source, const struct ip *destination);

#endif
