/* Fuzzes mail/header.c: fields, and where the body begins, are what a model with the whole message before its
 * eyes finds; limits do not depend on the pieces; a lack of memory is said. */
#include "fuzz.h"
#include "mail/header.h"

static struct header_reader fresh;
static enum header_error error; /* of the last reading */

static void tell(struct text *told, struct span name, struct span value)
{
    text_add(told, name);
    text_char(told, '\0');
    text_add(told, value);
    text_char(told, '\n');
}

/* What has come to its end stays there and takes nothing more. */
static void check_over(struct header_reader *reader, enum header_event last)
{
    enum header_event event;
    struct span name, value, more = SPAN("X: y\r\n\r\n");

    DEMAND(header_read(reader, more, &name, &value, &event) == 0 && event == last);
    header_finish(reader, &name, &value, &event);
    DEMAND(event == last);
}

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct header_reader reader = fresh;
    enum header_event event = HEADER_MORE;
    struct span name, value;
    unsigned fields = 0;

    for (size_t at = 0, end = 0; event == HEADER_MORE; at = end) {
        bool last = at == in.len;
        struct span piece, rest;

        end = last ? at : fuzz_piece_end(cut, at, in.len);
        piece = rest = fuzz_copy(span_of(in.ptr + at, end - at));
        do {
            if (last)
                header_finish(&reader, &name, &value, &event);
            else
                rest = span_skip(rest, header_read(&reader, rest, &name, &value, &event));
            if (event == HEADER_FIELD)
                tell(told, name, value);
            fields += event == HEADER_FIELD;
        } while (event == HEADER_FIELD);
        if (event == HEADER_END) {
            text_format(told, "%s body:", reader.malformed ? "malformed" : "");
            text_add(told, header_tail(&reader));
            text_add(told, rest);
            text_add(told, span_skip(in, end));
        }
        DEMAND(event != HEADER_MORE || (rest.len == 0 && !last));
        fuzz_free(piece);
    }
    check_over(&reader, event);
    DEMAND(reader.count == fields && reader.received <= fields && reader.octets <= reader.section_limit);
    DEMAND((event == HEADER_ERROR) == (reader.error != HEADER_OK) && fields <= reader.count_limit);
    error = reader.error;
    text_format(told, " %d %u", (int)reader.error, reader.received);
    header_free(&reader);
}

/* Octets of the line, LF included. */
static size_t line_len(struct span s)
{
    const char *lf = memchr(s.ptr, '\n', s.len);

    return lf != NULL ? (size_t)(lf - s.ptr) + 1 : s.len;
}

/* Without limits. */
static void model(struct span in, struct text *told)
{
    unsigned received = 0;

    while (in.len > 0 && in.ptr[0] != '\n' && !span_eq(span_first(in, 2), SPAN("\r\n"))) {
        size_t name = 0, len = line_len(in), colon;

        while (name < len && in.ptr[name] > ' ' && in.ptr[name] < 0x7f && in.ptr[name] != ':')
            name++;
        for (colon = name; colon < len && (in.ptr[colon] == ' ' || in.ptr[colon] == '\t');)
            colon++;
        if (name == 0 || colon == len || in.ptr[colon] != ':')
            break;
        while (len < in.len && in.ptr[len - 1] == '\n' && (in.ptr[len] == ' ' || in.ptr[len] == '\t'))
            len += line_len(span_skip(in, len));
        size_t end = len - (in.ptr[len - 1] == '\n');
        end -= end > colon + 1 && in.ptr[end - 1] == '\r';
        tell(told, span_first(in, name), span_of(in.ptr + colon + 1, end - colon - 1));
        received += span_eq_nocase(span_first(in, name), SPAN("received"));
        in = span_skip(in, len);
    }
    size_t blank = in.len > 0 && in.ptr[0] == '\n' ? 1 : span_eq(span_first(in, 2), SPAN("\r\n")) ? 2 : 0;
    text_format(told, "%s body:", blank != 0 || in.len == 0 ? "" : "malformed");
    text_add(told, span_skip(in, blank));
    text_format(told, " 0 %u", received);
}

void fuzz_one(struct span in)
{
    static const struct header_reader limits[] = {{1 << 20, 1 << 20, 1000, .colon = 0},
                                                  {16, 64, 3, .colon = 0},
                                                  {64, 32, 1000, .colon = 0},
                                                  {1 << 20, 1 << 20, 2, .colon = 0}};
    static char octets[2][1 << 16];
    struct text expected = TEXT(octets[0]), starved = TEXT(octets[1]);
    unsigned choice = fuzz_choice(&in, 4), few = fuzz_choice(&in, 8);
    size_t at = fuzz_position(&in);
    struct span told;

    fresh = limits[choice];
    told = fuzz_every_way(in, at, feed);
    if (choice == 0) {
        model(in, &expected);
        DEMAND(span_eq(told, text_span(&expected)));
    }
    fuzz_starve(few);
    feed(in, (struct fuzz_cut){at, 3}, &starved);
    fuzz_starve(0);
    DEMAND(error == HEADER_NO_MEMORY || span_eq(told, text_span(&starved)));
}
