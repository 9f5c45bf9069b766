/* address.h: reverse-path, forward-path and the HELO argument, parsed strictly and printed again. Whether a
 * mailbox may be written to is left to others. */
#ifndef SMTP_ADDRESS_H
#define SMTP_ADDRESS_H

#include "base/text.h"
#include "postern/span.h"

/* Sizes of RFC 5321 4.5.3.1; each settable. */
struct address_limits {
    size_t local_part; /* 64 */
    size_t domain;     /* 255 */
    size_t path;       /* 256, angle brackets and source route included */
};

enum address_error {
    ADDRESS_SYNTAX = -1,     /* 501 5.1.3 (RCPT), 5.1.7 (MAIL) */
    ADDRESS_LOCAL_LONG = -2, /* 553 5.1.3 / 5.1.7 */
    ADDRESS_DOMAIN_LONG = -3,
    ADDRESS_PATH_LONG = -4,
    ADDRESS_NEEDS_UTF8 = -5, /* 8-bit without SMTPUTF8: 553 5.6.7 */
    ADDRESS_BAD_UTF8 = -6    /* malformed or overlong UTF-8: 553 5.6.7 */
};

/* A parsed path. Spans point into the parsed bytes. The source route is recognised and dropped (RFC 5321
 * F.2). */
struct path {
    struct span local;  /* as written, quotes included; empty for <> */
    struct span domain; /* as written, address literal with brackets; empty for <> and <Postmaster> */
    bool null;          /* <> */
    bool postmaster;    /* <Postmaster>, any case */
    bool utf8;          /* holds octets >= 0x80 */
};

/* Both read a path at the start of s, angle brackets required. > 0: octets consumed; < 0: enum address_error.
 * utf8: SMTPUTF8 is allowed (RFC 6531). A reverse-path may be null, a forward-path may be <Postmaster>. */
int address_reverse_path(struct span s, const struct address_limits *limits, bool utf8, struct path *out);
int address_forward_path(struct span s, const struct address_limits *limits, bool utf8, struct path *out);

/* A mailbox without angle brackets, the whole of s (for lists and xtext'd parameters). 0 or enum
 * address_error. */
int address_mailbox(struct span s, const struct address_limits *limits, bool utf8, struct path *out);

/* Prints local-part@domain without angle brackets; nothing for <>. A quoted local part that needs no quotes
 * is printed without them; one that does is printed with only the escapes it needs: two spellings of one
 * mailbox print alike. */
void address_print(struct text *text, const struct path *path);

/* The argument of HELO or EHLO: a domain or an address literal (RFC 5321 4.1.1.1); underscores are tolerated,
 * as real clients use them. Exactly one word. 0 or enum address_error. */
int address_helo(struct span s, const struct address_limits *limits, bool utf8);

/* True for "[192.0.2.1]", "[IPv6:2001:db8::1]" or a General-address-literal (RFC 5321 4.1.3). */
bool address_is_literal(struct span s);

/* True when every octet sequence >= 0x80 is well-formed UTF-8 (RFC 3629: no overlong, no surrogates). */
bool address_utf8_valid(struct span s);

#endif
