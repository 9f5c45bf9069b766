/* cfws.c: comments and folding white space; the words between them are left to others. */
#include "mail/cfws.h"

size_t cfws_spaces(struct span s)
{
    size_t n = 0;

    while (n < s.len && cfws_is_space(s.ptr[n]))
        n++;
    return n;
}

/* ccontent = ctext / quoted-pair / comment
 * comment = "(" *([FWS] ccontent) [FWS] ")" */
size_t cfws_comment(struct span s)
{
    size_t depth = 0;

    if (s.len == 0 || s.ptr[0] != '(')
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '\\')
            i++;
        else if (s.ptr[i] == '(')
            depth++;
        else if (s.ptr[i] == ')' && --depth == 0)
            return i + 1;
    }
    return 0;
}

struct span cfws_trim(struct span s)
{
    s = span_skip(s, cfws_spaces(s));
    while (s.len != 0 && cfws_is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}
