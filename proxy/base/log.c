/* log.c: composes log lines and escapes untrusted text; where lines go is the sink's affair. */
#include "base/log.h"

#include <stdio.h>
#include <time.h>

#define CLOSING_OCTETS 8   /* kept free for brace and LF */
#define VALUE_OCTETS   512 /* of one value, escaped and quoted */

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static bool json(const struct log_line *line)
{
    return line->log->format == LOG_FORMAT_JSON;
}

/* A value is bare in key=value form when it needs no quotes to be read back. */
static bool bare(struct span value)
{
    if (value.len == 0)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return true;
}

/* Octets outside printable ASCII become \xNN (\u00NN in JSON), so no terminal or log reader can be fooled. */
static void escaped(struct log_line *line, struct span value)
{
    for (size_t i = 0; i < value.len && !line->text.cut; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c == '"' || c == '\\') {
            char pair[2] = {'\\', (char)c};
            text_add(&line->text, span_of(pair, 2));
        } else if (c < 0x20 || c >= 0x7f) {
            text_format(&line->text, json(line) ? "\\u%04x" : "\\x%02x", c);
        } else {
            text_char(&line->text, (char)c);
        }
    }
}

static void key_name(struct log_line *line, const char *key)
{
    if (json(line)) {
        text_add(&line->text, line->text.len > 1 ? SPAN(",\"") : SPAN("\""));
        text_add(&line->text, span_str(key));
        text_add(&line->text, SPAN("\":"));
        return;
    }
    if (line->text.len > 0)
        text_char(&line->text, ' ');
    text_add(&line->text, span_str(key));
    text_char(&line->text, '=');
}

/* A field whose key does not fit is left out whole: half a field would not be readable. */
static void settle(struct log_line *line, size_t before)
{
    if (line->text.cut) {
        line->text.len = before;
        line->text.cut = false;
    }
}

/* What is said is cut to the room there is, unlike text_formatv(), which takes all or nothing. */
__attribute__((format(printf, 3, 0))) static struct span said(char *bytes, size_t size, const char *format,
                                                              va_list args)
{
    int n = vsnprintf(bytes, size, format, args);

    return n < 0 ? span_of(bytes, 0) : span_first(span_of(bytes, (size_t)n), size - 1);
}

static void time_stamp(struct log_line *line)
{
    uint64_t ms = line->log->wall(line->log->arg);
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    char bytes[64];
    struct text stamp = TEXT(bytes);

    gmtime_r(&seconds, &tm);
    stamp.len = strftime(bytes, sizeof(bytes), "%Y-%m-%dT%H:%M:%S", &tm);
    text_format(&stamp, ".%03uZ", (unsigned)(ms % 1000));
    log_field(line, "time", text_span(&stamp));
}

void log_begin(struct log_line *line, struct log *log, enum log_level level, const char *event)
{
    line->log = log;
    line->level = level;
    line->text = (struct text){line->bytes, 0, sizeof(line->bytes) - CLOSING_OCTETS, false};
    if (json(line))
        text_char(&line->text, '{');
    time_stamp(line);
    log_field(line, "level", span_str(level_names[level]));
    log_field(line, "event", span_str(event));
}

/* No value takes more than VALUE_OCTETS, so that a long one cannot push the fields behind it off the line. */
void log_field(struct log_line *line, const char *key, struct span value)
{
    struct text *text = &line->text;
    size_t before = text->len, size = text->size, room;

    key_name(line, key);
    text->cut = text->cut || size - text->len < sizeof("\"\"") - 1;
    if (!text->cut) {
        room = size - text->len;
        text->size = text->len + (room < VALUE_OCTETS ? room : VALUE_OCTETS);
        if (!json(line) && bare(value)) {
            text_add(text, span_first(value, text->size - text->len));
        } else {
            text->size--; /* kept for the closing quote */
            text_char(text, '"');
            escaped(line, value);
            text->cut = false;
            text->size++;
            text_char(text, '"');
        }
        text->size = size;
    }
    settle(line, before);
}

void log_number(struct log_line *line, const char *key, uint64_t value)
{
    size_t before = line->text.len;

    key_name(line, key);
    text_number(&line->text, value);
    settle(line, before);
}

void log_fieldf(struct log_line *line, const char *key, const char *format, ...)
{
    char bytes[VALUE_OCTETS];
    struct span value;
    va_list args;

    va_start(args, format);
    value = said(bytes, sizeof(bytes), format, args);
    va_end(args);
    log_field(line, key, value);
}

void log_end(struct log_line *line)
{
    line->text.size = sizeof(line->bytes);
    line->text.cut = false;
    text_add(&line->text, json(line) ? SPAN("}\n") : SPAN("\n"));
    line->log->write(line->log->arg, line->level, text_span(&line->text));
}

void log_note(struct log *log, enum log_level level, const char *event, const char *format, ...)
{
    struct log_line line;
    char bytes[VALUE_OCTETS];
    struct span text;
    va_list args;

    if (!log_wants(log, level))
        return;
    va_start(args, format);
    text = said(bytes, sizeof(bytes), format, args);
    va_end(args);
    log_begin(&line, log, level, event);
    log_field(&line, "text", text);
    log_end(&line);
}
