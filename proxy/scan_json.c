/* scan_json.c: what became of a message, as a JSON object on a line (RFC 8259). */
#include "scan_json.h"

#include <inttypes.h>

#include "smtp/address.h"

static void print_string(FILE *out, struct span s)
{
    bool utf8 = address_utf8_valid(s);

    putc('"', out);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
            fprintf(out, "\\u%04x", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

/* Absent when empty. */
static void print_text(FILE *out, const char *key, const struct finding_text *text)
{
    if (text->len == 0)
        return;
    fprintf(out, ",\"%s\":", key);
    print_string(out, finding_span(text));
}

/* A decision: its verdict and who made it why. */
static void print_decision(FILE *out, const struct finding *finding)
{
    fputs("\"verdict\":", out);
    print_string(out, finding_span(&finding->verdict));
    print_text(out, "filter", &finding->filter);
    print_text(out, "reason", &finding->reason);
    print_text(out, "where", &finding->where);
    print_text(out, "at", &finding->at);
    fprintf(out, ",\"code\":%u", finding->code);
    print_text(out, "reply", &finding->reply);
}

/* The notes of one kind. */
static void print_notes(FILE *out, const char *key, bool failed, const char *what,
                        const struct finding *finding)
{
    const char *before = "";

    fprintf(out, ",\"%s\":[", key);
    for (unsigned i = 0; i < finding->count && i < FINDING_NOTES; i++) {
        const struct finding_note *note = &finding->notes[i];
        if (note->failed != failed)
            continue;
        fprintf(out, "%s{\"filter\":", before);
        print_string(out, finding_span(&note->filter));
        print_text(out, note->failed || note->at.len != 0 ? what : "edit", &note->what);
        print_text(out, "at", &note->at);
        print_text(out, "reason", &note->reason);
        print_text(out, "where", &note->where);
        putc('}', out);
        before = ",";
    }
    putc(']', out);
}

void scan_json_print(FILE *out, const char *name, const struct finding *finding, const struct finding *old)
{
    fputs("{\"message\":", out);
    print_string(out, span_str(name));
    fprintf(out, ",\"size\":%" PRIu64 ",\"ms\":%.3f,", finding->size, (double)finding->ns / 1e6);
    print_decision(out, finding);
    fprintf(out, ",\"recipients\":%u,\"recipients_refused\":%u", finding->recipients,
            finding->recipients_refused);
    print_notes(out, "observed", false, "verdict", finding);
    print_notes(out, "failed", true, "on_failure", finding);
    if (old != NULL) {
        fputs(",\"against\":{", out);
        print_decision(out, old);
        putc('}', out);
    }
    fputs("}\n", out);
}
