/* xclient.c: the attributes of XCLIENT and XFORWARD in one table, parsed and printed (Postfix XCLIENT_README,
 * XFORWARD_README). Who may send them is left to the session. */
#include "smtp/xclient.h"

#include "smtp/address.h"
#include "smtp/chars.h"
#include "smtp/words.h"
#include "smtp/xtext.h"

#define VALUE_MAX 255 /* octets, decoded */

static bool is_unavailable(struct span value)
{
    return span_eq_nocase(value, SPAN("[UNAVAILABLE]"));
}

static bool all(struct span s, unsigned mask, struct span others)
{
    for (size_t i = 0; i < s.len; i++)
        if (!chars_is(s.ptr[i], mask) && memchr(others.ptr, s.ptr[i], others.len) == NULL)
            return false;
    return true;
}

/* A host name as DNS has it, which may be no host name by the rules; or why there is none. */
static bool is_name(struct span value)
{
    return all(value, CHAR_LETDIG, SPAN("-._")) || span_eq_nocase(value, SPAN("[TEMPUNAVAIL]"));
}

static bool is_address(struct span value)
{
    struct ip ip;

    return xclient_address(value, &ip);
}

static bool is_port(struct span value)
{
    uint64_t port;

    return words_number(value, UINT16_MAX, &port);
}

static bool is_protocol(struct span value)
{
    return span_eq_nocase(value, SPAN("SMTP")) || span_eq_nocase(value, SPAN("ESMTP"));
}

/* What the client said, whether it is a name or not: one word. */
static bool is_word(struct span value)
{
    return all(value, CHAR_VCHAR, SPAN(""));
}

/* The name of a user, in any script; spaces are common in some realms. */
static bool is_login(struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < 0x20 || value.ptr[i] == 0x7f)
            return false;
    return address_utf8_valid(value);
}

static bool is_source(struct span value)
{
    return span_eq_nocase(value, SPAN("LOCAL")) || span_eq_nocase(value, SPAN("REMOTE"));
}

static const struct {
    const char *name;
    bool (*valid)(struct span value); /* when it is available */
} ATTRIBUTES[XCLIENT_ATTRIBUTES] = {
    [XCLIENT_NAME] = {"NAME", is_name},
    [XCLIENT_ADDR] = {"ADDR", is_address},
    [XCLIENT_PORT] = {"PORT", is_port},
    [XCLIENT_PROTO] = {"PROTO", is_protocol},
    [XCLIENT_HELO] = {"HELO", is_word},
    [XCLIENT_LOGIN] = {"LOGIN", is_login},
    [XCLIENT_DESTADDR] = {"DESTADDR", is_address},
    [XCLIENT_DESTPORT] = {"DESTPORT", is_port},
    [XCLIENT_IDENT] = {"IDENT", is_word},
    [XCLIENT_SOURCE] = {"SOURCE", is_source},
};

/* XCLIENT_ATTRIBUTES when there is none of that name. */
static unsigned attribute(struct span name)
{
    unsigned i = 0;

    while (i < XCLIENT_ATTRIBUTES && !span_eq_nocase(name, span_str(ATTRIBUTES[i].name)))
        i++;
    return i;
}

static bool valid(unsigned i, struct span value)
{
    return value.len != 0 && value.len <= VALUE_MAX && (is_unavailable(value) || ATTRIBUTES[i].valid(value));
}

uint64_t xclient_offered(struct span arguments)
{
    uint64_t offered = 0;
    struct span word;

    while (words_next(&arguments, &word)) {
        unsigned i = attribute(word);
        if (i < XCLIENT_ATTRIBUTES)
            offered |= UINT64_C(1) << i;
    }
    return offered;
}

/* attribute-name "=" attribute-value ; attribute-value = xtext */
static bool take(struct span word, uint64_t allowed, struct xclient *out, struct text *to)
{
    const char *equals = memchr(word.ptr, '=', word.len);
    size_t before = to->len;
    struct span name, value;
    unsigned i;

    if (equals == NULL)
        return false;
    name = span_first(word, (size_t)(equals - word.ptr));
    i = attribute(name);
    if (i == XCLIENT_ATTRIBUTES || (allowed >> i & 1u) == 0 || out->values[i].ptr != NULL ||
        !xtext_decode(span_skip(word, name.len + 1), to))
        return false;
    value = span_skip(text_span(to), before);
    out->values[i] = value;
    return valid(i, value);
}

/* xclient-command = "XCLIENT" 1*( SP attribute-name "=" attribute-value ) */
bool xclient_parse(struct span arguments, uint64_t allowed, struct xclient *out, struct text *to)
{
    unsigned count = 0;
    struct span word;

    *out = (struct xclient){0};
    for (; words_next(&arguments, &word); count++)
        if (!take(word, allowed, out, to))
            return false;
    return count != 0;
}

bool xclient_address(struct span value, struct ip *out)
{
    const struct span prefix = SPAN("IPV6:");
    bool six = span_starts_nocase(value, prefix);
    bool colon;

    *out = (struct ip){0};
    if (six)
        value = span_skip(value, prefix.len);
    colon = value.len != 0 && memchr(value.ptr, ':', value.len) != NULL;
    return six == colon && ip_parse(value, out);
}

void xclient_print_address(struct text *text, const struct ip *ip)
{
    if (ip->family == 0) {
        text_add(text, SPAN("[UNAVAILABLE]"));
        return;
    }
    if (ip->family == 6)
        text_add(text, SPAN("IPV6:"));
    ip_print(text, ip);
}

unsigned xclient_print(struct text *text, struct span command, const struct xclient *values, uint64_t offered)
{
    const size_t most = XCLIENT_LINE_MAX - 2; /* of a line without CRLF */
    size_t used = 0;                          /* of the line under way; 0: there is none */
    unsigned lines = 0;

    for (unsigned i = 0; i < XCLIENT_ATTRIBUTES; i++) {
        char bytes[XCLIENT_LINE_MAX];
        struct text item = {bytes, 0, most - command.len, false};

        if ((offered >> i & 1u) == 0 || !valid(i, values->values[i]))
            continue;
        text_format(&item, " %s=", ATTRIBUTES[i].name);
        xtext_encode(values->values[i], &item);
        if (item.cut)
            continue;
        if (used + item.len > most) {
            text_add(text, SPAN("\r\n"));
            used = 0;
        }
        if (used == 0) {
            text_add(text, command);
            used = command.len;
            lines++;
        }
        text_add(text, text_span(&item));
        used += item.len;
    }
    if (lines != 0)
        text_add(text, SPAN("\r\n"));
    return lines;
}
