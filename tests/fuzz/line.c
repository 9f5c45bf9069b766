/* Fuzzes smtp/line.c: however the octets arrive, the lines are those that a look at all of them finds. */
#include "fuzz.h"
#include "smtp/line.h"

static size_t limit;

static void tell(struct text *told, struct span line, unsigned faults)
{
    text_add(told, line);
    text_format(told, "|%u\n", faults);
}

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct line line = {0};
    size_t consumed = 0;

    for (size_t end = 0; end < in.len;) {
        struct span data, rest, out;
        unsigned faults;
        size_t n;

        end = fuzz_piece_end(cut, end, in.len);
        data = rest = fuzz_copy(span_of(in.ptr + consumed, end - consumed));
        while ((n = line_next(&line, rest, limit, &out, &faults)) > 0) {
            DEMAND(n <= rest.len);
            if (out.ptr != NULL)
                tell(told, out, faults);
            rest = span_skip(rest, n);
        }
        DEMAND(rest.len <= limit);
        consumed = end - rest.len;
        fuzz_free(data);
    }
}

/* An octet at a time, without state that outlives a line. */
static void model(struct span in, struct text *told)
{
    unsigned faults = 0;
    size_t from = 0;

    for (size_t i = 0; i < in.len; i++) {
        char c = in.ptr[i];
        if (c == '\r' && i + 1 < in.len && in.ptr[i + 1] == '\n') {
            bool fits = i + 2 - from <= limit;
            tell(told, span_of(in.ptr + from, fits ? i - from : 0), faults | (fits ? 0 : LINE_TOO_LONG));
            faults = 0;
            from = ++i + 1;
        } else {
            faults |= c == '\r' ? LINE_BARE_CR : c == '\n' ? LINE_BARE_LF : c == '\0' ? LINE_NUL : 0;
        }
    }
}

void fuzz_one(struct span in)
{
    static const size_t limits[] = {512, 2, 3, 4, 9, 64};
    static char octets[1 << 20];
    struct text expected = TEXT(octets);
    size_t at;

    limit = limits[fuzz_choice(&in, sizeof(limits) / sizeof(limits[0]))];
    at = fuzz_position(&in);
    model(in, &expected);
    DEMAND(span_eq(fuzz_every_way(in, at, feed), text_span(&expected)));
}
