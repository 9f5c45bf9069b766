/* mbox.c: splits the octets of a file into messages; files are left to mailbox.c. */
#include "scan/mbox.h"

#include "scan/stored.h"

static bool is_separator(struct span s)
{
    return s.len >= 5 && memcmp(s.ptr, "From ", 5) == 0;
}

void mbox_init(struct mbox *mbox, struct span file)
{
    *mbox = (struct mbox){.rest = file, .quoted = is_separator(file)};
}

/* Octets of the line at the start of s, its end included. */
static size_t line_octets(struct span s)
{
    const char *lf = s.len != 0 ? memchr(s.ptr, '\n', s.len) : NULL;

    return lf != NULL ? (size_t)(lf - s.ptr) + 1 : s.len;
}

static bool is_empty_line(struct span line)
{
    return span_eq(line, SPAN("\n")) || span_eq(line, SPAN("\r\n"));
}

bool mbox_next(struct mbox *mbox, struct span *content)
{
    struct span rest = mbox->rest;
    const char *kept;
    size_t len = 0, empty = 0; /* octets of the message, of the empty line before where it may end */

    if (!mbox->quoted || rest.len == 0) {
        *content = rest;
        mbox->rest = span_skip(rest, rest.len);
        return mbox->number++ == 0 && !mbox->quoted;
    }
    stored_advance(&mbox->kept, rest.ptr);
    rest = span_skip(rest, line_octets(rest));
    *content = rest;
    kept = mbox->kept != NULL ? rest.ptr : NULL; /* a long message is looked through twice */
    while (rest.len != 0 && (empty == 0 || !is_separator(rest))) {
        struct span line = span_first(rest, line_octets(rest));
        empty = is_empty_line(line) ? line.len : 0;
        len += line.len;
        rest = span_skip(rest, line.len);
        stored_advance(&kept, rest.ptr);
    }
    *content = span_first(*content, len - empty);
    mbox->rest = rest;
    mbox->number++;
    return true;
}
