/* param_values.h: what the value of each ESMTP parameter may look like. Which parameters there are and what
 * they need is params.c's table. */
#ifndef SMTP_PARAM_VALUES_H
#define SMTP_PARAM_VALUES_H

#include <stdbool.h>

#include "postern/span.h"

/* Each is given an esmtp-value (RFC 5321 4.1.2; {NULL, 0}: none was given) and says whether it is one of its
 * kind. utf8: octets >= 0x80 may stand where SMTPUTF8 allows them (RFC 6531 3.3). Decoded xtext holds no
 * control characters. */
bool param_absent_valid(struct span value, bool utf8);   /* no value at all: SMTPUTF8, REQUIRETLS */
bool param_size_valid(struct span value, bool utf8);     /* RFC 1870 5 */
bool param_body_valid(struct span value, bool utf8);     /* RFC 6152 2, RFC 3030 3 */
bool param_ret_valid(struct span value, bool utf8);      /* RFC 3461 4.3 */
bool param_envid_valid(struct span value, bool utf8);    /* RFC 3461 4.4 */
bool param_notify_valid(struct span value, bool utf8);   /* RFC 3461 4.1 */
bool param_orcpt_valid(struct span value, bool utf8);    /* RFC 3461 4.2, RFC 6533 3 */
bool param_auth_valid(struct span value, bool utf8);     /* RFC 4954 5 */
bool param_by_valid(struct span value, bool utf8);       /* RFC 2852 4 */
bool param_priority_valid(struct span value, bool utf8); /* RFC 6710 4 */
bool param_solicit_valid(struct span value, bool utf8);  /* RFC 3865 2.3 */
bool param_holdfor_valid(struct span value, bool utf8);  /* RFC 4865 4 */
bool param_date_valid(struct span value, bool utf8);     /* HOLDUNTIL: RFC 4865 4, RFC 3339 5.6 */
bool param_rrvs_valid(struct span value, bool utf8);     /* RFC 7293 3.2 */
bool param_mtrk_valid(struct span value, bool utf8);     /* RFC 3885 3.1 */
bool param_xverp_valid(struct span value, bool utf8); /* two delimiters of a variable return path, or none */

#endif
