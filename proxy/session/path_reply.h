/* path_reply.h: what MAIL and RCPT have in common: the replies to bad paths and parameters, the question to
 * the filters. */
#ifndef SESSION_PATH_REPLY_H
#define SESSION_PATH_REPLY_H

#include "postern/filter.h"
#include "smtp/reply.h"

/* The reply to an enum address_error; reverse: of MAIL. */
const struct reply *path_reply(int error, bool reverse);
/* The reply to an enum params_error. */
const struct reply *path_params_reply(int error);
/* The address as filters see it, split at its last "@". */
void path_question(struct span address, struct span parameters, struct filter_path *out);

#endif
