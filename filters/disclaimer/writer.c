/* writer.c: encodes as base64 and quoted-printable (RFC 2045 6.7, 6.8), in pieces of any size. */
#include "filters/disclaimer/writer.h"

#include <stdio.h>

#define LINE_OCTETS 76 /* RFC 2045 6.7 (5), 6.8 */

static int flush(struct writer *writer, struct filter_ctx *ctx)
{
    struct span made = span_of(writer->out, writer->used);

    writer->used = 0;
    return made.len != 0 ? filter_replace_body(ctx, made) : 0;
}

static int emit(struct writer *writer, struct filter_ctx *ctx, struct span s)
{
    if (sizeof(writer->out) - writer->used < s.len && flush(writer, ctx) != 0)
        return -1;
    memcpy(writer->out + writer->used, s.ptr, s.len);
    writer->used += s.len;
    return 0;
}

/* --- base64 --------------------------------------------------------------------------------------------- */

static int emit_group(struct writer *writer, struct filter_ctx *ctx)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0;
    char group[4];

    for (unsigned i = 0; i < 3; i++)
        bits = bits << 8 | (i < writer->grouped ? writer->group[i] : 0u);
    for (unsigned i = 0; i < 4; i++)
        group[i] = '=';
    for (unsigned i = 0; i <= writer->grouped; i++)
        group[i] = letters[bits >> (18 - 6 * i) & 63u];
    if (writer->column == LINE_OCTETS) {
        if (emit(writer, ctx, SPAN("\r\n")) != 0)
            return -1;
        writer->column = 0;
    }
    writer->column += 4;
    writer->grouped = 0;
    return emit(writer, ctx, span_of(group, 4));
}

static int put_base64(struct writer *writer, struct filter_ctx *ctx, char c)
{
    writer->group[writer->grouped++] = (unsigned char)c;
    return writer->grouped == 3 ? emit_group(writer, ctx) : 0;
}

/* --- quoted-printable ----------------------------------------------------------------------------------- */

static int emit_quoted(struct writer *writer, struct filter_ctx *ctx, unsigned char c, bool literal)
{
    char token[4];
    size_t len = literal ? 1 : 3;

    (void)snprintf(token, sizeof(token), literal ? "%c" : "=%02X", c);
    if (writer->column + len >= LINE_OCTETS) { /* room is left for the = of a soft line break */
        if (emit(writer, ctx, SPAN("=\r\n")) != 0)
            return -1;
        writer->column = 0;
    }
    writer->column += (unsigned)len;
    return emit(writer, ctx, span_of(token, len));
}

static bool waits(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* White space stands for itself unless a line ends behind it; CR only as part of a line's end. */
static int put_quoted(struct writer *writer, struct filter_ctx *ctx, char c)
{
    if (writer->grouped != 0) {
        unsigned char before = writer->group[0];
        writer->grouped = 0;
        if (before == '\r' && c == '\n') {
            writer->column = 0;
            return emit(writer, ctx, SPAN("\r\n"));
        }
        if (emit_quoted(writer, ctx, before, before != '\r' && c != '\r') != 0)
            return -1;
    }
    if (!waits(c))
        return emit_quoted(writer, ctx, (unsigned char)c, c > ' ' && c <= '~' && c != '=');
    writer->group[0] = (unsigned char)c;
    writer->grouped = 1;
    return 0;
}

/* --- either --------------------------------------------------------------------------------------------- */

int writer_put(struct writer *writer, struct filter_ctx *ctx, struct span octets)
{
    if (writer->encoding == ENCODING_IDENTITY)
        return octets.len != 0 ? filter_replace_body(ctx, octets) : 0;
    for (size_t i = 0; i < octets.len; i++) {
        int error = writer->encoding == ENCODING_BASE64 ? put_base64(writer, ctx, octets.ptr[i])
                                                        : put_quoted(writer, ctx, octets.ptr[i]);
        if (error != 0)
            return -1;
    }
    return 0;
}

int writer_end(struct writer *writer, struct filter_ctx *ctx)
{
    int error = 0;

    if (writer->grouped != 0 && writer->encoding == ENCODING_BASE64)
        error = emit_group(writer, ctx);
    else if (writer->grouped != 0)
        error = emit_quoted(writer, ctx, writer->group[0], false);
    writer->grouped = 0;
    return error != 0 ? -1 : flush(writer, ctx);
}
