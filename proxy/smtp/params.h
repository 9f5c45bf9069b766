/* params.h: the ESMTP parameters of MAIL and RCPT: parsed, checked one by one, printed again. Whether the
 * extension is offered in this session is answered with ehlo.h's set. */
#ifndef SMTP_PARAMS_H
#define SMTP_PARAMS_H

#include "smtp/ehlo.h"

#define PARAMS_MAX 16 /* more than all registered ones together */

/* Every parameter known by name. */
enum param_name {
    PARAM_SIZE,
    PARAM_BODY,
    PARAM_SMTPUTF8,
    PARAM_RET,
    PARAM_ENVID,
    PARAM_AUTH,
    PARAM_BY,
    PARAM_MT_PRIORITY,
    PARAM_SOLICIT,
    PARAM_HOLDFOR,
    PARAM_HOLDUNTIL,
    PARAM_REQUIRETLS,
    PARAM_MTRK,
    PARAM_XVERP,
    PARAM_NOTIFY,
    PARAM_ORCPT,
    PARAM_RRVS,
    PARAM_COUNT
};

enum param_verb { PARAM_OF_MAIL = 1, PARAM_OF_RCPT = 2 };

struct param {
    enum param_name name;
    struct span value; /* {NULL, 0}: none was given */
};

/* Parsed parameters; spans point into the parsed bytes. */
struct params {
    struct param list[PARAMS_MAX];
    unsigned count;
    uint64_t size; /* SIZE= in octets, 0 when absent */
    bool has_size;
    bool smtputf8;
    bool binary;    /* BODY=BINARYMIME */
    bool eight_bit; /* BODY=8BITMIME */
    bool requiretls;
    struct span offender; /* after an error: the parameter (keyword) it is about */
};

enum params_error {
    PARAMS_SYNTAX =
        -1, /* 501 5.5.4: malformed, or a value its extension does not allow (decoded xtext included) */
    PARAMS_UNKNOWN = -2,   /* 555 5.5.4: not known, or its extension is not offered here */
    PARAMS_DUPLICATE = -3, /* 501 5.5.4 */
    PARAMS_TOO_MANY = -4   /* 501 5.5.4 */
};

/* Parses what follows the path (leading spaces allowed). offered: bits of enum keyword offered in this
 * session (0 after HELO). 0 or enum params_error. Decoded xtext (ORCPT, ENVID, AUTH) must hold no control
 * characters. */
int params_parse(struct span s, enum param_verb verb, uint64_t offered, struct params *out);

/* Prints " NAME=value" for each whose extension is in `offered` (the upstream's set); others are dropped:
 * after a late connection found less than was promised. 0, or -1 when a parameter that may not be dropped
 * silently (SMTPUTF8, BODY=BINARYMIME, REQUIRETLS, HOLDFOR, HOLDUNTIL, BY) would be. */
int params_print(struct text *text, const struct params *params, uint64_t offered);

/* Those of `over` take the place of the same ones in *params, or stand beside what is there. */
void params_override(struct params *params, const struct params *over);

/* The octets by which the extensions in `offered` lengthen the command line limit of MAIL or RCPT (RFC
 * 5321 4.1.1.11 and each extension's registration). */
size_t params_line_allowance(enum param_verb verb, uint64_t offered);

#endif
