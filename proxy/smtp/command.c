/* command.c: a command line becomes a verb and its arguments; legality is left to session/verbs. */
#include "smtp/command.h"

#include "smtp/chars.h"

static const char *const names[VERB_COUNT] = {
    [VERB_UNKNOWN] = "?",
    [VERB_HELO] = "HELO",
    [VERB_EHLO] = "EHLO",
    [VERB_MAIL] = "MAIL",
    [VERB_RCPT] = "RCPT",
    [VERB_DATA] = "DATA",
    [VERB_BDAT] = "BDAT",
    [VERB_RSET] = "RSET",
    [VERB_NOOP] = "NOOP",
    [VERB_QUIT] = "QUIT",
    [VERB_HELP] = "HELP",
    [VERB_VRFY] = "VRFY",
    [VERB_EXPN] = "EXPN",
    [VERB_STARTTLS] = "STARTTLS",
    [VERB_AUTH] = "AUTH",
    [VERB_ETRN] = "ETRN",
    [VERB_ATRN] = "ATRN",
    [VERB_TURN] = "TURN",
    [VERB_BURL] = "BURL",
    [VERB_XCLIENT] = "XCLIENT",
    [VERB_XFORWARD] = "XFORWARD",
    [VERB_SEND] = "SEND",
    [VERB_SOML] = "SOML",
    [VERB_SAML] = "SAML",
    [VERB_VERB] = "VERB",
    [VERB_ONEX] = "ONEX",
    [VERB_CLIENTID] = "CLIENTID",
    [VERB_XEXCH50] = "XEXCH50",
    [VERB_X_EXPS] = "X-EXPS",
    [VERB_X_LINK2STATE] = "X-LINK2STATE",
    [VERB_X_ANONYMOUSTLS] = "X-ANONYMOUSTLS",
    [VERB_FOREIGN] = "?",
};

/* The methods of RFC 9110 9.3 and RFC 5789. */
static const char *const http_methods[] = {"GET",     "POST",   "PUT",   "HEAD", "OPTIONS",
                                           "CONNECT", "DELETE", "TRACE", "PATCH"};

const char *command_name(enum verb verb)
{
    return names[verb];
}

enum verb command_verb(struct span name)
{
    for (enum verb verb = VERB_UNKNOWN + 1; verb < VERB_FOREIGN; verb++)
        if (span_eq_nocase(name, span_str(names[verb])))
            return verb;
    return VERB_UNKNOWN;
}

/* A record of type handshake, of any version of TLS (RFC 8446 5.1). */
static bool is_client_hello(struct span line)
{
    return line.len >= 2 && line.ptr[0] == 0x16 && line.ptr[1] == 0x03;
}

static bool is_http_method(struct span name)
{
    for (size_t i = 0; i < sizeof(http_methods) / sizeof(http_methods[0]); i++)
        if (span_eq_nocase(name, span_str(http_methods[i])))
            return true;
    return false;
}

/* field-name ":" of RFC 5322, RFC 9110 and SIP alike; a verb with a stray colon is only misspelt. */
static bool is_field_name(struct span name)
{
    size_t n = 0;

    while (n < name.len && chars_is(name.ptr[n], CHAR_FTEXT))
        n++;
    return n > 0 && n + 1 == name.len && name.ptr[n] == ':' &&
           command_verb(span_first(name, n)) == VERB_UNKNOWN;
}

int command_parse(struct span line, struct command *out)
{
    struct span rest = line;
    size_t n = 0;

    *out = (struct command){.verb = is_client_hello(line) ? VERB_FOREIGN : VERB_UNKNOWN};
    while (rest.len > 0 && (rest.ptr[rest.len - 1] == ' ' || rest.ptr[rest.len - 1] == '\t'))
        rest.len--;
    if (rest.len == 0 || !chars_is(rest.ptr[0], CHAR_LETDIG) || chars_is(rest.ptr[0], CHAR_DIGIT))
        return -1;
    while (n < rest.len && rest.ptr[n] != ' ')
        n++;
    out->name = span_first(rest, n);
    while (n < rest.len && rest.ptr[n] == ' ')
        n++;
    out->arguments = span_skip(rest, n);
    out->verb = command_verb(out->name);
    if (out->verb == VERB_UNKNOWN && (is_http_method(out->name) || is_field_name(out->name)))
        out->verb = VERB_FOREIGN;
    return 0;
}
