/* section.c: leaves two fields out of a header section and puts their successors at its end. */
#include "filters/disclaimer/section.h"

#include <stdio.h>

struct span section_encoding(const struct said *said)
{
    return said->encoding == ENCODING_BASE64 ? SPAN("base64") : SPAN("quoted-printable");
}

void section_type(struct said *said, struct span subtype, bool flowed)
{
    (void)snprintf(said->type, sizeof(said->type), "text/%.*s; charset=utf-8%s", (int)subtype.len,
                   subtype.ptr, flowed ? "; format=flowed" : "");
}

static bool is_named(struct span line, struct span name)
{
    return line.len > name.len && span_starts_nocase(line, name) &&
           span_trim(span_skip(line, name.len)).ptr[0] == ':';
}

static int write_field(struct filter_ctx *ctx, const char *name, struct span value)
{
    char line[128];
    int len = snprintf(line, sizeof(line), "%s: %.*s\r\n", name, (int)value.len, value.ptr);

    return filter_replace_body(ctx, span_of(line, (size_t)len));
}

static int write_said(struct filter_ctx *ctx, const struct said *said)
{
    if (said->type[0] != '\0' && write_field(ctx, "Content-Type", span_str(said->type)) != 0)
        return -1;
    return write_field(ctx, "Content-Transfer-Encoding", section_encoding(said));
}

static bool is_blank(struct span line)
{
    return span_eq(line, SPAN("\r\n")) || span_eq(line, SPAN("\n"));
}

int section_write(struct filter_ctx *ctx, struct span section, const struct said *said)
{
    bool left_out = false;

    while (section.len != 0) {
        const char *end = memchr(section.ptr, '\n', section.len);
        struct span line = span_first(section, end != NULL ? (size_t)(end - section.ptr) + 1 : section.len);
        section = span_skip(section, line.len);
        if (section.len == 0)
            return is_blank(line) && write_said(ctx, said) == 0 ? filter_replace_body(ctx, line) : -1;
        if (line.ptr[0] != ' ' && line.ptr[0] != '\t')
            left_out = is_named(line, SPAN("Content-Transfer-Encoding")) ||
                       (said->type[0] != '\0' && is_named(line, SPAN("Content-Type")));
        if (!left_out && filter_replace_body(ctx, line) != 0)
            return -1;
    }
    return -1;
}
