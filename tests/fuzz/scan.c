/* Fuzzes filters/regex/scan.c: a pattern, the input's first line, is found in the rest of it in pieces
 * exactly when it is found in the whole. */
#include "filters/regex/scan.h"
#include "fuzz.h"

static const struct pattern *pattern;
static bool limited; /* a look was given up: how much a look may spend depends on the pieces */

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct scan scan = {.pattern = pattern, .window = 64 << 10};
    enum scan_result result = SCAN_MORE;

    for (size_t at = 0, end; at < in.len; at = end) {
        struct span piece;

        end = fuzz_piece_end(cut, at, in.len);
        piece = fuzz_copy(span_of(in.ptr + at, end - at));
        DEMAND(result == SCAN_MORE || scan_feed(&scan, piece) == result);
        result = scan_feed(&scan, result == SCAN_MORE ? piece : SPAN(""));
        fuzz_free(piece);
    }
    DEMAND(result == SCAN_MORE || scan_finish(&scan) == result);
    result = scan_finish(&scan);
    DEMAND(result != SCAN_MORE && scan_finish(&scan) == result);
    limited |= result == SCAN_LIMIT;
    scan_free(&scan);
    text_number(told, (uint64_t)result);
}

/* Whether every way ends without reaching a limit. */
static bool affordable(struct span in, size_t at)
{
    const struct fuzz_cut cuts[] = {{in.len, 1}, {1, 1}, {at, in.len + 1}, {at, 1 + at % 23}};

    limited = false;
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        char octets[8];
        struct text told = TEXT(octets);
        feed(in, cuts[i], &told);
    }
    return !limited;
}

static void check(struct span text, size_t at)
{
    const char *limit = NULL;
    enum scan_result whole = scan_whole(pattern, text, &limit);

    DEMAND(whole != SCAN_MORE && (limit != NULL) == (whole == SCAN_LIMIT));
    if (whole != SCAN_LIMIT && affordable(text, at))
        DEMAND(fuzz_every_way(text, at, feed).ptr[0] == '0' + (char)whole);
}

void fuzz_one(struct span in)
{
    struct pattern_options options = {.match = 20000, .depth = 1000, .heap = 1024};
    struct pattern_error error;
    char source[256];
    const char *lf;
    struct pattern *made;
    size_t at, len;

    options.utf = fuzz_choice(&in, 2) == 1;
    options.jit = fuzz_choice(&in, 2) == 1;
    at = fuzz_position(&in);
    lf = in.len > 0 ? memchr(in.ptr, '\n', in.len) : NULL;
    len = lf != NULL ? (size_t)(lf - in.ptr) : 0;
    if (len == 0 || len >= sizeof(source) || memchr(in.ptr, '\0', len) != NULL)
        return;
    memcpy(source, in.ptr, len);
    source[len] = '\0';
    pattern = made = pattern_new(source, &options, &error);
    if (made == NULL) {
        DEMAND(strnlen(error.message, sizeof(error.message)) < sizeof(error.message));
        DEMAND(error.message[0] != '\0' && error.offset <= len);
        return;
    }
    in = span_skip(in, len + 1);
    check(in, at % (in.len + 1));
    pattern_free(made);
}
