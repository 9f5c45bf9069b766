/* A line of the log is taken apart into what it was composed of. */
#include "scan/log_fields.h"

#include "base/log.h"
#include "test.h"

static char composed[4096];
static size_t composed_len;

static void take(void *arg, enum log_level level, struct span line)
{
    (void)arg;
    (void)level;
    memcpy(composed, line.ptr, line.len);
    composed_len = line.len;
}

static uint64_t wall(void *arg)
{
    (void)arg;
    return 0;
}

static void check_field(struct span *line, struct span key, struct span value)
{
    char bytes[600];
    struct text got = TEXT(bytes);
    struct span name;

    REQUIRE(log_fields_next(line, &name, &got));
    CHECK_SPAN(name, key);
    CHECK_SPAN(text_span(&got), value);
}

/* Every octet, alone and between others. */
static void check_octets(void)
{
    struct log log = {LOG_LEVEL_INFO, LOG_FORMAT_KV, take, wall, NULL};

    for (int octet = 0; octet < 256; octet++) {
        char alone = (char)octet, between[] = {'x', (char)octet, '\\', (char)octet, '"'};
        struct log_line line;
        struct span rest;
        log_begin(&line, &log, LOG_LEVEL_INFO, "test");
        log_field(&line, "alone", span_of(&alone, 1));
        log_field(&line, "between", span_of(between, sizeof(between)));
        log_field(&line, "nothing", SPAN(""));
        log_number(&line, "number", 42);
        log_end(&line);
        rest = span_of(composed, composed_len);
        check_field(&rest, SPAN("time"), SPAN("1970-01-01T00:00:00.000Z"));
        check_field(&rest, SPAN("level"), SPAN("info"));
        check_field(&rest, SPAN("event"), SPAN("test"));
        check_field(&rest, SPAN("alone"), span_of(&alone, 1));
        check_field(&rest, SPAN("between"), span_of(between, sizeof(between)));
        check_field(&rest, SPAN("nothing"), SPAN(""));
        check_field(&rest, SPAN("number"), SPAN("42"));
        CHECK(!log_fields_next(&rest, &rest, &(struct text){0}));
    }
}

/* A line that was cut anywhere ends; a value longer than its room is cut. */
static void check_cut(void)
{
    static const char line[] = "a=1 b=\"x\\x41\\\"\" c=2\n";
    char bytes[2];
    struct text value = TEXT(bytes);
    struct span rest, key;

    for (size_t len = 0; len < sizeof(line); len++) {
        unsigned n = 0;
        rest = span_of(line, len);
        while (n < 10 && log_fields_next(&rest, &key, &value))
            n++;
        CHECK(n <= 3);
    }
    rest = SPAN("long=12345 next=6");
    CHECK(log_fields_next(&rest, &key, &value));
    CHECK_SPAN(text_span(&value), SPAN("12"));
    CHECK(log_fields_next(&rest, &key, &value));
    CHECK_SPAN(text_span(&value), SPAN("6"));
}

int main(void)
{
    check_octets();
    check_cut();
    return test_end("scan_log_fields");
}
