/* commands.c: every short string where commands are expected, through the line reader and the command parser
 * alone and through whole sessions: as many commands as the reference sees, and the same. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "every.h"
#include "reference.h"
#include "report.h"
#include "smtp/command.h"
#include "smtp/line.h"
#include "stand.h"

#define NOOP REFERENCE_NOOP "\r\n"

static_assert(LINE_BARE_CR == REFERENCE_BARE_CR << 1 && LINE_BARE_LF == REFERENCE_BARE_LF << 1 &&
                  LINE_NUL == REFERENCE_NUL << 1,
              "faults are compared by value");

/* --- the parsers alone
 * ------------------------------------------------------------------------------------------- */

/* Octets as a buffer has them: from the first not consumed to the last that has come. */
struct feed {
    struct span input;
    struct line line;
    size_t at, until;
    size_t piece; /* octets that come at a time */
};

/* The next line of at most `limit` octets; false: the input is at its end. */
static bool read_line(struct feed *feed, size_t limit, struct span *line, unsigned *faults)
{
    for (;;) {
        struct span data = span_of(feed->input.ptr + feed->at, feed->until - feed->at);
        size_t n = line_next(&feed->line, data, limit, line, faults);
        assert(n <= data.len && (n != 0 || data.len <= limit));
        feed->at += n;
        if (n != 0 && line->ptr != NULL)
            return true;
        if (n != 0)
            continue;
        if (feed->until == feed->input.len)
            return false;
        feed->until +=
            feed->input.len - feed->until > feed->piece ? feed->piece : feed->input.len - feed->until;
    }
}

static void compare_command(struct span input, struct span line)
{
    struct command command;
    int result = command_parse(line, &command);
    size_t n = 0;

    while (line.len != 0 && line.ptr[line.len - 1] == ' ')
        line.len--;
    if (line.len == 0 || (line.ptr[0] != 'x' && line.ptr[0] != 'N')) {
        if (result == 0 || command.verb != VERB_UNKNOWN)
            report_disagreement(input, "a command where there is none");
        return;
    }
    while (n < line.len && line.ptr[n] != ' ')
        n++;
    if (result != 0 || !span_eq(command.name, span_first(line, n)))
        report_disagreement(input, "name of a command");
    while (n < line.len && line.ptr[n] == ' ')
        n++;
    if (!span_eq(command.arguments, span_skip(line, n)))
        report_disagreement(input, "arguments of a command");
    if ((command.verb == VERB_NOOP) != span_eq(command.name, SPAN(REFERENCE_NOOP)) ||
        (command.verb != VERB_NOOP && command.verb != VERB_UNKNOWN))
        report_disagreement(input, "verb of a command");
}

static void check_parsers(struct span input, size_t limit, size_t piece)
{
    struct feed feed = {.input = input, .piece = piece};
    struct span rest = input, line;
    unsigned faults;

    for (size_t n; (n = reference_crlf(rest)) < rest.len; rest = span_skip(rest, n + 2)) {
        struct span wanted = span_first(rest, n);
        bool too_long = n + 2 > limit;
        unsigned wrong = reference_faults(wanted) << 1 | (too_long ? LINE_TOO_LONG : 0);
        if (!read_line(&feed, limit, &line, &faults)) {
            report_disagreement(input, "a line too few");
            return;
        }
        if (!span_eq(line, too_long ? SPAN("") : wanted) || faults != wrong)
            report_disagreement(input, "a line");
        else if (faults == 0)
            compare_command(input, line);
    }
    if (read_line(&feed, limit, &line, &faults))
        report_disagreement(input, "a line too many");
}

static unsigned long check_all_parsers(size_t most)
{
    static const size_t limits[] = {512, 4, 2};
    struct every every = {0};
    unsigned long count = 0;

    do {
        char bytes[EVERY_MOST + 16];
        struct text text = TEXT(bytes);
        text_add(&text, every_span(&every));
        text_add(&text, SPAN(NOOP));
        for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
            check_parsers(text_span(&text), limits[i], text.len);
            check_parsers(text_span(&text), limits[i], 1);
        }
        count++;
    } while (every_next(&every, most));
    return count;
}

/* --- whole sessions
 * ---------------------------------------------------------------------------------------------- */

static void check_session(struct settings *settings, struct span input)
{
    struct stand stand;
    char reply_bytes[1024], forwarded_bytes[1024];
    struct text replies = TEXT(reply_bytes), forwarded = TEXT(forwarded_bytes);
    size_t heard, sent;

    reference_commands(input, &replies, &forwarded);
    stand_open(&stand, settings, "PIPELINING");
    heard = stand.client->from.len;
    sent = stand.upstream->from.len;
    stand_say(&stand, input);
    if (!stand_replied(&stand, heard, text_span(&replies)))
        report_disagreement(input, "replies");
    if (!span_eq(lab_bytes_from(&stand.upstream->from, sent), text_span(&forwarded)))
        report_disagreement(input, "commands forwarded");
    stand_close(&stand);
}

static unsigned long check_sessions(size_t most)
{
    static const char *const places[][2] = {
        {"", NOOP},
        {REFERENCE_MAIL, REFERENCE_RCPT "\r\n" NOOP},
        {REFERENCE_MAIL "\r\n" REFERENCE_RCPT, NOOP NOOP},
    };
    struct settings *settings = stand_settings("");
    struct every every = {0};
    unsigned long count = 0;

    do {
        for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
            char bytes[256];
            struct text text = TEXT(bytes);
            text_add(&text, span_str(places[i][0]));
            text_add(&text, every_span(&every));
            text_add(&text, span_str(places[i][1]));
            check_session(settings, text_span(&text));
            count++;
        }
    } while (every_next(&every, most));
    settings_unref(settings);
    return count;
}

int main(int argc, char **argv)
{
    size_t most = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, in_sessions;

    if (most == 0 || most > EVERY_MOST) {
        fprintf(stderr, "usage: commands LENGTH LENGTH-IN-SESSIONS, 1 to %d\n", EVERY_MOST);
        return 64;
    }
    in_sessions = strtoul(argv[2], NULL, 10);
    printf("%lu sessions\n", check_sessions(in_sessions));
    return report_end(check_all_parsers(most), "strings");
}
