/* params.c: the parameters of MAIL and RCPT as one table: whose they are, what they need, how they are
 * checked. What a value may look like is left to param_values.c. */
#include "smtp/params.h"

#include "smtp/chars.h"
#include "smtp/param_values.h"
#include "smtp/words.h"

/* allowance: octets by which the extension lengthens the command line. Where several parameters share one
 * extension, the allowance stands with the first. firm: must not be dropped silently. */
static const struct row {
    const char *name;
    enum param_verb verb;
    enum keyword extension;
    bool (*valid)(struct span value, bool utf8);
    size_t allowance;
    bool firm;
} ROWS[PARAM_COUNT] = {
    [PARAM_SIZE] = {"SIZE", PARAM_OF_MAIL, KEYWORD_SIZE, param_size_valid, 26, false},
    [PARAM_BODY] = {"BODY", PARAM_OF_MAIL, KEYWORD_8BITMIME, param_body_valid, 17, false},
    [PARAM_SMTPUTF8] = {"SMTPUTF8", PARAM_OF_MAIL, KEYWORD_SMTPUTF8, param_absent_valid, 10, true},
    [PARAM_RET] = {"RET", PARAM_OF_MAIL, KEYWORD_DSN, param_ret_valid, 100, false},
    [PARAM_ENVID] = {"ENVID", PARAM_OF_MAIL, KEYWORD_DSN, param_envid_valid, 0, false},
    [PARAM_AUTH] = {"AUTH", PARAM_OF_MAIL, KEYWORD_AUTH, param_auth_valid, 500, false},
    [PARAM_BY] = {"BY", PARAM_OF_MAIL, KEYWORD_DELIVERBY, param_by_valid, 17, true},
    [PARAM_MT_PRIORITY] = {"MT-PRIORITY", PARAM_OF_MAIL, KEYWORD_MT_PRIORITY, param_priority_valid, 15,
                           false},
    [PARAM_SOLICIT] = {"SOLICIT", PARAM_OF_MAIL, KEYWORD_NO_SOLICITING, param_solicit_valid, 1007, false},
    [PARAM_HOLDFOR] = {"HOLDFOR", PARAM_OF_MAIL, KEYWORD_FUTURERELEASE, param_holdfor_valid, 34, true},
    [PARAM_HOLDUNTIL] = {"HOLDUNTIL", PARAM_OF_MAIL, KEYWORD_FUTURERELEASE, param_date_valid, 0, true},
    [PARAM_REQUIRETLS] = {"REQUIRETLS", PARAM_OF_MAIL, KEYWORD_REQUIRETLS, param_absent_valid, 11, true},
    [PARAM_MTRK] = {"MTRK", PARAM_OF_MAIL, KEYWORD_MTRK, param_mtrk_valid, 40, false},
    [PARAM_XVERP] = {"XVERP", PARAM_OF_MAIL, KEYWORD_XVERP, param_xverp_valid, 9, false},
    [PARAM_NOTIFY] = {"NOTIFY", PARAM_OF_RCPT, KEYWORD_DSN, param_notify_valid, 500, false},
    [PARAM_ORCPT] = {"ORCPT", PARAM_OF_RCPT, KEYWORD_DSN, param_orcpt_valid, 0, false},
    [PARAM_RRVS] = {"RRVS", PARAM_OF_RCPT, KEYWORD_RRVS, param_rrvs_valid, 33, false},
};

static bool has(uint64_t set, enum keyword keyword)
{
    return (set >> keyword & 1u) != 0;
}

static enum param_name find(struct span keyword, enum param_verb verb)
{
    for (unsigned i = 0; i < PARAM_COUNT; i++)
        if (ROWS[i].verb == verb && span_eq_nocase(keyword, span_str(ROWS[i].name)))
            return (enum param_name)i;
    return PARAM_COUNT;
}

/* BODY is the one parameter whose value decides which extension it belongs to (RFC 3030 3). */
static enum keyword extension_of(const struct param *param)
{
    if (param->name == PARAM_BODY && span_eq_nocase(param->value, SPAN("BINARYMIME")))
        return KEYWORD_BINARYMIME;
    return ROWS[param->name].extension;
}

/* HOLDFOR and HOLDUNTIL are two forms of one parameter (RFC 4865 4). */
static bool given(const struct params *params, enum param_name name)
{
    for (unsigned i = 0; i < params->count; i++) {
        enum param_name other = params->list[i].name;
        if (other == name || (name == PARAM_HOLDFOR && other == PARAM_HOLDUNTIL) ||
            (name == PARAM_HOLDUNTIL && other == PARAM_HOLDFOR))
            return true;
    }
    return false;
}

