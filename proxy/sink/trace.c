/* trace.c: the envelope written down; where it goes is left to maildir.c. */
#include "sink/trace.h"

#include <time.h>

#include "base/mem.h"

static void add(struct trace *trace, struct span s)
{
    if (trace->len + s.len > trace->size) {
        size_t size = (trace->len + s.len) * 2 + 512;
        char *grown = trace->failed ? NULL : mem_resize(trace->ptr, size);
        if (grown == NULL) {
            trace->failed = true;
            return;
        }
        trace->ptr = grown;
        trace->size = size;
    }
    if (s.len != 0)
        memcpy(trace->ptr + trace->len, s.ptr, s.len);
    trace->len += s.len;
}

static void add_str(struct trace *trace, const char *s)
{
    add(trace, span_str(s));
}

static void add_ip(struct trace *trace, const struct ip *ip)
{
    char bytes[IP_TEXT_MAX];
    struct text text = TEXT(bytes);

    ip_print(&text, ip);
    add(trace, text_span(&text));
}

static void add_field(struct trace *trace, const char *name, struct span value)
{
    add_str(trace, name);
    add(trace, value);
    add_str(trace, "\n");
}

/* Transmission type of RFC 3848. */
static const char *protocol(const struct sink_envelope *envelope)
{
    if (!envelope->extended)
        return "SMTP";
    return envelope->authenticated ? "ESMTPA" : "ESMTP";
}

static void add_date(struct trace *trace, uint64_t wall)
{
    time_t seconds = (time_t)(wall / 1000);
    struct tm tm;
    char date[64];

    if (gmtime_r(&seconds, &tm) == NULL)
        return;
    add(trace, span_of(date, strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000", &tm)));
}

void trace_fields(struct trace *trace, const struct sink_envelope *envelope, struct span id, uint64_t wall)
{
    add_str(trace, "Return-Path: <");
    add(trace, envelope->reverse_path);
    add_str(trace, ">\n");
    for (const struct sink_recipient *to = envelope->recipients; to != NULL; to = to->next) {
        add_field(trace, "Delivered-To: ", to->address);
        add_field(trace, "X-Original-To: ", to->address);
    }
    add_str(trace, "Received: from ");
    add(trace, envelope->helo);
    add_str(trace, envelope->peer.family == 6 ? " ([IPv6:" : " ([");
    add_ip(trace, &envelope->peer);
    add_str(trace, "])\n\tby ");
    add(trace, envelope->hostname);
    add_str(trace, " with ");
    add_str(trace, protocol(envelope));
    add_str(trace, " id ");
    add(trace, id);
    add_str(trace, ";\n\t");
    add_date(trace, wall);
    add_str(trace, "\n");
}

static void add_json_string(struct trace *trace, struct span s)
{
    static const char hex[] = "0123456789abcdef";

    add_str(trace, "\"");
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        char escape[6] = {'\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 15]};
        if (c == '"' || c == '\\')
            add_str(trace, "\\");
        if ((unsigned char)c < 0x20 || c == 0x7f)
            add(trace, span_of(escape, sizeof(escape)));
        else
            add(trace, span_of(&c, 1));
    }
    add_str(trace, "\"");
}

static void add_member(struct trace *trace, const char *name, struct span value)
{
    add_str(trace, name);
    add_json_string(trace, value);
}

void trace_json(struct trace *trace, const struct sink_envelope *envelope)
{
    add_str(trace, "{\"client\": \"");
    add_ip(trace, &envelope->peer);
    add_member(trace, "\", \"protocol\": ", span_str(protocol(envelope)));
    add_member(trace, ", \"helo\": ", envelope->helo);
    add_member(trace, ", \"reverse_path\": ", envelope->reverse_path);
    add_member(trace, ", \"parameters\": ", envelope->parameters);
    add_str(trace, ", \"recipients\": [");
    for (const struct sink_recipient *to = envelope->recipients; to != NULL; to = to->next) {
        add_member(trace, to != envelope->recipients ? ", {\"address\": " : "{\"address\": ", to->address);
        add_member(trace, ", \"parameters\": ", to->parameters);
        add_str(trace, "}");
    }
    add_str(trace, "]}\n");
}
