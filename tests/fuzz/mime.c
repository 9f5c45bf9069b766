/* Fuzzes mail/mime.c: the parts of a message, what is in them and what is wrong with them do not depend on
 * how it comes in pieces; every part that begins ends, inside the one around it. */
#include "mail/mime.h"

#include "fuzz.h"

#define PARTS_MAX 40

static const struct mime_limits limits = {
    .depth = 8, .parts = PARTS_MAX, .field = 300, .header_section = 900};

/* Of one part: its content is only summed up, as it comes in pieces. */
struct seen {
    uint64_t bytes, raw, text, rendered, anomalies;
    bool open;
};

static uint64_t add(uint64_t sum, struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        sum = (sum ^ (unsigned char)s.ptr[i]) * UINT64_C(0x100000001b3);
    return sum + (s.len == 0);
}

static void tell(struct text *told, const struct mime_event *event, struct seen *parts)
{
    const struct mime_part *part = event->part;
    struct seen *seen = &parts[part->index];

    DEMAND(part->index <= PARTS_MAX && part->depth <= limits.depth + 1);
    switch (event->kind) {
    case MIME_FIELD:
        text_format(told, "field %u ", part->index);
        text_add(told, event->name);
        text_add(told, event->value);
        break;
    case MIME_PART_BEGIN:
        DEMAND(!seen->open && (part->index == 0 || parts[part->parent].open));
        seen->open = true;
        text_format(told, "begin %u<%u ", part->index, part->parent);
        text_add(told, part->type);
        text_add(told, part->filename);
        break;
    case MIME_PART_END:
        DEMAND(seen->open);
        seen->open = false;
        text_format(told, "end %u\n", part->index);
        break;
    case MIME_ANOMALY:
        DEMAND(seen->open && (seen->anomalies & anomaly_bit(event->anomaly)) == 0);
        seen->anomalies |= anomaly_bit(event->anomaly);
        break;
    case MIME_RAW:
        DEMAND(seen->open && event->bytes.len != 0);
        seen->raw = add(seen->raw, event->bytes);
        break;
    case MIME_BYTES:
        DEMAND(seen->open && event->bytes.len != 0);
        seen->bytes = add(seen->bytes, event->bytes);
        break;
    default:
        DEMAND(seen->open && part->text && event->bytes.len != 0);
        *(event->rendered ? &seen->rendered : &seen->text) =
            add(event->rendered ? seen->rendered : seen->text, event->bytes);
        break;
    }
}

/* One piece; `last`: the end of the message. */
static void read_piece(struct mime *mime, struct span piece, bool last, struct text *told, struct seen *parts)
{
    struct mime_event event;
    size_t idle = 0;

    do {
        size_t used = mime_read(mime, piece, last, &event);
        DEMAND(used <= piece.len);
        idle = used == 0 ? idle + 1 : 0;
        DEMAND(idle < 10000);
        piece = span_skip(piece, used);
        if (event.kind != MIME_MORE && event.kind != MIME_END)
            tell(told, &event, parts);
    } while (event.kind != MIME_MORE && event.kind != MIME_END);
    DEMAND(piece.len == 0 && event.kind == (last ? MIME_END : MIME_MORE));
}

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct mime *mime = mime_new(&limits);
    struct seen parts[PARTS_MAX + 1] = {{0}};

    DEMAND(mime != NULL);
    for (size_t at = 0, end; at < in.len; at = end) {
        struct span piece;
        end = fuzz_piece_end(cut, at, in.len);
        piece = fuzz_copy(span_of(in.ptr + at, end - at));
        read_piece(mime, piece, false, told, parts);
        fuzz_free(piece);
    }
    read_piece(mime, SPAN(""), true, told, parts);
    DEMAND(!mime_failed(mime));
    for (unsigned i = 0; i <= PARTS_MAX; i++) {
        DEMAND(!parts[i].open);
        text_format(told, "%llx %llx %llx %llx %llx\n", (unsigned long long)parts[i].bytes,
                    (unsigned long long)parts[i].raw, (unsigned long long)parts[i].text,
                    (unsigned long long)parts[i].rendered, (unsigned long long)parts[i].anomalies);
    }
    mime_free(mime);
}

void fuzz_one(struct span in)
{
    size_t at = fuzz_position(&in);

    (void)fuzz_every_way(in, at, feed);
}
