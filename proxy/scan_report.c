/* scan_report.c: what `postern scan` tells; JSON is left to scan_json.c. */
#include "scan_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scan_json.h"
#include "smtp/address.h"

#define BAR_CELLS    30
#define BAR_INTERVAL 100 /* milliseconds */

static const char *const verdicts[SCAN_VERDICTS] = {"accepted",  "partly",      "rejected", "tempfailed",
                                                    "discarded", "quarantined", "lost"};

static void clear_bar(struct scan_report *report)
{
    if (!report->barred)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    report->barred = false;
}

/* Untrusted octets may go to a terminal. */
static void print_safe(struct span s)
{
    char bytes[2048];
    struct text text = TEXT(bytes);

    text_add_safe(&text, span_first(s, sizeof(bytes)), address_utf8_valid(s));
    fwrite(text.ptr, 1, text.len, stdout);
}

static void print_text(const char *before, const struct finding_text *text, const char *after)
{
    if (text->len == 0)
        return;
    fputs(before, stdout);
    print_safe(finding_span(text));
    fputs(after, stdout);
}

static void print_note(const struct finding_note *note)
{
    printf("            %s ", note->failed ? "failed" : "observed");
    print_safe(finding_span(&note->filter));
    print_text(": ", &note->what, "");
    print_text(" at ", &note->at, "");
    print_text(" (", &note->reason, ")");
    print_text(" in ", &note->where, "");
    putchar('\n');
}

static void print_message(const char *name, const struct finding *finding, const struct finding *old)
{
    if (old != NULL)
        printf("%.*s -> ", (int)old->verdict.len, old->verdict.bytes);
    printf("%-10.*s %8.2f ms  ", (int)finding->verdict.len, finding->verdict.bytes,
           (double)finding->ns / 1e6);
    print_safe(span_str(name));
    if (finding_refused(finding)) {
        print_text("  ", &finding->filter, ":");
        print_text(" ", &finding->reason, "");
        print_text(" in ", &finding->where, "");
        if (finding->recipients_refused != 0)
            printf("  %u of %u recipients:", finding->recipients_refused, finding->recipients);
        printf("  %u ", finding->code);
        print_safe(finding_span(&finding->reply));
        if (!span_eq(finding_span(&finding->at), SPAN("message")))
            print_text(" (to ", &finding->at, ")");
    }
    putchar('\n');
    for (unsigned i = 0; i < finding->count && i < FINDING_NOTES; i++)
        print_note(&finding->notes[i]);
    if (finding->count > FINDING_NOTES)
        printf("            and %u more\n", finding->count - FINDING_NOTES);
}

static bool is_changed(const struct finding *finding, const struct finding *old)
{
    return !span_eq(finding_span(&finding->verdict), finding_span(&old->verdict));
}

static void count(struct scan_report *report, const struct finding *finding)
{
    report->messages++;
    report->octets += finding->size;
    report->ns += finding->ns;
    for (size_t i = 0; i < SCAN_VERDICTS; i++)
        if (span_eq(finding_span(&finding->verdict), span_str(verdicts[i])))
            report->verdicts[i]++;
}

void scan_report_message(struct scan_report *report, const char *name, const struct finding *finding,
                         const struct finding *old)
{
    count(report, finding);
    if (finding_lost(finding) || (old != NULL && finding_lost(old)))
        report->trouble++;
    if (old != NULL && !is_changed(finding, old))
        return;
    report->changed += old != NULL;
    if (old == NULL && report->quiet && !finding_refused(finding) && finding->count == 0)
        return;
    clear_bar(report);
    if (report->json)
        scan_json_print(stdout, name, finding, old);
    else
        print_message(name, finding, old);
}

void scan_report_trouble(struct scan_report *report, const char *name, int error)
{
    report->trouble++;
    clear_bar(report);
    fflush(stdout);
    fprintf(stderr, "postern scan: %s: %s\n", name, strerror(-error));
}

void scan_report_progress(struct scan_report *report, const struct mailbox_extent *extent, uint64_t now)
{
    static const char full[] = "##############################", none[] = "..............................";
    double share = extent->octets != 0 ? (double)extent->octets_done / (double)extent->octets : 0;
    bool last = extent->octets != 0 && extent->octets_done == extent->octets;
    int cells = (int)(share * BAR_CELLS);

    if (!report->bar || (!last && now - report->drawn < BAR_INTERVAL))
        return;
    report->drawn = now;
    report->barred = true;
    fflush(stdout);
    fprintf(stderr, "\r\033[K[%.*s%.*s] %3.0f %%  %" PRIu64 " messages, %" PRIu64 " not accepted", cells,
            full, BAR_CELLS - cells, none, share * 100, report->messages,
            report->messages - report->verdicts[0]);
    fflush(stderr);
}

void scan_report_end(struct scan_report *report, double seconds)
{
    FILE *out = report->json ? stderr : stdout;
    const char *before = ": ";

    clear_bar(report);
    fprintf(out, "%" PRIu64 " message%s, %.1f MB in %.2f s", report->messages,
            report->messages == 1 ? "" : "s", (double)report->octets / 1e6, seconds);
    if (report->messages != 0)
        fprintf(out, ", %.2f ms each", (double)report->ns / 1e6 / (double)report->messages);
    for (size_t i = 0; i < SCAN_VERDICTS; i++) {
        if (report->verdicts[i] == 0)
            continue;
        fprintf(out, "%s%" PRIu64 " %s", before, report->verdicts[i], verdicts[i]);
        before = ", ";
    }
    if (report->comparing)
        fprintf(out, "; %" PRIu64 " changed", report->changed);
    if (report->trouble != 0)
        fprintf(out, "; trouble with %" PRIu64, report->trouble);
    putc('\n', out);
    fflush(out);
}
