/* reply.h: the reply that a milter wants the client to get (REPLYCODE). It is not trusted. */
#ifndef FILTERS_MILTER_REPLY_H
#define FILTERS_MILTER_REPLY_H

#include "postern/filter.h"

/* Reads "550 5.7.1 Text", of one line or several ("550-…" CRLF "550 …") that have one code, and sets it as
 * this question's reply; "%%" is undone. REJECT, TEMPFAIL or, for 421, DISCONNECT; FAIL when it is none:
 * another code than 400 to 599, codes that differ, no separator. */
enum verdict milter_reply_give(struct filter_ctx *ctx, struct span text);

#endif
