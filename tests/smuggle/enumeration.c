/* enumeration.c: every short string as the content of a message, through the framing and on to servers strict
 * and lax: nobody may see its end anywhere but where the reference sees it. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "passage.h"
#include "report.h"
#include "every.h"
#include "upstreams.h"

#define BLOCK 64 /* octets that dot.c judges at once */
#define RAW   6  /* octets of strings whose way past no proxy is counted */

static const struct span end_and_next = SPAN("\r\n.\r\nNOOP\r\n");

static_assert(DOT_BARE_CR == REFERENCE_BARE_CR && DOT_BARE_LF == REFERENCE_BARE_LF &&
                  DOT_NUL == REFERENCE_NUL,
              "faults are compared by value");

static unsigned long messages, raw_messages, raw_disagreements[UPSTREAMS];

static bool has_long_line(struct span content)
{
    while (content.len != 0) {
        size_t n = reference_crlf(content) + 2;
        if (n > PASSAGE_LINE_LIMIT && content.len > PASSAGE_LINE_LIMIT)
            return true;
        content = span_skip(content, n < content.len ? n : content.len);
    }
    return false;
}

/* What the framing made of it is what the reference makes of it. */
static void compare(const struct passage *passage, const struct reference *reference)
{
    struct span content =
        span_of(reference->content, passage->policy == DOT_NORMALISE ? reference->len : reference->clean);
    unsigned faults = reference->faults | (has_long_line(content) ? DOT_LONG_LINE : 0);

    if (passage->end != reference->end)
        report_disagreement(passage->input, "end of data");
    if (passage->faults != faults)
        report_disagreement(passage->input, "faults");
    if (!span_eq(span_of(passage->content, passage->len), content))
        report_disagreement(passage->input, "content");
}

/* What goes on is one whole message to every server, or none at all, and the same content to all. */
static void compare_upstream(const struct passage *passage, const struct reference *reference)
{
    size_t end = passage_accepted(passage) ? passage->sent : 0;
    const char *dissenter = upstreams_dissenter(span_of(passage->upstream, passage->sent), end,
                                                span_of(reference->content, reference->len));

    if (dissenter != NULL)
        report_disagreement(passage->input, dissenter);
}

/* Octet by octet, and held until the end: the same goes on. */
static void compare_ways(const struct passage *whole, const struct passage *trickle)
{
    char held[sizeof(whole->upstream)];
    struct span sent = span_of(whole->upstream, whole->sent);

    if (!span_eq(sent, span_of(trickle->upstream, trickle->sent)))
        report_disagreement(whole->input, "octet by octet");
    if (!span_eq(sent, span_of(held, passage_held(whole, held))))
        report_disagreement(whole->input, "held");
}

static void check(struct span input)
{
    static struct passage whole, trickle;
    static struct reference reference;

    reference_message(&reference, input);
    for (enum dot_policy policy = DOT_REJECT; policy <= DOT_NORMALISE; policy++) {
        passage_go(&whole, input, policy, input.len, sizeof(whole.upstream) / 2);
        passage_go(&trickle, input, policy, 1, 2);
        compare(&whole, &reference);
        compare(&trickle, &reference);
        compare_ways(&whole, &trickle);
        compare_upstream(&whole, &reference);
        messages++;
    }
}

/* The same octets without a proxy: what the lax servers are lax about is there to be found. */
static void count_raw(struct span input)
{
    char content[REFERENCE_MOST + 2];
    struct reference reference;
    size_t len;

    reference_message(&reference, input);
    raw_messages++;
    for (size_t i = 0; i < UPSTREAMS; i++)
        raw_disagreements[i] += upstream_read(&upstreams[i], input, content, &len) != reference.end;
}

/* Where blocks of octets are judged at once, the string stands at every place in them. */
static void check_in_line(struct span string)
{
    char bytes[REFERENCE_MOST];

    for (size_t lead = 0; lead <= BLOCK + 1; lead++) {
        // cppcheck-suppress legacyUninitvar // TEXT takes the room, not what is in it
        struct text text = TEXT(bytes);
        for (size_t i = 0; i < lead; i++)
            text_char(&text, 'x');
        text_add(&text, string);
        for (size_t i = 0; i <= BLOCK + 1; i++)
            text_char(&text, 'x');
        text_add(&text, end_and_next);
        check(text_span(&text));
    }
}

static int end_raw(void)
{
    int status = raw_disagreements[0] == 0 ? EXIT_SUCCESS : EXIT_FAILURE;

    for (size_t i = 0; i < UPSTREAMS; i++) {
        printf("without a proxy, \"%s\": %lu of %lu\n", upstreams[i].name, raw_disagreements[i],
               raw_messages);
        if (i != 0 && raw_disagreements[i] == 0)
            status = EXIT_FAILURE; /* a model that is fooled by nothing shows nothing */
    }
    return status;
}

int main(int argc, char **argv)
{
    struct every every = {0};
    size_t most = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, in_lines;
    unsigned long count = 0;

    if (most < RAW || most > EVERY_MOST) {
        fprintf(stderr, "usage: enumeration LENGTH LENGTH-IN-LONG-LINES, %d to %d\n", RAW, EVERY_MOST);
        return 64;
    }
    in_lines = strtoul(argv[2], NULL, 10);
    do {
        char bytes[EVERY_MOST + 16];
        struct text text = TEXT(bytes);
        text_add(&text, every_span(&every));
        text_add(&text, end_and_next);
        check(text_span(&text));
        if (every.len <= RAW)
            count_raw(text_span(&text));
        if (every.len <= in_lines)
            check_in_line(every_span(&every));
        count++;
    } while (every_next(&every, most));
    printf("%lu messages\n", messages);
    return report_end(count, "strings") | end_raw();
}
