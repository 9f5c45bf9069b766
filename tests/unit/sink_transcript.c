/* Transcript lines: one per call, escaped, cut. */
#include "sink/transcript.h"

#include "test.h"

static char written[20000];
static size_t written_len;
static unsigned lines;

static void on_write(void *arg, struct span line)
{
    (void)arg;
    memcpy(written, line.ptr, line.len);
    written_len = line.len;
    lines++;
}

int main(void)
{
    struct transcript transcript = {.write = on_write};
    static char long_octets[5000];

    transcript_line(&transcript, 7, TRANSCRIPT_READ, SPAN("A\r\nB\\\t\0\x80\""));
    CHECK_SPAN(span_of(written, written_len), SPAN("7 < A\\r\\nB\\\\\\t\\x00\\x80\"\n"));
    transcript_line(&transcript, 8, TRANSCRIPT_WRITE, SPAN("250 ok\r\n"));
    CHECK_SPAN(span_of(written, written_len), SPAN("8 > 250 ok\\r\\n\n"));
    transcript_line(&transcript, 9, TRANSCRIPT_EVENT, SPAN("closed"));
    CHECK_SPAN(span_of(written, written_len), SPAN("9 * closed\n"));
    memset(long_octets, 1, sizeof(long_octets));
    transcript_line(&transcript, 10, TRANSCRIPT_READ, span_of(long_octets, sizeof(long_octets)));
    CHECK(written[written_len - 1] == '\n');
    CHECK(memmem(written, written_len, "(and 2952 octets more)", 22) != NULL);
    transcript_line(NULL, 1, TRANSCRIPT_READ, SPAN("x"));
    CHECK(lines == 4);
    return test_end("sink_transcript");
}
