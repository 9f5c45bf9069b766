/* What the log of a session and the answers to its client amount to. */
#include "scan/finding.h"

#include "test.h"

#define CHECK_TEXT(text, expected) CHECK_SPAN(finding_span(&(text)), SPAN(expected))

static void hear(struct finding *finding, const char *line)
{
    finding_hear(finding, span_str(line));
}

static void check_verdicts(void)
{
    static const struct {
        const char *logged;
        unsigned code, recipients, refused;
        const char *verdict;
    } rows[] = {
        {"relayed", 250, 1, 0, "accepted"},    {"relayed", 250, 2, 1, "partly"},
        {"rejected", 550, 1, 0, "rejected"},   {"tempfailed", 451, 1, 0, "tempfailed"},
        {"discarded", 250, 1, 0, "discarded"}, {"aborted", 550, 1, 1, "rejected"},
        {"aborted", 450, 2, 2, "tempfailed"},  {"aborted", 0, 1, 0, "lost"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct finding finding = {.recipients = rows[i].recipients, .recipients_refused = rows[i].refused};
        char line[100];
        snprintf(line, sizeof(line), "time=x level=info event=transaction verdict=%s\n", rows[i].logged);
        hear(&finding, line);
        if (rows[i].code != 0)
            finding_answered(&finding, "message", rows[i].code, SPAN("text"));
        finding_settle(&finding);
        CHECK_SPAN(finding_span(&finding.verdict), span_str(rows[i].verdict));
        CHECK(finding_refused(&finding) == (i != 0));
        CHECK(finding_lost(&finding) == (rows[i].code == 0));
    }
}

static void check_who(void)
{
    struct finding finding = {0};

    hear(&finding,
         "time=x level=info event=transaction filter=regex reason=\"a \\\"rule\\\"\" from=event=refused\n");
    CHECK_TEXT(finding.filter, "regex");
    CHECK_TEXT(finding.reason, "a \"rule\"");
    finding = (struct finding){0};
    hear(&finding, "time=x event=refused session=1 verb=EHLO filter=access reason=list\n");
    finding_answered(&finding, "EHLO", 550, SPAN("no"));
    finding_settle(&finding);
    CHECK_TEXT(finding.filter, "access");
    CHECK_TEXT(finding.at, "EHLO");
    CHECK_TEXT(finding.verdict, "rejected");
    finding = (struct finding){.recipients = 2, .recipients_refused = 1};
    hear(&finding, "event=transaction to=\"a@y.org=250 b@y.org=550(access: No: never)\" verdict=relayed\n");
    finding_answered(&finding, NULL, 250, SPAN("ok"));
    finding_settle(&finding);
    CHECK_TEXT(finding.filter, "access");
    finding = (struct finding){.recipients = 1, .recipients_refused = 1};
    hear(&finding, "event=transaction to=\"a@y.org=550(There is nobody: really)\" verdict=aborted\n");
    finding_answered(&finding, "RCPT", 550, SPAN("no"));
    finding_settle(&finding);
    CHECK_TEXT(finding.filter, "");
}

static void check_notes(void)
{
    struct finding finding = {0};

    hear(&finding, "event=observed filter=a verdict=reject at=header reason=r\n");
    hear(&finding, "event=observed filter=b edit=add what=\"X: y\"\n");
    hear(&finding, "event=filter_failed filter=c at=eom reason=slow on_failure=pass\n");
    hear(&finding, "event=filter filter=d text=\"event=observed\"\n");
    hear(&finding, "no fields at all\n");
    CHECK(finding.count == 3);
    CHECK(!finding.notes[0].failed && !finding.notes[1].failed && finding.notes[2].failed);
    CHECK_TEXT(finding.notes[0].what, "reject");
    CHECK_TEXT(finding.notes[0].at, "header");
    CHECK_TEXT(finding.notes[0].reason, "r");
    CHECK_TEXT(finding.notes[1].what, "add");
    CHECK_TEXT(finding.notes[1].at, "");
    CHECK_TEXT(finding.notes[1].reason, "X: y");
    CHECK_TEXT(finding.notes[2].filter, "c");
    CHECK_TEXT(finding.notes[2].what, "pass");
    for (int i = 0; i < 100; i++)
        hear(&finding, "event=observed filter=a verdict=reject\n");
    CHECK(finding.count == 103);
}

/* Where a match was is told in front of what came of it. */
static void check_where(void)
{
    struct finding finding = {0};

    hear(&finding, "event=matched filter=a where=\"part 2 text/html a b.html\"\n");
    hear(&finding, "event=observed filter=a verdict=reject at=part\n");
    hear(&finding, "event=observed filter=b verdict=reject at=end-of-message\n");
    CHECK_TEXT(finding.notes[0].where, "part 2 text/html a b.html");
    CHECK_TEXT(finding.notes[1].where, "");
    CHECK_TEXT(finding.where, "");
    hear(&finding, "event=matched filter=c where=\"field Subject\"\n");
    hear(&finding, "event=transaction verdict=rejected filter=c reason=r\n");
    CHECK_TEXT(finding.where, "field Subject");
}

static void check_long(void)
{
    static char bytes[2000];
    struct finding_text text;

    memset(bytes, 'x', sizeof(bytes));
    finding_set(&text, span_of(bytes, sizeof(bytes)));
    CHECK(text.len == sizeof(text.bytes));
    finding_set(&text, span_of(NULL, 0));
    CHECK(text.len == 0);
}

int main(void)
{
    check_verdicts();
    check_who();
    check_notes();
    check_where();
    check_long();
    return test_end("scan_finding");
}
