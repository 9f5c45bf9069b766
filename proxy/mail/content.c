/* content.c: the grammar of Content-Type and Content-Disposition; what their parameters come to is left to
 * content_value.c. */
#include "mail/cfws.h"
#include "mail/charset.h"
#include "mail/content_private.h"

struct scan {
    struct span rest;
    bool comments_off; /* one had no end: from there on "(" is a character like others */
    bool separated;    /* a ";" stands before what comes next */
    struct content_piece pieces[CONTENT_PARAMETERS_MAX];
    unsigned count;
    uint64_t anomalies;
};

static void note(struct scan *scan, enum anomaly anomaly)
{
    scan->anomalies |= anomaly_bit(anomaly);
}

static void skip(struct scan *scan, size_t n)
{
    scan->rest = span_skip(scan->rest, n);
}

static bool next_is(const struct scan *scan, char c)
{
    return scan->rest.len != 0 && scan->rest.ptr[0] == c;
}

/* Octets of white space and comments that s begins with. */
static size_t gap(struct scan *scan, struct span s)
{
    size_t n = 0, comment;

    do {
        n += cfws_spaces(span_skip(s, n));
        comment = scan->comments_off ? 0 : cfws_comment(span_skip(s, n));
        n += comment;
    } while (comment != 0);
    if (n < s.len && s.ptr[n] == '(' && !scan->comments_off) {
        scan->comments_off = true;
        note(scan, ANOMALY_PARAMETER_SYNTAX);
    }
    return n;
}

static void skip_gap(struct scan *scan)
{
    skip(scan, gap(scan, scan->rest));
}

/* --- words ---------------------------------------------------------------------------------------------- */

/* token := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>; octets beyond ASCII pass. */
static size_t token(struct span s)
{
    size_t n = 0;

    while (n < s.len && (unsigned char)s.ptr[n] > ' ' && s.ptr[n] != 0x7f &&
           strchr("()<>@,;:\\\"/[]?=", s.ptr[n]) == NULL)
        n++;
    return n;
}

/* parameter := attribute "=" value. Does one begin here? What follows "=?" is an encoded word. */
static bool parameter_begins(struct span s)
{
    size_t n = token(s), equals = n + cfws_spaces(span_skip(s, n));

    return n != 0 && equals < s.len && s.ptr[equals] == '=' &&
           !(equals + 1 < s.len && s.ptr[equals + 1] == '?');
}

/* quoted-string = DQUOTE *([FWS] qcontent) [FWS] DQUOTE. Its length; 0: it has no end. */
static size_t quoted_string(struct span s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '"')
            return i + 1;
    }
    return 0;
}

/* A value without quotes, as mailers write it: up to ";", and over white space, slashes and parentheses that
 * are not followed by the end of the parameter. */
static size_t bare_value(struct scan *scan)
{
    struct span s = scan->rest;
    size_t n = 0;

    while (n < s.len && s.ptr[n] != ';') {
        size_t between = gap(scan, span_skip(s, n)), behind = n + between;
        if (between != 0 &&
            (behind == s.len || s.ptr[behind] == ';' || parameter_begins(span_skip(s, behind))))
            break;
        n = between != 0 ? behind : n + 1;
    }
    return n;
}

/* --- parameters ----------------------------------------------------------------------------------------- */

/* attribute = 1*attribute-char
 * section = initial-section / other-sections ; "*0", "*" ("1" / "2" / … / "9") *DIGIT
 * RFC 2231 7: name ["*" section] ["*"] */
