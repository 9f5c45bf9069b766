/* xclient.h: the attributes of Postfix's XCLIENT and XFORWARD commands: one table, parsed and printed. Who
 * may send them, and when they are sent, is left to the session. */
#ifndef SMTP_XCLIENT_H
#define SMTP_XCLIENT_H

#include <stdint.h>

#include "base/ip.h"

#define XCLIENT_LINE_MAX 512 /* octets of one command with CRLF (XCLIENT_README) */

enum xclient_attribute {
    XCLIENT_NAME,
    XCLIENT_ADDR,
    XCLIENT_PORT,
    XCLIENT_PROTO,
    XCLIENT_HELO,
    XCLIENT_LOGIN,
    XCLIENT_DESTADDR,
    XCLIENT_DESTPORT,
    XCLIENT_IDENT,  /* XFORWARD only */
    XCLIENT_SOURCE, /* XFORWARD only */
    XCLIENT_ATTRIBUTES
};

/* Values, decoded; {NULL, 0}: not given. [UNAVAILABLE] and [TEMPUNAVAIL] are values like others. */
struct xclient {
    struct span values[XCLIENT_ATTRIBUTES];
};

/* The attributes that an EHLO line "XCLIENT NAME ADDR …" offers, as bits of enum xclient_attribute. */
uint64_t xclient_offered(struct span arguments);
/* Parses the arguments of an XCLIENT or XFORWARD command (allowed: bits of what is allowed). Values are
 * decoded from xtext into `to`, which has room for all of the arguments. False: syntax, an attribute twice,
 * one that is not allowed, or a value that its attribute cannot have (none at all, more than 255 octets, an
 * address that is none, a port beyond 65535, a control character). */
bool xclient_parse(struct span arguments, uint64_t allowed, struct xclient *out, struct text *to);
/* ADDR as XCLIENT writes it ("IPV6:" before IPv6), both ways; an address that is not known is printed as
 * [UNAVAILABLE], which reads as none. */
bool xclient_address(struct span value, struct ip *out);
void xclient_print_address(struct text *text, const struct ip *ip);
/* Prints commands ("XCLIENT" or "XFORWARD") with those of `values` that are in `offered`, xtext-encoded, as
 * many lines with CRLF as it takes to keep each within XCLIENT_LINE_MAX; a value too long for a line is left
 * out, as is one that its attribute cannot have. Returns how many lines: 0 when nothing is to be said.
 * text->cut: no room. */
unsigned xclient_print(struct text *text, struct span command, const struct xclient *values,
                       uint64_t offered);

#endif
