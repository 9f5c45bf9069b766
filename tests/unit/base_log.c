/* base_log.c: tests of log lines: both forms, escaping, levels, and values too long for the line. */
#include "base/log.h"

#include "test.h"

struct sink {
    char bytes[8192];
    struct text text;
    unsigned lines;
};

static void take(void *arg, enum log_level level, struct span line)
{
    struct sink *sink = arg;

    (void)level;
    CHECK(line.len > 0 && line.ptr[line.len - 1] == '\n');
    CHECK(memchr(line.ptr, '\n', line.len) == line.ptr + line.len - 1);
    text_add(&sink->text, line);
    sink->lines++;
}

static uint64_t wall(void *arg)
{
    (void)arg;
    return UINT64_C(1700000000007);
}

static struct log log_to(struct sink *sink, enum log_format format)
{
    sink->text = TEXT(sink->bytes);
    sink->lines = 0;
    return (struct log){LOG_LEVEL_INFO, format, take, wall, sink};
}

#define KV_HEAD   "time=2023-11-14T22:13:20.007Z level=info event=mail "
#define JSON_HEAD "{\"time\":\"2023-11-14T22:13:20.007Z\",\"level\":\"info\",\"event\":\"mail\","

static const struct {
    enum log_format format;
    struct span value;
    struct span line;
} CASES[] = {
    {LOG_FORMAT_KV, SPAN("plain"), SPAN(KV_HEAD "v=plain n=7\n")},
    {LOG_FORMAT_KV, SPAN(""), SPAN(KV_HEAD "v=\"\" n=7\n")},
    {LOG_FORMAT_KV, {NULL, 0}, SPAN(KV_HEAD "v=\"\" n=7\n")},
    {LOG_FORMAT_KV, SPAN("a b"), SPAN(KV_HEAD "v=\"a b\" n=7\n")},
    {LOG_FORMAT_KV, SPAN("a=b"), SPAN(KV_HEAD "v=\"a=b\" n=7\n")},
    {LOG_FORMAT_KV, SPAN("a\"\\"), SPAN(KV_HEAD "v=\"a\\\"\\\\\" n=7\n")},
    {LOG_FORMAT_KV, SPAN("a\r\nlevel=error\x1b\0\x7f\xc3"),
     SPAN(KV_HEAD "v=\"a\\x0d\\x0alevel=error\\x1b\\x00\\x7f\\xc3\" n=7\n")},
    {LOG_FORMAT_JSON, SPAN("plain"), SPAN(JSON_HEAD "\"v\":\"plain\",\"n\":7}\n")},
    {LOG_FORMAT_JSON, SPAN(""), SPAN(JSON_HEAD "\"v\":\"\",\"n\":7}\n")},
    {LOG_FORMAT_JSON, SPAN("a\"\\\n\xff"), SPAN(JSON_HEAD "\"v\":\"a\\\"\\\\\\u000a\\u00ff\",\"n\":7}\n")},
};

static void test_lines(void)
{
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct sink sink;
        struct log log = log_to(&sink, CASES[i].format);
        struct log_line line;

        log_begin(&line, &log, LOG_LEVEL_INFO, "mail");
        log_field(&line, "v", CASES[i].value);
        log_number(&line, "n", 7);
        log_end(&line);
        CHECK_SPAN(text_span(&sink.text), CASES[i].line);
    }
}

/* A long value is cut, escapes whole, and the fields behind it still stand. */
static void test_long_values(enum log_format format, char octet, const char *tail)
{
    char value[9000];
    struct sink sink;
    struct log log = log_to(&sink, format);
    struct log_line line;
    struct span end = span_str(tail);

    memset(value, octet, sizeof(value));
    log_begin(&line, &log, LOG_LEVEL_INFO, "mail");
    log_field(&line, "v", span_of(value, sizeof(value)));
    log_fieldf(&line, "f", "%.*s", (int)sizeof(value), "short");
    log_end(&line);
    CHECK(sink.text.len > end.len + 500 && sink.text.len < 700);
    CHECK_SPAN(span_skip(text_span(&sink.text), sink.text.len - end.len), end);
}

/* More fields than a line holds: whichever octet is the last that fits, the line ends well. */
static void test_full_line(enum log_format format, const char *tail)
{
    char value[300];
    struct span end = span_str(tail);

    memset(value, 'x', sizeof(value));
    for (size_t len = 1; len < sizeof(value); len++) {
        struct sink sink;
        struct log log = log_to(&sink, format);
        struct log_line line;

        log_begin(&line, &log, LOG_LEVEL_INFO, "mail");
        for (int i = 0; i < 5000; i++)
            log_field(&line, "v", span_of(value, len));
        log_number(&line, "number", UINT64_MAX);
        log_end(&line);
        CHECK(sink.lines == 1 && sink.text.len > 4000 && sink.text.len <= 4096);
        CHECK_SPAN(span_skip(text_span(&sink.text), sink.text.len - end.len), end);
    }
}

static void test_note(void)
{
    struct sink sink;
    struct log log = log_to(&sink, LOG_FORMAT_KV);
    char long_text[3000];

    log_note(&log, LOG_LEVEL_DEBUG, "hidden", "%d", 1);
    log_note(NULL, LOG_LEVEL_ERROR, "nowhere", "%d", 1);
    CHECK(sink.lines == 0);
    CHECK(log_wants(&log, LOG_LEVEL_INFO) && !log_wants(&log, LOG_LEVEL_DEBUG));
    log_note(&log, LOG_LEVEL_INFO, "mail", "cannot %s", "go");
    CHECK_SPAN(text_span(&sink.text), SPAN(KV_HEAD "text=\"cannot go\"\n"));

    memset(long_text, 'x', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    log_note(&log, LOG_LEVEL_INFO, "mail", "%s", long_text);
    CHECK(sink.lines == 2 && sink.text.len > 600); /* cut, not lost */
}

int main(void)
{
    test_lines();
    test_long_values(LOG_FORMAT_KV, 'x', "x f=short\n");
    test_long_values(LOG_FORMAT_KV, '\n', "\\x0a\" f=short\n");
    test_long_values(LOG_FORMAT_JSON, 'x', "x\",\"f\":\"short\"}\n");
    test_long_values(LOG_FORMAT_JSON, '\x01', "\\u0001\",\"f\":\"short\"}\n");
    test_full_line(LOG_FORMAT_KV, "\n");
    test_full_line(LOG_FORMAT_JSON, "\"}\n");
    test_note();
    return test_end("base_log");
}
