/* mime_lines.c: finds delimiter lines in a body that arrives in pieces; what they delimit is left to mime.c.
 */
#include "mail/mime_lines.h"

#include <string.h>

/* Octets of the line end that s ends with: 2, 1 or 0. */
static size_t ending_of(struct span s)
{
    if (s.len == 0 || s.ptr[s.len - 1] != '\n')
        return 0;
    return s.len > 1 && s.ptr[s.len - 2] == '\r' ? 2 : 1;
}

static void hold_back(struct mime_lines *lines, struct span s)
{
    memcpy(lines->hold + lines->held, s.ptr, s.len);
    lines->held += s.len;
}

/* Inside a line: body up to a line end that "-" or nothing follows, or a CR that nothing follows; that is
 * held back. */
static size_t read_inside(struct mime_lines *lines, struct span in, struct span *bytes)
{
    size_t end = 0, ending;

    do {
        const char *feed = memchr(in.ptr + end, '\n', in.len - end);
        if (feed == NULL) {
            ending = in.ptr[in.len - 1] == '\r' ? 1 : 0;
            *bytes = span_first(in, in.len - ending);
            hold_back(lines, span_skip(in, in.len - ending));
            return in.len;
        }
        end = (size_t)(feed - in.ptr) + 1;
    } while (end < in.len && in.ptr[end] != '-');
    ending = ending_of(span_first(in, end));
    *bytes = span_first(in, end - ending);
    hold_back(lines, span_of(in.ptr + end - ending, ending));
    lines->ending = ending;
    lines->inside = false;
    return end;
}

/* A CR was the last octet so far: with LF it is a line end, else body. */
static size_t read_behind_cr(struct mime_lines *lines, char next)
{
    if (next != '\n') {
        lines->flush = lines->held;
        return 0;
    }
    hold_back(lines, SPAN("\n"));
    lines->ending = 2;
    lines->inside = false;
    return 1;
}

/* At the start of a line, or in one that has begun with "-". */
static size_t read_candidate(struct mime_lines *lines, struct span in, enum mime_line *kind,
                             struct span *bytes)
{
    for (size_t taken = 0; taken < in.len; taken++) {
        size_t len = lines->held - lines->ending;
        char c = in.ptr[taken];
        if ((len < 2 && c != '-') || (len == MIME_LINE_MAX && c != '\n')) {
            lines->flush = lines->held;
            lines->inside = true;
            return taken;
        }
        hold_back(lines, span_of(&c, 1));
        if (c == '\n') {
            struct span line = span_of(lines->hold + lines->ending, len + 1);
            *kind = MIME_LINE_CANDIDATE;
            *bytes = span_first(line, line.len - ending_of(line));
            return taken + 1;
        }
    }
    return in.len;
}

static void finish(struct mime_lines *lines, enum mime_line *kind, struct span *bytes)
{
    if (!lines->inside && lines->held - lines->ending >= 2) {
        *kind = MIME_LINE_CANDIDATE;
        *bytes = span_of(lines->hold + lines->ending, lines->held - lines->ending);
        return;
    }
    *kind = lines->held != 0 ? MIME_LINE_BODY : MIME_LINE_MORE;
    *bytes = span_of(lines->hold, lines->held);
    lines->given = lines->held;
}

/* What was given away with the last call is let go. */
static void shift(struct mime_lines *lines)
{
    lines->held -= lines->given;
    memmove(lines->hold, lines->hold + lines->given, lines->held);
    lines->given = 0;
}

size_t mime_lines_read(struct mime_lines *lines, struct span in, bool last, enum mime_line *kind,
                       struct span *bytes)
{
    size_t used;

    *kind = MIME_LINE_MORE;
    shift(lines);
    if (lines->flush != 0) {
        *kind = MIME_LINE_BODY;
        *bytes = span_of(lines->hold, lines->flush);
        lines->given = lines->flush;
        lines->ending = lines->inside ? 0 : lines->held - lines->flush;
        lines->flush = 0;
        return 0;
    }
    if (in.len == 0) {
        if (last)
            finish(lines, kind, bytes);
        return 0;
    }
    if (!lines->inside)
        return read_candidate(lines, in, kind, bytes);
    if (lines->held != 0)
        return read_behind_cr(lines, in.ptr[0]);
    used = read_inside(lines, in, bytes);
    *kind = bytes->len != 0 ? MIME_LINE_BODY : MIME_LINE_MORE;
    return used;
}

void mime_lines_accept(struct mime_lines *lines)
{
    lines->held = lines->ending = 0;
}

/* The line's own end goes on being held back, for the next line may be a delimiter. */
void mime_lines_refuse(struct mime_lines *lines)
{
    size_t own = ending_of(span_of(lines->hold, lines->held));

    lines->flush = lines->held - own;
    lines->inside = own == 0;
}
