/* rights.c: the table. Functions that are not in it may be called in every callback. */
#include "filters/libmilter/rights.h"

#define IN(call) (1u << CALL_##call)
/* Callbacks that are given for a command which the mail server awaits an answer to. */
#define COMMANDS                                                                                             \
    (IN(CONNECT) | IN(HELO) | IN(MAIL) | IN(RCPT) | IN(DATA) | IN(UNKNOWN) | IN(HEADER) | IN(EOH) |          \
     IN(BODY) | IN(EOM))

static const struct {
    unsigned calls;
    uint32_t action; /* 0: needs none */
} rights[] = {
    [RIGHT_SYMBOLS] = {IN(NEGOTIATE), 0},
    [RIGHT_PROGRESS] = {COMMANDS, 0},
    [RIGHT_ADD_HEADER] = {IN(EOM), MILTER_MAY_ADD_HEADERS},
    [RIGHT_CHANGE_HEADER] = {IN(EOM), MILTER_MAY_CHANGE_HEADERS},
    [RIGHT_CHANGE_SENDER] = {IN(EOM), MILTER_MAY_CHANGE_SENDER},
    [RIGHT_ADD_RCPT] = {IN(EOM), MILTER_MAY_ADD_RCPT},
    [RIGHT_ADD_RCPT_PAR] = {IN(EOM), MILTER_MAY_ADD_RCPT_PAR},
    [RIGHT_DELETE_RCPT] = {IN(EOM), MILTER_MAY_DELETE_RCPT},
    [RIGHT_REPLACE_BODY] = {IN(EOM), MILTER_MAY_CHANGE_BODY},
    [RIGHT_QUARANTINE] = {IN(EOM), MILTER_MAY_QUARANTINE},
};

bool rights_allow(const SMFICTX *ctx, enum right right)
{
    if (ctx == NULL || (rights[right].calls & 1u << ctx->calling) == 0)
        return false;
    if (right == RIGHT_PROGRESS && ctx->unanswered)
        return false;
    return (rights[right].action & ~ctx->terms.actions) == 0;
}
