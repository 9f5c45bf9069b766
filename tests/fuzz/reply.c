/* Fuzzes smtp/reply.c: a reply is the same however it trickles in; relayed or composed here, it is one reply,
 * of lines that fit, without a control character, and relayed again it is what it was. */
#include "fuzz.h"
#include "smtp/reply.h"

static struct reply_limits limits;
static const struct reply_limits wide = {1 << 20, 1 << 20};

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct reply_reader reader = {0};
    long status = 0;

    for (size_t end = 0; end < in.len && status == 0;) {
        struct reply_in out;
        struct span data;

        end = fuzz_piece_end(cut, end, in.len);
        data = fuzz_copy(span_first(in, end));
        status = reply_read(&reader, data, &limits, &out);
        DEMAND(status <= (long)end && status >= REPLY_LONG);
        if (status > 0) {
            DEMAND(out.lines.ptr == data.ptr && out.lines.len == (size_t)status);
            text_format(told, "%u %u ", out.code, out.count);
        }
        fuzz_free(data);
    }
    text_format(told, "%ld", status);
}

/* One reply and nothing else; its number of lines. */
static struct reply_in read_all(struct span s)
{
    struct reply_reader reader = {0};
    struct reply_in in;
    struct span rest = s;

    DEMAND(reply_read(&reader, s, &wide, &in) == (long)s.len);
    while (rest.len > 0) {
        const char *lf = memchr(rest.ptr, '\n', rest.len);
        size_t len = (size_t)(lf - rest.ptr) + 1;
        DEMAND(len <= 512);
        for (size_t i = 0; i + 2 < len; i++)
            DEMAND(((unsigned char)rest.ptr[i] >= ' ' && rest.ptr[i] != 0x7f) || rest.ptr[i] == '\t');
        rest = span_skip(rest, len);
    }
    return in;
}

static void check_relay(struct span in)
{
    static char octets[2][4 * FUZZ_OCTETS_MAX];
    struct text once = TEXT(octets[0]), twice = TEXT(octets[1]);
    struct reply_reader reader = {0};
    struct reply_in first, second;

    if (reply_read(&reader, in, &limits, &first) <= 0)
        return;
    DEMAND(first.lines.len <= limits.octets && first.count <= limits.lines);
    reply_relay(&once, &first);
    second = read_all(text_span(&once));
    DEMAND(!once.cut && second.code == first.code && second.count == first.count);
    reply_relay(&twice, &second);
    DEMAND(span_eq(text_span(&once), text_span(&twice)));
}

/* A text of a filter's in a reply of ours. */
static void check_print(struct span line, unsigned code, bool with_enhanced, size_t room)
{
    static const char *const codes[] = {NULL, NULL, "2.1.5", NULL, "4.7.1", "5.7.999"};
    char octets[600];
    struct text text = {octets, 0, room, false};
    struct span enhanced, rest;

    reply_print(&text, code, codes[code / 100], line, with_enhanced);
    DEMAND(text.cut ? text.len == 0 : read_all(text_span(&text)).code == code);
    reply_split_enhanced(line, code, &enhanced, &rest);
    if (enhanced.len == 0) {
        DEMAND(span_eq(rest, line));
        return;
    }
    DEMAND(reply_enhanced_valid(enhanced, code) && span_starts_nocase(line, enhanced));
    DEMAND(line.len == enhanced.len || line.ptr[enhanced.len] == ' ');
    DEMAND(rest.ptr + rest.len == line.ptr + line.len);
    DEMAND(rest.len == line.len - enhanced.len - (line.len > enhanced.len));
}

void fuzz_one(struct span in)
{
    static const struct reply_limits choices[] = {{65536, 1000}, {32, 1000}, {65536, 2}, {8, 1}};
    unsigned code = 200 + fuzz_choice(&in, 4) * 100 + fuzz_choice(&in, 100);
    bool with_enhanced = fuzz_choice(&in, 2) == 0;
    size_t room = fuzz_choice(&in, 4) == 3 ? fuzz_choice(&in, 256) : 600;

    limits = choices[fuzz_choice(&in, 4)];
    (void)fuzz_every_way(in, fuzz_position(&in), feed);
    check_relay(in);
    check_print(in, code, with_enhanced, room);
}
