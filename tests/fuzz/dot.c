/* Fuzzes smtp/dot.c and smtp/clean.c: content and its end are what a model that looks at one octet after the
 * other says; content is clean; written again it ends only where it is ended, and reads as itself. */
#include "fuzz.h"
#include "smtp/clean.h"
#include "smtp/dot.h"

static struct dot_reader fresh;

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct dot_reader reader = fresh;
    enum dot_event event = DOT_MORE;
    size_t at = 0, end = 0;

    while (end < in.len && event != DOT_END) {
        struct span data, run;

        end = fuzz_piece_end(cut, end, in.len);
        data = fuzz_copy(span_of(in.ptr + at, end - at));
        for (size_t done = 0; done < data.len && event != DOT_END;) {
            size_t n = dot_read(&reader, span_skip(data, done), &run, &event);
            DEMAND(n > 0 && n <= data.len - done);
            DEMAND((run.len > 0) == (event == DOT_CONTENT) && (event != DOT_MORE || n == data.len - done));
            DEMAND(run.len == 0 || run.ptr[run.len - 1] != '\r');
            text_add(told, run);
            done += n;
            at += n;
        }
        fuzz_free(data);
    }
    text_format(told, "%08u%08zu%c", reader.faults, at, event == DOT_END ? '.' : '-');
}

/* The same with all of the input before its eyes. */
static void model(struct span in, struct text *told)
{
    unsigned faults = 0, bad = fresh.policy == DOT_REJECT ? DOT_BARE_CR | DOT_BARE_LF | DOT_NUL : 0;
    size_t at = 0, line = 0;
    bool start = true, ended = false;

    while (at < in.len && !ended) {
        struct span rest = span_skip(in, at), out = span_first(rest, 1);
        bool crlf = span_eq(span_first(rest, 2), SPAN("\r\n"));
        char c = rest.ptr[0];

        ended = start && span_eq(span_first(rest, 3), SPAN(".\r\n"));
        at += ended ? 3 : crlf ? 2 : 1;
        if (ended || (c == '\r' && rest.len == 1))
            continue;
        faults |= crlf ? 0 : c == '\r' ? DOT_BARE_CR : c == '\n' ? DOT_BARE_LF : c == '\0' ? DOT_NUL : 0;
        if (c == '\0' || (start && c == '.'))
            out.len = 0;
        else if (c == '\r' || c == '\n')
            out = SPAN("\r\n");
        start = crlf;
        if ((faults & bad) != 0)
            continue;
        text_add(told, out);
        line += out.len;
        faults |= fresh.line_limit != 0 && line > fresh.line_limit ? DOT_LONG_LINE : 0;
        line = c == '\r' || c == '\n' ? 0 : line;
    }
    text_format(told, "%08u%08zu%c", faults, at, ended ? '.' : '-');
}

/* Stuffed into pieces of `room` octets, then read again. */
static void check_written(struct span content, size_t room)
{
    static char wire[4 * FUZZ_OCTETS_MAX], read[4 * FUZZ_OCTETS_MAX], wanted[4 * FUZZ_OCTETS_MAX];
    struct text written = {wire, 0, 0, false}, again = TEXT(read), expected = TEXT(wanted);
    struct dot_writer writer = {0};

    for (size_t done = 0, n; done < content.len; done += n) {
        written.size = written.len + room;
        n = dot_write(&writer, span_skip(content, done), &written);
        DEMAND(n > 0 && !written.cut);
    }
    written.size = sizeof(wire);
    text_add(&written, dot_end(&writer));
    text_add(&expected, content);
    if (writer.inside_line)
        text_add(&expected, SPAN("\r\n"));
    text_format(&expected, "%08u%08zu.", 0u, written.len);
    fresh = (struct dot_reader){.policy = DOT_REJECT};
    feed(text_span(&written), (struct fuzz_cut){written.len, 1}, &again);
    DEMAND(span_eq(text_span(&again), text_span(&expected)));
}

/* Faults of line ends are found whatever the pieces are, and by their neighbours; a CR at the very end is
 * none. */
static void check_clean(struct span in, size_t at)
{
    struct clean clean = {0};
    unsigned faults = clean_check(&clean, span_first(in, at)) | clean_check(&clean, span_skip(in, at));
    unsigned expected = in.len > 0 && in.ptr[0] == '\n' ? DOT_BARE_LF : 0;

    for (size_t i = 0; i < in.len; i++)
        expected |= in.ptr[i] == '\0' ? DOT_NUL : 0;
    for (size_t i = 1; i < in.len; i++)
        if ((in.ptr[i - 1] == '\r') != (in.ptr[i] == '\n'))
            expected |= in.ptr[i] == '\n' ? DOT_BARE_LF : DOT_BARE_CR;
    DEMAND(faults == expected && clean_check(&(struct clean){0}, in) == expected);
}

void fuzz_one(struct span in)
{
    static char octets[1 << 16];
    struct text expected = TEXT(octets);
    unsigned room = 2 + fuzz_choice(&in, 80), limit = fuzz_choice(&in, 80);
    size_t at;
    struct span told;

    fresh = (struct dot_reader){fuzz_choice(&in, 2) == 0 ? DOT_REJECT : DOT_NORMALISE, .line_limit = limit};
    at = fuzz_position(&in);
    check_clean(in, at);
    told = fuzz_every_way(in, at, feed);
    model(in, &expected);
    DEMAND(span_eq(told, text_span(&expected)));
    told.len -= 17;
    DEMAND(clean_check(&(struct clean){0}, told) == 0);
    check_written(told, room);
}
