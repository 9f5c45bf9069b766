/* wording.h: a wording as it can stand in a part: in its charset, or in HTML. Where it is put is left to
 * others. */
#ifndef DISCLAIMER_WORDING_H
#define DISCLAIMER_WORDING_H

#include "postern/filter.h"

#define WORDING_LINE 998 /* octets of a line without CRLF: RFC 5322 2.1.1 */

/* Lines end in CRLF, the last one has no end. Both NULL-terminated text from proxy.yaml; absent when memory
 * is short. */
struct span wording_plain(struct filter_setup *setup, const char *text);
/* As a fragment of a page, ASCII only: what is beyond becomes a character reference. escaped: it is text, not
 * HTML. */
struct span wording_html(struct filter_setup *setup, const char *text, bool escaped);
/* True when no line is longer than WORDING_LINE. */
bool wording_fits(struct span wording);
bool wording_ascii(struct span wording);

/* A charset in which ASCII is ASCII, whatever stands before it. */
bool wording_charset_plain(struct span charset);
/* The wording (UTF-8) in that charset, from the message's memory; absent when it cannot be said in it, or
 * memory is short. */
struct span wording_in(struct filter_ctx *ctx, struct span wording, struct span charset);

#endif
