/* fuzz.h: what the fuzzers share: choices out of the input, ways to cut it, demands. What must hold of a
 * parser is left to the file of its name. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>

#include "base/text.h"
#include "postern/span.h"

#define FUZZ_OCTETS_MAX 8192 /* longer inputs are passed over */

/* Must hold, in every kind of build. */
#define DEMAND(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

/* What each fuzzer defines: one input. */
void fuzz_one(struct span in);

/* A number below n. Choices are taken off the end of the input, so that what a parser reads begins where the
 * input does and dictionaries fit. */
unsigned fuzz_choice(struct span *in, unsigned n);

/* A copy that ends where its memory ends, so that a look beyond is seen by the sanitizer; fuzz_free() it. */
struct span fuzz_copy(struct span s);
void fuzz_free(struct span copy);

/* Where to cut: pieces end at `first`, and from there on after every `step` octets. */
struct fuzz_cut {
    size_t first, step;
};

/* The end of the piece that begins at `from`. */
size_t fuzz_piece_end(struct fuzz_cut cut, size_t from, size_t len);

/* Parses in pieces and tells all that a user of the parser could see. */
typedef void fuzz_feed(struct span in, struct fuzz_cut cut, struct text *told);

/* Demands that feed() tells the same of the input whole, octet by octet, cut at `at` and cut into pieces of
 * some length. What it tells is valid until the next call. */
struct span fuzz_every_way(struct span in, size_t at, fuzz_feed *feed);

/* The n-th allocation of base/mem.h from now on fails; 0: none does. */
void fuzz_starve(unsigned n);

/* A position in the input, both ends included; taken off as a choice. */
size_t fuzz_position(struct span *in);

#endif
