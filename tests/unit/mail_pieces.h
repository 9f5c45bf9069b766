/* mail_pieces.h: runs what converts octets in pieces (decode, charset, html) over a text cut in every way,
 * into much room and into as little as it takes. */
#ifndef MAIL_PIECES_H
#define MAIL_PIECES_H

#include "base/text.h"
#include "test.h"

/* One converter at work. */
struct pieces {
    void *state;
    void (*begin)(struct pieces *pieces);
    size_t (*feed)(void *state, struct span in, char *out, size_t room, size_t *made);
    size_t (*finish)(void *state, char *out); /* at most 64 octets */
    void (*end)(struct pieces *pieces);       /* checks what is left to check */
    size_t room;                              /* given to feed */
    struct span expected;
};

static inline void pieces_one(struct pieces *pieces, struct span piece, struct text *to)
{
    char out[512];
    size_t used, made;

    for (unsigned still = 0; piece.len != 0 && still < 2; still = used + made == 0 ? still + 1 : 0) {
        used = pieces->feed(pieces->state, piece, out, pieces->room, &made);
        REQUIRE(used <= piece.len && made <= pieces->room);
        text_add(to, span_of(out, made));
        piece = span_skip(piece, used);
    }
    CHECK(piece.len == 0);
}

static inline void pieces_feed(void *arg, struct span input, struct test_split split)
{
    struct pieces *pieces = arg;
    char bytes[8192], rest[64];
    struct text to = TEXT(bytes);

    pieces->begin(pieces);
    for (size_t at = 0, end; at < input.len; at = end) {
        char *copy;
        end = test_piece_end(split, at, input.len);
        copy = malloc(end - at); /* so that a look beyond is seen */
        REQUIRE(copy != NULL);
        memcpy(copy, input.ptr + at, end - at);
        pieces_one(pieces, span_of(copy, end - at), &to);
        free(copy);
    }
    text_add(&to, span_of(rest, pieces->finish(pieces->state, rest)));
    CHECK(!to.cut);
    CHECK_SPAN(text_span(&to), pieces->expected);
    pieces->end(pieces);
}

/* room_min: the least that feed takes. */
static inline void pieces_run(struct pieces *pieces, struct span input, size_t room_min)
{
    static const size_t more[] = {0, 1, 2, 3, 5, 400};

    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        pieces->room = room_min + more[i];
        test_every_split(input, pieces_feed, pieces);
    }
}

#endif
