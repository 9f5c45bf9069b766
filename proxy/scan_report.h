/* scan_report.h: what `postern scan` tells: a line or a JSON object for each message, totals, a progress bar.
 * Finding out is left to proxy/scan/. */
#ifndef SCAN_REPORT_H
#define SCAN_REPORT_H

#include <stdbool.h>

#include "scan/finding.h"
#include "scan/mailbox.h"

#define SCAN_VERDICTS 7 /* that there are */

/* Embedded by value; zeroed, then its options set. */
struct scan_report {
    bool json;
    bool quiet;
    bool comparing;
    bool bar;       /* stderr is a terminal */
    bool barred;    /* the bar is on the screen */
    uint64_t drawn; /* when, in milliseconds */
    uint64_t messages, changed, octets, ns, trouble;
    uint64_t verdicts[SCAN_VERDICTS];
};

/* old: what the other configuration would do; NULL: there is none. */
void scan_report_message(struct scan_report *report, const char *name, const struct finding *finding,
                         const struct finding *old);
/* A message or a file could not be tried. */
void scan_report_trouble(struct scan_report *report, const char *name, int error);
/* Draws the bar, now and then. now: milliseconds. */
void scan_report_progress(struct scan_report *report, const struct mailbox_extent *extent, uint64_t now);
/* The totals. seconds: from the first message to the last. */
void scan_report_end(struct scan_report *report, double seconds);

#endif
