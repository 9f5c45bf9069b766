/* address.c: paths and the HELO argument by recursive descent, one function per rule of RFC 5321 4.1.2 and
 * 4.1.3, widened by RFC 6531 3.3. Whether a mailbox may be written to is left to others. */
#include "smtp/address.h"

#include "base/ip.h"
#include "smtp/chars.h"

/* Each rule takes what it matches off the front of *in and says whether it matched; after false *in is
 * anywhere. */

static bool take(struct span *in, char c)
{
    if (in->len == 0 || in->ptr[0] != c)
        return false;
    *in = span_skip(*in, 1);
    return true;
}

/* UTF8-non-ascii, octet by octet; that the octets are UTF-8 is judged over the whole path. */
static bool is_8bit(char c)
{
    return ((unsigned char)c & 0x80u) != 0;
}

/* 1*class / UTF8-non-ascii */
static bool take_class(struct span *in, unsigned mask)
{
    size_t n = 0;

    while (n < in->len && (chars_is(in->ptr[n], mask) || is_8bit(in->ptr[n])))
        n++;
    *in = span_skip(*in, n);
    return n > 0;
}

/* Dot-string = Atom *("." Atom) ; Atom = 1*atext ; atext =/ UTF8-non-ascii */
static bool dot_string(struct span *in)
{
    do
        if (!take_class(in, CHAR_ATEXT))
            return false;
    while (take(in, '.'));
    return true;
}

/* QcontentSMTP = qtextSMTP / quoted-pairSMTP ; quoted-pairSMTP = %d92 %d32-126 ; qtextSMTP =/ UTF8-non-ascii
 */
static bool qcontent(struct span *in)
{
    if (!take(in, '\\'))
        return take_class(in, CHAR_QTEXT);
    if (in->len == 0 || (!chars_is(in->ptr[0], CHAR_VCHAR) && in->ptr[0] != ' '))
        return false;
    *in = span_skip(*in, 1);
    return true;
}

/* Quoted-string = DQUOTE *QcontentSMTP DQUOTE */
static bool quoted_string(struct span *in)
{
    if (!take(in, '"'))
        return false;
    while (!take(in, '"'))
        if (!qcontent(in))
            return false;
    return true;
}

/* Local-part = Dot-string / Quoted-string */
static bool local_part(struct span *in)
{
    return in->len > 0 && in->ptr[0] == '"' ? quoted_string(in) : dot_string(in);
}

/* sub-domain = Let-dig [Ldh-str] ; Ldh-str = *( ALPHA / DIGIT / "-" ) Let-dig ; sub-domain =/ U-label.
 * also: one more octet that is taken for a Let-dig, '\0' for none. */
static bool sub_domain(struct span *in, char also)
{
    const char *label = in->ptr;
    size_t n = 0;

    for (; n < in->len; n++) {
        char c = label[n];
        if (!chars_is(c, CHAR_LETDIG) && !is_8bit(c) && c != '-' && (c != also || c == '\0'))
            break;
    }
    *in = span_skip(*in, n);
    return n > 0 && label[0] != '-' && label[n - 1] != '-';
}

/* Domain = sub-domain *("." sub-domain) */
static bool domain(struct span *in, char also)
{
    do
        if (!sub_domain(in, also))
            return false;
    while (take(in, '.'));
    return true;
}

/* Standardized-tag = Ldh-str */
static bool standardized_tag(struct span tag)
{
    for (size_t i = 0; i < tag.len; i++)
        if (!chars_is(tag.ptr[i], CHAR_LETDIG) && tag.ptr[i] != '-')
            return false;
    return tag.len > 0 && tag.ptr[tag.len - 1] != '-';
}

/* IPv4-address-literal / IPv6-address-literal = "IPv6:" IPv6-addr /
 * General-address-literal = Standardized-tag ":" 1*dcontent */
