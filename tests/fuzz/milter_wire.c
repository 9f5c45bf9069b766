/* Fuzzes filters/milter/wire.c: packets are the same however octets trickle in; what can be taken apart can
 * be put together again, octet for octet, on both sides; lists end. */
#include "filters/milter/wire.h"
#include "fuzz.h"

static size_t limit;

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct milter_reader reader = {.limit = limit};
    long status = 1;

    for (size_t at = 0, end = 0; end < in.len && status > 0; at = end) {
        end = fuzz_piece_end(cut, at, in.len);
        struct span piece = fuzz_copy(span_of(in.ptr + at, end - at)), rest = piece;
        while (rest.len != 0 && status > 0) {
            struct span data;
            char command;
            status = milter_read(&reader, rest, &command, &data);
            DEMAND(status != 0 && status <= (long)rest.len && status >= MILTER_ERROR_MEMORY);
            if (status > 0)
                rest = span_skip(rest, (size_t)status);
            if (command != '\0')
                text_format(told, "%d %zu ", command, data.len);
        }
        fuzz_free(piece);
    }
    text_format(told, "%d", status > 0 ? 0 : (int)status);
    milter_reader_free(&reader);
}

static void check_lists(const struct milter_packet *packet)
{
    struct span list = packet->rest, a, b;
    uint32_t stage;

    for (size_t n = 0; milter_next_macro(&list, &a, &b); n++)
        DEMAND(n <= packet->rest.len);
    list = packet->rest;
    while (milter_next_symbols(&list, &stage, &a) > 0)
        DEMAND(list.len < packet->rest.len);
}

/* The octets of a packet that is whole, of one side or the other. */
static void check_packet(enum milter_side side, struct span octets, char command, struct span data)
{
    struct milter_writer writer = {0};
    struct milter_packet packet;

    if (milter_parse(side, command, data, &packet) != 0)
        return;
    check_lists(&packet);
    DEMAND(milter_write(&writer, side, &packet) == 0);
    DEMAND(span_eq(milter_written(&writer), octets));
    milter_writer_free(&writer);
}

void fuzz_one(struct span in)
{
    static const size_t limits[] = {0, 8, 100};
    struct milter_reader reader = {0};
    size_t at;

    limit = limits[fuzz_choice(&in, 3)];
    at = fuzz_position(&in);
    (void)fuzz_every_way(in, at, feed);
    while (in.len != 0) {
        struct span data, copy = fuzz_copy(in);
        char command;
        long n = milter_read(&reader, copy, &command, &data);
        if (n > 0 && command != '\0') {
            check_packet(MILTER_OF_MTA, span_first(copy, (size_t)n), command, data);
            check_packet(MILTER_OF_FILTER, span_first(copy, (size_t)n), command, data);
        }
        fuzz_free(copy);
        if (n <= 0 || command == '\0')
            break;
        in = span_skip(in, (size_t)n);
    }
    milter_reader_free(&reader);
}