static bool split_name(struct span name, struct content_piece *piece)
{
    const char *star = memchr(name.ptr, '*', name.len);
    struct span rest = span_skip(name, star != NULL ? (size_t)(star - name.ptr) : name.len);
    uint32_t number = 0;
    size_t digits = 1;

    piece->name = span_first(name, name.len - rest.len);
    piece->section = CONTENT_WHOLE;
    piece->extended = false;
    for (; digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9' && digits < 9; digits++)
        number = number * 10 + (uint32_t)(rest.ptr[digits] - '0');
    if (digits > 1 && rest.len != 0) {
        piece->section = number;
        rest = span_skip(rest, digits);
    }
    piece->extended = span_eq(rest, SPAN("*"));
    return piece->name.len != 0 && (rest.len == 0 || piece->extended) &&
           (digits < 3 || name.ptr[piece->name.len + 1] != '0');
}

static void add_piece(struct scan *scan, struct span name, struct span raw)
{
    struct content_piece *piece = &scan->pieces[scan->count];

    if (scan->count == CONTENT_PARAMETERS_MAX) {
        note(scan, ANOMALY_PARAMETERS_MANY);
        skip(scan, scan->rest.len);
        return;
    }
    if (!split_name(name, piece))
        note(scan, ANOMALY_PARAMETER_SYNTAX);
    if (piece->name.len == 0)
        return;
    piece->raw = raw;
    scan->count++;
}

/* What stands behind a closing quote belongs to the value for some readers. */
static void behind_quotes(struct scan *scan, struct span name, const char *quote)
{
    skip_gap(scan);
    if (scan->rest.len == 0 || next_is(scan, ';') || parameter_begins(scan->rest))
        return;
    note(scan, ANOMALY_PARAMETER_SYNTAX);
    skip(scan, bare_value(scan));
    add_piece(scan, name, span_of(quote, (size_t)(scan->rest.ptr - quote)));
}

/* value := token / quoted-string. A quoted string without an end goes as far as the field for some readers,
 * up to ";" for others. */
static void value(struct scan *scan, struct span name)
{
    struct span all = scan->rest;
    size_t n;

    if (next_is(scan, '"')) {
        n = quoted_string(all);
        if (n != 0) {
            skip(scan, n);
            add_piece(scan, name, span_first(all, n));
            behind_quotes(scan, name, all.ptr);
            return;
        }
        note(scan, ANOMALY_PARAMETER_SYNTAX);
        add_piece(scan, name, all);
        skip(scan, scan->rest.len != 0 ? 1 : 0);
    }
    n = bare_value(scan);
    all = cfws_trim(span_first(scan->rest, n));
    skip(scan, n);
    if (all.len != 0)
        add_piece(scan, name, all);
    else
        note(scan, ANOMALY_PARAMETER_SYNTAX);
    if (token(all) != all.len)
        note(scan, ANOMALY_PARAMETER_SYNTAX);
}

static void parameter(struct scan *scan)
{
    struct span name = span_first(scan->rest, token(scan->rest));
    bool separated = scan->separated;

    skip(scan, name.len);
    skip_gap(scan);
    scan->separated = false;
    if (name.len != 0 && next_is(scan, '=')) {
        if (!separated)
            note(scan, ANOMALY_PARAMETER_SYNTAX);
        skip(scan, 1);
        skip_gap(scan);
        value(scan, name);
        return;
    }
    note(scan, ANOMALY_PARAMETER_SYNTAX);
    if (name.len == 0)
        skip(scan, bare_value(scan));
}

static void parameters(struct scan *scan)
{
    for (skip_gap(scan); scan->rest.len != 0; skip_gap(scan)) {
        if (next_is(scan, ';')) {
            scan->separated = true;
            skip(scan, 1);
        } else {
            parameter(scan);
        }
    }
}

/* --- the field ------------------------------------------------------------------------------------------ */

/* Appends a word in lower case. */
static struct span put_word(struct scan *scan, struct span word, struct text *to)
{
    size_t at = to->len;

    (void)charset_convert(span_of(NULL, 0), word, to);
    if (to->cut) {
        note(scan, ANOMALY_PARAMETER_SYNTAX);
        to->cut = false;
        to->len = at;
    }
    for (size_t i = at; i < to->len; i++)
        to->ptr[i] = span_lower_byte(to->ptr[i]);
    return span_of(to->ptr + at, to->len - at);
}

/* One word of the type; quotes around words are skipped. */
static struct span type_word(struct scan *scan)
{
    struct span word;

    skip_gap(scan);
    if (next_is(scan, '"')) {
        note(scan, ANOMALY_PARAMETER_SYNTAX);
        skip(scan, 1);
    }
    word = span_first(scan->rest, token(scan->rest));
    skip(scan, word.len);
    if (word.len != 0 && next_is(scan, '"'))
        skip(scan, 1);
    skip_gap(scan);
    return word;
}

/* content := "Content-Type" ":" type "/" subtype *(";" parameter)
 * disposition := "Content-Disposition" ":" disposition-type *(";" disposition-parm) */
void content_parse(struct span field, bool disposition, struct content *out, struct text *to)
{
    struct scan scan = {.rest = field.ptr != NULL ? field : SPAN(""), .separated = true};

    *out = (struct content){.type = {to->ptr + to->len, 0}};
    skip_gap(&scan);
    if (!parameter_begins(scan.rest)) {
        out->type = put_word(&scan, type_word(&scan), to);
        if (!disposition && next_is(&scan, '/')) {
            skip(&scan, 1);
            out->subtype = put_word(&scan, type_word(&scan), to);
        }
        scan.separated = false;
    }
    parameters(&scan);
    content_join(scan.pieces, scan.count, out, to);
    out->anomalies |= scan.anomalies;
}

const struct content_parameter *content_parameter(const struct content *content, struct span name,
                                                  unsigned nth)
{
    for (unsigned i = 0; i < content->count; i++)
        if (span_eq(content->parameters[i].name, name) && nth-- == 0)
            return &content->parameters[i];
    return NULL;
}
