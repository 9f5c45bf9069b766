/* received.c: prints X-Envelope-From and Received. The name of the client is left out: SpamAssassin then
 * looks it up itself, if it may. */
#include "filters/spamassassin/received.h"

#include <stdio.h>
#include <time.h>

#define FIXED 256 /* octets of all that is not told by the facts */

/* A copy in the message's arena in which nothing ends a word or a line; paths may hold quoted spaces. */
static const char *harmless(struct filter_ctx *ctx, struct span s, bool path)
{
    char *copy = filter_alloc(ctx, s.len + 1);

    for (size_t i = 0; copy != NULL && i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool fits = path ? c >= ' ' && c != 0x7f : c > ' ' && c < 0x7f && strchr("()<>;", c) == NULL;
        copy[i] = s.ptr[i];
        if (!fits)
            copy[i] = '?';
    }
    return copy;
}

/* Protocol = "SMTP" / "ESMTP" ["S"] ["A"] ; RFC 3848 */
static const char *protocol(const struct filter_facts *facts)
{
    static const char *const extended[2][2] = {{"ESMTP", "ESMTPA"}, {"ESMTPS", "ESMTPSA"}};

    return facts->extended ? extended[facts->tls_version.len != 0][facts->authenticated] : "SMTP";
}

/* date-time of RFC 5322 3.3, in UTC; not by strftime(), which speaks the language of the machine. */
static void print_date(char *out, size_t size, int64_t now)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t at = (time_t)now;
    struct tm tm;

    gmtime_r(&at, &tm);
    (void)snprintf(out, size, "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
                   months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

struct span received_print(struct filter_ctx *ctx, int64_t now)
{
    const struct filter_facts *facts = filter_facts(ctx);
    size_t size = FIXED + facts->hostname.len + facts->helo.len + facts->client.len + facts->transaction.len +
                  facts->reverse_path.len;
    const char *helo = harmless(ctx, facts->helo.len != 0 ? facts->helo : SPAN("unknown"), false);
    const char *client = harmless(ctx, facts->client, false);
    const char *id = harmless(ctx, facts->transaction, false);
    const char *by = harmless(ctx, facts->hostname, false);
    const char *path = harmless(ctx, facts->reverse_path, true);
    char *out = filter_alloc(ctx, size);
    char date[64];
    int n;

    if (helo == NULL || client == NULL || id == NULL || by == NULL || path == NULL || out == NULL)
        return span_of(NULL, 0);
    print_date(date, sizeof(date), now);
    n = snprintf(out, size,
                 "X-Envelope-From: <%s>\r\nReceived: from %s ([%s])\r\n\tby %s with %s id %s;\r\n\t%s\r\n",
                 path, helo, client, by, protocol(facts), id, date);
    return n > 0 && (size_t)n < size ? span_of(out, (size_t)n) : span_of(NULL, 0);
}
