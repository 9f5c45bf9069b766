/* line.c: finds the CRLF that ends a command line; what the line means is left to command.c. */
#include "smtp/line.h"

#include <assert.h>

/* The position of the first LF behind a CR, not looking at the first `from` octets again; data.len if none.
 */
static size_t find_end(struct span data, size_t from)
{
    while (from < data.len) {
        const char *lf = memchr(data.ptr + from, '\n', data.len - from);
        if (lf == NULL)
            break;
        if (lf > data.ptr && lf[-1] == '\r')
            return (size_t)(lf - data.ptr);
        from = (size_t)(lf - data.ptr) + 1;
    }
    return data.len;
}

/* s holds no CRLF and does not stop in the middle of one, so each CR and each LF in it is bare. */
static unsigned find_faults(struct span s)
{
    return (memchr(s.ptr, '\r', s.len) != NULL ? LINE_BARE_CR : 0) |
           (memchr(s.ptr, '\n', s.len) != NULL ? LINE_BARE_LF : 0) |
           (memchr(s.ptr, '\0', s.len) != NULL ? LINE_NUL : 0);
}

/* Drops what has come of an over-long line, but for a CR whose LF may follow. */
static size_t drop(struct line *line, struct span data)
{
    bool keep_cr = data.ptr[data.len - 1] == '\r';
    size_t n = data.len - keep_cr;

    line->faults |= find_faults(span_first(data, n));
    line->length += n;
    line->seen = keep_cr;
    return n;
}

size_t line_next(struct line *line, struct span data, size_t limit, struct span *out, unsigned *faults)
{
    size_t lf = find_end(data, line->seen);

    assert(limit >= 2 && line->seen <= data.len);
    *out = (struct span){NULL, 0};
    if (lf == data.len) {
        line->seen = data.len;
        return data.len > 0 && (line->length > 0 || data.len > limit) ? drop(line, data) : 0;
    }
    *out = span_first(data, lf - 1);
    *faults = line->faults | find_faults(*out);
    if (line->length > 0 || lf + 1 > limit) {
        *faults |= LINE_TOO_LONG;
        out->len = 0;
    }
    *line = (struct line){0};
    return lf + 1;
}
