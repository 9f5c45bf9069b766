/* rights.h: which function of the library may be called in which callback, and what must have been agreed on
 * for it: one table. */
#ifndef FILTERS_LIBMILTER_RIGHTS_H
#define FILTERS_LIBMILTER_RIGHTS_H

#include "filters/libmilter/context.h"

enum right {
    RIGHT_SYMBOLS, /* smfi_setsymlist() */
    RIGHT_PROGRESS,
    RIGHT_ADD_HEADER, /* smfi_addheader(), smfi_insheader() */
    RIGHT_CHANGE_HEADER,
    RIGHT_CHANGE_SENDER,
    RIGHT_ADD_RCPT,
    RIGHT_ADD_RCPT_PAR,
    RIGHT_DELETE_RCPT,
    RIGHT_REPLACE_BODY,
    RIGHT_QUARANTINE
};

/* Whether the filter may do this now. ctx may be NULL: it may not. */
bool rights_allow(const SMFICTX *ctx, enum right right);

#endif