static bool literal_content(struct span s)
{
    const char *colon = s.len > 0 ? memchr(s.ptr, ':', s.len) : NULL;
    struct span tag, value;
    struct ip ip;

    for (size_t i = 0; i < s.len; i++)
        if (!chars_is(s.ptr[i], CHAR_DCONTENT))
            return false;
    if (colon == NULL)
        return ip_parse(s, &ip);
    tag = span_first(s, (size_t)(colon - s.ptr));
    value = span_skip(s, tag.len + 1);
    if (span_eq_nocase(tag, SPAN("IPv6")))
        return memchr(value.ptr, ':', value.len) != NULL && ip_parse(value, &ip);
    return standardized_tag(tag) && value.len > 0;
}

/* address-literal = "[" ( IPv4-address-literal / IPv6-address-literal / General-address-literal ) "]" */
static bool address_literal(struct span *in)
{
    const char *close = in->len > 0 ? memchr(in->ptr, ']', in->len) : NULL;
    struct span content = *in;

    if (close == NULL || !take(&content, '['))
        return false;
    content.len = (size_t)(close - content.ptr);
    *in = span_skip(*in, content.len + 2);
    return literal_content(content);
}

/* Mailbox = Local-part "@" ( Domain / address-literal ) */
static bool mailbox(struct span *in, struct path *out)
{
    out->local = *in;
    if (!local_part(in))
        return false;
    out->local.len -= in->len;
    if (!take(in, '@'))
        return false;
    out->domain = *in;
    if (in->len > 0 && in->ptr[0] == '[' ? !address_literal(in) : !domain(in, '\0'))
        return false;
    out->domain.len -= in->len;
    return true;
}

/* A-d-l = At-domain *( "," At-domain ) ; At-domain = "@" Domain */
static bool source_route(struct span *in)
{
    do
        if (!take(in, '@') || !domain(in, '\0'))
            return false;
    while (take(in, ','));
    return true;
}

/* Path = "<" [ A-d-l ":" ] Mailbox ">" */
static bool path(struct span *in, struct path *out)
{
    if (!take(in, '<'))
        return false;
    if (in->len > 0 && in->ptr[0] == '@' && !(source_route(in) && take(in, ':')))
        return false;
    return mailbox(in, out) && take(in, '>');
}

/* 8-bit octets in what has been parsed: 0 or an error. */
static int judge_utf8(struct span s, bool utf8, bool *found)
{
    for (size_t i = 0; i < s.len && !*found; i++)
        *found = is_8bit(s.ptr[i]);
    if (!*found)
        return 0;
    return !utf8 ? ADDRESS_NEEDS_UTF8 : !address_utf8_valid(s) ? ADDRESS_BAD_UTF8 : 0;
}

/* What the grammar does not say of `whole`, in which out was found; `octets` is its length as a path. */
static int judge(struct span whole, size_t octets, const struct address_limits *limits, bool utf8,
                 struct path *out)
{
    if (out->local.len > limits->local_part)
        return ADDRESS_LOCAL_LONG;
    if (out->domain.len > limits->domain)
        return ADDRESS_DOMAIN_LONG;
    if (octets > limits->path)
        return ADDRESS_PATH_LONG;
    return judge_utf8(whole, utf8, &out->utf8);
}

static int parse_path(struct span s, const struct address_limits *limits, bool utf8, struct path *out)
{
    struct span rest = s;
    size_t n;
    int error;

    if (!path(&rest, out))
        return ADDRESS_SYNTAX;
    n = s.len - rest.len;
    error = judge(span_first(s, n), n, limits, utf8, out);
    return error != 0 ? error : (int)n;
}

/* Reverse-path = Path / "<>" */
int address_reverse_path(struct span s, const struct address_limits *limits, bool utf8, struct path *out)
{
    *out = (struct path){0};
    if (span_starts_nocase(s, SPAN("<>"))) {
        out->null = true;
        return 2;
    }
    return parse_path(s, limits, utf8, out);
}

