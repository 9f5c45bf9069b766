/* dot.c: DATA framing: finds the true end of data, undoes and redoes dot-stuffing. Limits and filters are
 * left to session/body. Clean stretches of text are found a block at a time; all else goes through a machine
 * of five states, octet by octet. */
#include "smtp/dot.h"

#include <assert.h>

/* What a bare CR, bare LF or NUL does to the message. */
#define DOT_BAD_OCTETS (DOT_BARE_CR | DOT_BARE_LF | DOT_NUL)

/* Where in a line the next octet stands. "Line start" is behind CRLF or at the start of the message: behind a
 * normalised line end a dot is an octet like any other. */
enum { LINE_START, IN_LINE, AFTER_CR, AFTER_DOT, AFTER_DOT_CR, STATES };

static const struct span crlf = {"\r\n", 2};

/* Octets compared side by side: GNU C's vectors, as wide as every 64-bit machine has them. A block of several
 * is judged at once. */
typedef signed char octets __attribute__((vector_size(16)));
#define BLOCK (4 * sizeof(octets))

static inline octets load(const char *p)
{
    octets v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static inline bool any(octets v)
{
    uint64_t halves[2];

    memcpy(halves, &v, sizeof(halves));
    return (halves[0] | halves[1]) != 0;
}

/* Whether c may follow prev in clean text: LF behind CR and only there, no NUL, no dot at the start of a
 * line. */
static inline bool unclean(char prev, char c)
{
    return (c == '\n') != (prev == '\r') || c == '\0' || (prev == '\n' && c == '.');
}

/* As unclean(), for each of BLOCK octets; p[-1] is readable. */
static bool is_clean_block(const char *p)
{
    octets bad = {0};

    for (size_t i = 0; i < BLOCK; i += sizeof(octets)) {
        octets c = load(p + i), prev = load(p + i - 1);
        bad |= ((c == '\n') ^ (prev == '\r')) | (c == '\0') | ((prev == '\n') & (c == '.'));
    }
    return !any(bad);
}

/* Octets at the start of s (not empty) that pass as they are; they never end in CR. */
static size_t clean_run(struct span s, bool line_start)
{
    const char *p = s.ptr;
    size_t n = 1;

    if (unclean(line_start ? '\n' : ' ', p[0]))
        return 0;
    while (s.len - n >= BLOCK && is_clean_block(p + n))
        n += BLOCK;
    while (n < s.len && !unclean(p[n - 1], p[n]))
        n++;
    return p[n - 1] == '\r' ? n - 1 : n;
}

/* Notes a line that is over the limit. Of each window as long as the limit only the last line end matters,
 * and it is looked for from behind, so most octets are never looked at. */
static void measure(struct dot_reader *reader, struct span s)
{
    if (reader->line_limit == 0 || (reader->faults & DOT_LONG_LINE) != 0)
        return;
    while (s.len > 0) {
        struct span window = span_first(s, reader->line_limit - reader->line_len);
        const char *last = memrchr(window.ptr, '\n', window.len);
        if (last == NULL) {
            reader->line_len += (uint32_t)window.len;
            reader->faults |= window.len < s.len ? DOT_LONG_LINE : 0;
            return;
        }
        reader->line_len = 0;
        s = span_skip(s, (size_t)(last - s.ptr) + 1);
    }
}

/* Content found: the run of this call, unless the message is already lost. */
static void give(struct dot_reader *reader, struct span content, struct span *run)
{
    if (reader->policy == DOT_REJECT && (reader->faults & DOT_BAD_OCTETS) != 0)
        return;
    measure(reader, content);
    *run = content;
}

/* LINE_START and IN_LINE. */
static size_t read_text(struct dot_reader *reader, struct span in, struct span *run)
{
    size_t n = clean_run(in, reader->state == LINE_START);

    if (n > 0) {
        reader->state = in.ptr[n - 1] == '\n' ? LINE_START : IN_LINE;
        give(reader, span_first(in, n), run);
        return n;
    }
    switch (in.ptr[0]) {
    case '\r':
        reader->state = AFTER_CR;
        break;
    case '.':
        reader->state = AFTER_DOT;
        break;
    case '\0':
        reader->state = IN_LINE;
        reader->faults |= DOT_NUL;
        break;
    default: /* LF */
        reader->state = IN_LINE;
        reader->faults |= DOT_BARE_LF;
        give(reader, crlf, run);
    }
    return 1;
}

/* The CR held back was bare. The octet that showed it belongs to the same run, for it is consumed with it. */
static size_t read_bare_cr(struct dot_reader *reader, struct span in, struct span *run)
{
    char c = in.ptr[0];
    bool passes = c != '\r' && c != '\0';

    reader->state = c == '\r' ? AFTER_CR : IN_LINE;
    reader->faults |= DOT_BARE_CR | (c == '\0' ? DOT_NUL : 0);
    memcpy(reader->held, crlf.ptr, crlf.len);
    reader->held[crlf.len] = c;
    give(reader, span_of(reader->held, crlf.len + passes), run);
    return 1;
}

static size_t read_after_cr(struct dot_reader *reader, struct span in, struct span *run)
{
    if (in.ptr[0] != '\n')
        return read_bare_cr(reader, in, run);
    reader->state = LINE_START;
    give(reader, crlf, run);
    return 1;
}

/* A dot that began a line is gone; only CRLF behind it makes it the end (RFC 5321 4.5.2). */
static size_t read_after_dot(struct dot_reader *reader, struct span in, struct span *run)
{
    (void)run;
    reader->state = in.ptr[0] == '\r' ? AFTER_DOT_CR : IN_LINE;
    return in.ptr[0] == '\r';
}

size_t dot_read(struct dot_reader *reader, struct span in, struct span *run, enum dot_event *event)
{
    static size_t (*const steps[STATES])(struct dot_reader *, struct span, struct span *) = {
        [LINE_START] = read_text,     [IN_LINE] = read_text,         [AFTER_CR] = read_after_cr,
        [AFTER_DOT] = read_after_dot, [AFTER_DOT_CR] = read_bare_cr,
    };
    size_t at = 0;

    assert(reader->state < STATES);
    *run = (struct span){NULL, 0};
    while (at < in.len && run->len == 0) {
        if (reader->state == AFTER_DOT_CR && in.ptr[at] == '\n') {
            *event = DOT_END;
            return at + 1;
        }
        at += steps[reader->state](reader, span_skip(in, at), run);
    }
    *event = run->len > 0 ? DOT_CONTENT : DOT_MORE;
    return at;
}

/* True when one of BLOCK octets is a dot behind an LF; p[-1] is readable. */
static bool has_line_start_dot(const char *p)
{
    octets found = {0};

    for (size_t i = 0; i < BLOCK; i += sizeof(octets))
        found |= (load(p + i - 1) == '\n') & (load(p + i) == '.');
    return any(found);
}

/* Octets of s (not empty) before the next dot that begins a line; the first octet never counts. */
static size_t unstuffed_run(struct span s)
{
    size_t n = 1;

    while (s.len - n >= BLOCK && !has_line_start_dot(s.ptr + n))
        n += BLOCK;
    while (n < s.len && !(s.ptr[n - 1] == '\n' && s.ptr[n] == '.'))
        n++;
    return n;
}

size_t dot_write(struct dot_writer *writer, struct span content, struct text *to)
{
    size_t done = 0;

    while (done < content.len && !to->cut && to->size - to->len >= 2) {
        struct span rest = span_skip(content, done);
        if (!writer->inside_line && rest.ptr[0] == '.')
            text_char(to, '.');
        rest = span_first(rest, to->size - to->len);
        rest.len = unstuffed_run(rest);
        text_add(to, rest);
        writer->inside_line = rest.ptr[rest.len - 1] != '\n';
        done += rest.len;
    }
    return done;
}

struct span dot_end(const struct dot_writer *writer)
{
    return writer->inside_line ? SPAN("\r\n.\r\n") : SPAN(".\r\n");
}