/* RFC 5321 4.1.2: esmtp-param = esmtp-keyword ["=" esmtp-value]
 *                 esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
 * Splits one word; the value is absent without "=". */
static bool split(struct span word, struct span *keyword, struct span *value)
{
    size_t n = 0;

    while (n < word.len && (chars_is(word.ptr[n], CHAR_LETDIG) || (n > 0 && word.ptr[n] == '-')))
        n++;
    *keyword = span_first(word, n);
    *value = span_of(NULL, 0);
    if (n == word.len)
        return n != 0;
    *value = span_skip(word, n + 1);
    return n != 0 && word.ptr[n] == '=' && value->len != 0;
}

/* esmtp-value = 1*(%d33-60 / %d62-126 / UTF8-non-ascii) ; the last by RFC 6531 3.3. XVERP is older than the
 * rule and has "=" among its delimiters. */
static bool is_esmtp_value(const struct param *param)
{
    for (size_t i = 0; i < param->value.len; i++) {
        char c = param->value.ptr[i];
        if (!chars_is(c, CHAR_ESMTP_VALUE) && (unsigned char)c < 0x80 &&
            !(c == '=' && param->name == PARAM_XVERP))
            return false;
    }
    return true;
}

static void note(struct params *params, const struct param *param)
{
    params->list[params->count++] = *param;
    switch (param->name) {
    case PARAM_SIZE:
        params->has_size = true;
        (void)words_number(param->value, UINT64_MAX, &params->size);
        break;
    case PARAM_BODY:
        params->binary = span_eq_nocase(param->value, SPAN("BINARYMIME"));
        params->eight_bit = span_eq_nocase(param->value, SPAN("8BITMIME"));
        break;
    case PARAM_SMTPUTF8:
        params->smtputf8 = true;
        break;
    case PARAM_REQUIRETLS:
        params->requiretls = true;
        break;
    default:
        break;
    }
}

static int add(struct params *out, struct span word, enum param_verb verb, uint64_t offered)
{
    struct span keyword;
    struct param param;

    if (!split(word, &keyword, &param.value)) {
        out->offender = keyword.len != 0 ? keyword : word;
        return PARAMS_SYNTAX;
    }
    out->offender = keyword;
    param.name = find(keyword, verb);
    if (param.name == PARAM_COUNT || !has(offered, extension_of(&param)))
        return PARAMS_UNKNOWN;
    if (given(out, param.name))
        return PARAMS_DUPLICATE;
    if (!is_esmtp_value(&param) || !ROWS[param.name].valid(param.value, has(offered, KEYWORD_SMTPUTF8)))
        return PARAMS_SYNTAX;
    if (out->count == PARAMS_MAX)
        return PARAMS_TOO_MANY;
    note(out, &param);
    return 0;
}

int params_parse(struct span s, enum param_verb verb, uint64_t offered, struct params *out)
{
    struct span word;

    memset(out, 0, sizeof(*out));
    while (words_next(&s, &word)) {
        int error = add(out, word, verb, offered);
        if (error != 0)
            return error;
    }
    out->offender = span_of(NULL, 0);
    return 0;
}

void params_override(struct params *params, const struct params *over)
{
    struct params merged = {0};

    for (unsigned i = 0; i < params->count; i++)
        if (!given(over, params->list[i].name))
            note(&merged, &params->list[i]);
    for (unsigned i = 0; i < over->count; i++)
        note(&merged, &over->list[i]);
    *params = merged;
}

/* True when the upstream would not understand the parameter. A value in UTF-8, be it encoded in xtext, needs
 * SMTPUTF8 beside its own extension (RFC 6531 3.3, RFC 6533 3). */
static bool lost(const struct param *param, uint64_t offered)
{
    return !has(offered, extension_of(param)) ||
           (!has(offered, KEYWORD_SMTPUTF8) && !ROWS[param->name].valid(param->value, false));
}

int params_print(struct text *text, const struct params *params, uint64_t offered)
{
    size_t before = text->len;

    for (unsigned i = 0; i < params->count; i++) {
        const struct param *param = &params->list[i];

        if (lost(param, offered)) {
            if (!ROWS[param->name].firm && extension_of(param) != KEYWORD_BINARYMIME)
                continue;
            text->len = before;
            return -1;
        }
        text_char(text, ' ');
        text_add(text, span_str(ROWS[param->name].name));
        if (param->value.ptr != NULL) {
            text_char(text, '=');
            text_add(text, param->value);
        }
    }
    return 0;
}

size_t params_line_allowance(enum param_verb verb, uint64_t offered)
{
    size_t sum = 0;

    for (unsigned i = 0; i < PARAM_COUNT; i++)
        if (ROWS[i].verb == verb && has(offered, ROWS[i].extension))
            sum += ROWS[i].allowance;
    return sum;
}