/* Forward-path = Path ; rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) … */
int address_forward_path(struct span s, const struct address_limits *limits, bool utf8, struct path *out)
{
    static const struct span postmaster = {"<Postmaster>", 12};

    *out = (struct path){0};
    if (span_starts_nocase(s, postmaster)) {
        out->postmaster = true;
        out->local = span_of(s.ptr + 1, postmaster.len - 2);
        return (int)postmaster.len;
    }
    return parse_path(s, limits, utf8, out);
}

int address_mailbox(struct span s, const struct address_limits *limits, bool utf8, struct path *out)
{
    struct span rest = s;

    *out = (struct path){0};
    if (!mailbox(&rest, out) || rest.len > 0)
        return ADDRESS_SYNTAX;
    return judge(s, s.len + 2, limits, utf8, out);
}

/* ehlo = "EHLO" SP ( Domain / address-literal ) CRLF ; helo = "HELO" SP Domain CRLF */
int address_helo(struct span s, const struct address_limits *limits, bool utf8)
{
    struct span rest = s;
    bool is_literal = s.len > 0 && s.ptr[0] == '[', found = false;

    if (is_literal ? !address_literal(&rest) : !domain(&rest, '_'))
        return ADDRESS_SYNTAX;
    if (rest.len > 0)
        return ADDRESS_SYNTAX;
    if (s.len > limits->domain)
        return ADDRESS_DOMAIN_LONG;
    return judge_utf8(s, utf8, &found);
}

bool address_is_literal(struct span s)
{
    return address_literal(&s) && s.len == 0;
}

/* The next octet that a quoted local part stands for; *s is between the quotes. */
static bool next_unquoted(struct span *s, char *c)
{
    if (s->len == 0)
        return false;
    if (s->ptr[0] == '\\')
        *s = span_skip(*s, 1);
    *c = s->ptr[0];
    *s = span_skip(*s, 1);
    return true;
}

/* Whether what is between the quotes is anything but a Dot-string. */
static bool needs_quotes(struct span s)
{
    char c, previous = '.';

    for (; next_unquoted(&s, &c); previous = c)
        if (c == '.' ? previous == '.' : !chars_is(c, CHAR_ATEXT) && !is_8bit(c))
            return true;
    return previous == '.';
}

static void print_local(struct text *text, struct span local)
{
    bool quotes;
    char c;

    if (local.ptr[0] != '"') {
        text_add(text, local);
        return;
    }
    local = span_of(local.ptr + 1, local.len - 2);
    quotes = needs_quotes(local);
    if (quotes)
        text_char(text, '"');
    while (next_unquoted(&local, &c)) {
        if (c == '"' || c == '\\')
            text_char(text, '\\');
        text_char(text, c);
    }
    if (quotes)
        text_char(text, '"');
}

void address_print(struct text *text, const struct path *path)
{
    if (path->null)
        return;
    print_local(text, path->local);
    if (path->postmaster)
        return;
    text_char(text, '@');
    text_add(text, path->domain);
}

/* UTF8-2 … UTF8-4 of RFC 3629 4: what the lead octet allows for the second; the others are UTF8-tail. */
struct utf8_form {
    uint8_t lead_first, lead_last;
    uint8_t second_first, second_last;
    uint8_t len;
};

static const struct utf8_form utf8_forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

/* Octets of the well-formed character at p, 0 when there is none in len octets. */
static size_t utf8_char(const uint8_t *p, size_t len)
{
    const struct utf8_form *form = utf8_forms, *end = form + sizeof(utf8_forms) / sizeof(utf8_forms[0]);

    if (p[0] < 0x80)
        return 1;
    while (form < end && !(p[0] >= form->lead_first && p[0] <= form->lead_last))
        form++;
    if (form == end || len < form->len || p[1] < form->second_first || p[1] > form->second_last)
        return 0;
    for (size_t i = 2; i < form->len; i++)
        if ((p[i] & 0xc0u) != 0x80)
            return 0;
    return form->len;
}

bool address_utf8_valid(struct span s)
{
    while (s.len > 0) {
        size_t n = utf8_char((const uint8_t *)s.ptr, s.len);
        if (n == 0)
            return false;
        s = span_skip(s, n);
    }
    return true;
}
