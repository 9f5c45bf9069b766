/* ask.h: one function for each callback: gives it the arguments that the packet has. Which may be asked when
 * is left to engine.c. */
#ifndef FILTERS_LIBMILTER_ASK_H
#define FILTERS_LIBMILTER_ASK_H

#include "filters/libmilter/context.h"

/* Besides SMFIS_*: the session cannot go on; the answer has been given. */
#define ASK_FAILED   (-1000)
#define ASK_ANSWERED (-1001)

int ask_negotiate(SMFICTX *ctx, const struct milter_packet *packet);
int ask_connect(SMFICTX *ctx, const struct milter_packet *packet);
int ask_helo(SMFICTX *ctx, const struct milter_packet *packet);
int ask_mail(SMFICTX *ctx, const struct milter_packet *packet);
int ask_rcpt(SMFICTX *ctx, const struct milter_packet *packet);
int ask_data(SMFICTX *ctx, const struct milter_packet *packet);
int ask_unknown(SMFICTX *ctx, const struct milter_packet *packet);
int ask_header(SMFICTX *ctx, const struct milter_packet *packet);
int ask_eoh(SMFICTX *ctx, const struct milter_packet *packet);
int ask_body(SMFICTX *ctx, const struct milter_packet *packet);
/* Octets that came with the end of the message are told as body first. */
int ask_eom(SMFICTX *ctx, const struct milter_packet *packet);

#endif
