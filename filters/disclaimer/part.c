/* part.c: puts the wording on lines of its own, and the text around it. */
#include "filters/disclaimer/part.h"

static int put(struct part *part, struct filter_ctx *ctx, struct span s)
{
    for (size_t i = s.len > 2 ? s.len - 2 : 0; i < s.len; i++) {
        part->tail[0] = part->tail[1];
        part->tail[1] = s.ptr[i];
        part->len += part->len < 2;
    }
    return writer_put(&part->writer, ctx, s);
}

static int end_line(struct part *part, struct filter_ctx *ctx)
{
    bool ended = part->len == 0 || (part->tail[0] == '\r' && part->tail[1] == '\n');

    return ended ? 0 : put(part, ctx, SPAN("\r\n"));
}

static int put_wording(struct part *part, struct filter_ctx *ctx)
{
    part->put = true;
    return end_line(part, ctx) != 0 ? -1 : put(part, ctx, part->wording);
}

int part_begin(struct part *part, struct filter_ctx *ctx)
{
    if (!part->first)
        return 0;
    return put_wording(part, ctx) != 0 ? -1 : put(part, ctx, SPAN("\r\n"));
}

int part_write(struct part *part, struct filter_ctx *ctx, struct span text)
{
    struct span pass;

    while (text.len != 0) {
        bool here = place_read(&part->place, &text, &pass);
        if (put(part, ctx, pass) != 0)
            return -1;
        if (here && (put_wording(part, ctx) != 0 || put(part, ctx, SPAN("\r\n")) != 0))
            return -1;
    }
    return 0;
}

int part_end(struct part *part, struct filter_ctx *ctx)
{
    struct span rest = place_end(&part->place);

    if (!part->put && put_wording(part, ctx) != 0)
        return -1;
    if ((rest.len != 0 && end_line(part, ctx) != 0) || put(part, ctx, rest) != 0)
        return -1;
    if ((part->last && end_line(part, ctx) != 0) || writer_end(&part->writer, ctx) != 0)
        return -1;
    return part->last && part->writer.encoding == ENCODING_BASE64 ? filter_replace_body(ctx, SPAN("\r\n"))
                                                                  : 0;
}
