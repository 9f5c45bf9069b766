/* authserv.c: reads the authserv-id of an Authentication-Results field. */
#include "filters/headers/authserv.h"

static bool is_fws(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* RFC 5322 3.2.2:
 * comment = "(" *([FWS] ccontent) [FWS] ")" ; ccontent = ctext / quoted-pair / comment
 * CFWS = (1*([FWS] comment) [FWS]) / FWS
 * What follows it; absent when a comment does not end. */
static struct span skip_cfws(struct span s)
{
    size_t depth = 0, at = 0;

    for (; at < s.len && (depth != 0 || is_fws(s.ptr[at]) || s.ptr[at] == '('); at++) {
        if (s.ptr[at] == '(')
            depth++;
        else if (s.ptr[at] == ')')
            depth--;
        else if (s.ptr[at] == '\\' && at + 1 < s.len)
            at++;
    }
    return depth == 0 ? span_skip(s, at) : span_of(NULL, 0);
}

/* quoted-string = [CFWS] DQUOTE *([FWS] qcontent) [FWS] DQUOTE [CFWS] ; RFC 5322 3.2.4 */
static size_t read_quoted(struct span s, char *id, size_t size)
{
    size_t len = 0;

    for (size_t at = 1; at < s.len && len < size; at++) {
        if (s.ptr[at] == '"')
            return len;
        if (s.ptr[at] == '\\' && at + 1 < s.len)
            at++;
        if (s.ptr[at] != '\r' && s.ptr[at] != '\n')
            id[len++] = s.ptr[at];
    }
    return len == size ? size : 0;
}

/* token = 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials> ; RFC 2045 5.1. What else readers of the
 * field might let pass is read as well. */
static size_t read_token(struct span s, char *id, size_t size)
{
    size_t len = 0;

    while (len < s.len && len < size && !is_fws(s.ptr[len]) && strchr("()<>,;\"/=", s.ptr[len]) == NULL) {
        id[len] = s.ptr[len];
        len++;
    }
    return len;
}

/* authres-payload = [CFWS] authserv-id [CFWS authres-version] (no-result / 1*resinfo) [CFWS]
 * authserv-id = value ; RFC 8601 2.2
 * value = token / quoted-string ; RFC 2045 5.1 */
size_t authserv_read(struct span value, char *id, size_t size)
{
    size_t len;

    value = skip_cfws(value);
    if (value.len == 0)
        return 0;
    len = value.ptr[0] == '"' ? read_quoted(value, id, size) : read_token(value, id, size);
    return len != 0 && len < size && id[len - 1] == '.' ? len - 1 : len;
}
