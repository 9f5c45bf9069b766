/* pieces.h: runs what converts octets in pieces into lent room (mail/decode.c, charset.c, html.c) and tells
 * all it makes. */
#ifndef FUZZ_PIECES_H
#define FUZZ_PIECES_H

#include "fuzz.h"

struct fuzz_pieces {
    void *state;
    size_t (*feed)(void *state, struct span in, char *out, size_t room, size_t *made);
    size_t (*finish)(void *state, char *out); /* at most 64 octets */
    size_t room;
};

/* Input without output is allowed once in a row where nothing is used up: then there is none. */
static inline void fuzz_pieces(const struct fuzz_pieces *pieces, struct span in, struct fuzz_cut cut,
                               struct text *told)
{
    char rest[64];

    for (size_t at = 0, end; at < in.len; at = end) {
        struct span piece, left;
        char *out = malloc(pieces->room);
        DEMAND(out != NULL);
        end = fuzz_piece_end(cut, at, in.len);
        piece = left = fuzz_copy(span_of(in.ptr + at, end - at));
        for (unsigned idle = 0; left.len != 0;) {
            size_t made, used = pieces->feed(pieces->state, left, out, pieces->room, &made);
            DEMAND(used <= left.len && made <= pieces->room);
            idle = used + made == 0 ? idle + 1 : 0;
            DEMAND(idle < 2);
            text_add(told, span_of(out, made));
            left = span_skip(left, used);
        }
        fuzz_free(piece);
        free(out);
    }
    text_add(told, span_of(rest, pieces->finish(pieces->state, rest)));
}

#endif
