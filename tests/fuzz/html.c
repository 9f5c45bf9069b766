/* Fuzzes mail/html.c: the text does not depend on the pieces or the room, has no white space but single
 * spaces and line breaks, and text without markup is itself. */
#include "mail/html.h"

#include <stdlib.h>

#include "pieces.h"

static size_t room;

static size_t feed_some(void *state, struct span in, char *out, size_t size, size_t *made)
{
    return html_feed(state, in, out, size, made);
}

static size_t finish(void *state, char *out)
{
    return html_finish(state, out);
}

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct html html = {0};

    fuzz_pieces(&(struct fuzz_pieces){&html, feed_some, finish, room}, in, cut, told);
}

static bool is_plain(struct span in)
{
    for (size_t i = 0; i < in.len; i++)
        if (in.ptr[i] <= ' ' || in.ptr[i] == '<' || in.ptr[i] == '&')
            return false;
    return true;
}

void fuzz_one(struct span in)
{
    static const size_t rooms[] = {HTML_ROOM_MIN, HTML_ROOM_MIN + 1, HTML_ROOM_MIN + 7, 4096};
    bool inside = false; /* a value, where spaces stay */
    size_t at;
    struct span told;

    room = rooms[fuzz_choice(&in, 4)];
    at = fuzz_position(&in);
    told = fuzz_every_way(in, at, feed);
    DEMAND(told.len <= 4 * in.len + 1);
    if (is_plain(in))
        DEMAND(span_eq(told, in));
    for (size_t i = 0; i < told.len; i++) {
        inside = inside || told.ptr[i] == '<';
        DEMAND(strchr("\t\r\f", told.ptr[i]) == NULL || told.ptr[i] == '\0');
        DEMAND(inside || i == 0 || told.ptr[i] != ' ' || (told.ptr[i - 1] != ' ' && told.ptr[i - 1] != '\n'));
    }
}
