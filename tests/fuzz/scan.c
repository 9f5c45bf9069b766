/* Fuzzes filters/regex/sieve.c with what it rests on: a pattern, the input's first line, is found in the rest
 * of it in pieces, where a literal of it has been seen, exactly when it is found in the whole. */
#include "filters/regex/sieve.h"
#include "fuzz.h"

static const struct sieve *sieve;
static bool limited; /* a look was given up: how much a look may spend depends on the pieces */

static bool on_wanted(void *arg, size_t number)
{
    return number == 0 && *(enum scan_result *)arg == SCAN_NONE;
}

static void on_settled(void *arg, const struct sieve_settled *settled)
{
    enum scan_result *result = arg;

    DEMAND(settled->pattern == 0 && *result == SCAN_NONE);
    *result = settled->limit != NULL ? SCAN_LIMIT : SCAN_MATCH;
}

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    enum scan_result result = SCAN_NONE;
    struct sieve_listener listener = {on_wanted, on_settled, &result};
    struct sieve_scan *scan = sieve_begin(sieve);

    DEMAND(scan != NULL);
    for (size_t at = 0, end; at < in.len; at = end) {
        struct span piece;

        end = fuzz_piece_end(cut, at, in.len);
        piece = fuzz_copy(span_of(in.ptr + at, end - at));
        DEMAND(sieve_feed(scan, piece, &listener));
        fuzz_free(piece);
    }
    DEMAND(sieve_finish(scan, &listener));
    limited |= result == SCAN_LIMIT;
    sieve_end(scan);
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

static void check(const struct pattern *pattern, struct span text, size_t at)
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
    struct sieve_options sieving = {.window = 64 << 10};
    struct pattern *pattern;
    struct sieve *made;
    size_t at, len;

    options.utf = fuzz_choice(&in, 2) == 1;
    options.jit = fuzz_choice(&in, 2) == 1;
    sieving.engine = fuzz_choice(&in, 4) == 0 ? TRIGGER_BEST : TRIGGER_TABLE;
    at = fuzz_position(&in);
    lf = in.len > 0 ? memchr(in.ptr, '\n', in.len) : NULL;
    len = lf != NULL ? (size_t)(lf - in.ptr) : 0;
    if (len == 0 || len >= sizeof(source) || memchr(in.ptr, '\0', len) != NULL)
        return;
    memcpy(source, in.ptr, len);
    source[len] = '\0';
    pattern = pattern_new(source, &options, &error);
    if (pattern == NULL) {
        DEMAND(strnlen(error.message, sizeof(error.message)) < sizeof(error.message));
        DEMAND(error.message[0] != '\0' && error.offset <= len);
        return;
    }
    in = span_skip(in, len + 1);
    if (pattern_reach(pattern) <= sieving.window / 2) {
        sieve = made =
            sieve_new((const struct pattern *const[]){pattern}, 1, &sieving, &(const char *){NULL});
        DEMAND(made != NULL);
        check(pattern, in, at % (in.len + 1));
        sieve_free(made);
    }
    pattern_free(pattern);
}
