/* trace.c: composes our Received field; whether one is wanted is a setting. */
#include "session/trace.h"

#include <time.h>

#include "session/transaction.h"

/* RFC 3848, RFC 6531 4.3. */
static const char *protocol(const struct session *session)
{
    if (session->transaction->smtputf8)
        return session->authenticated ? "UTF8SMTPA" : "UTF8SMTP";
    if (!session->extended)
        return "SMTP";
    return session->authenticated ? "ESMTPA" : "ESMTP";
}

/* date-time of RFC 5322 3.3, in English whatever the locale. */
static void date(struct text *text, uint64_t ms)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    text_format(text, "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void trace_print(const struct session *session, struct text *text)
{
    const struct transaction *transaction = session->transaction;

    if (session->settings->trace != TRACE_RECEIVED || transaction == NULL)
        return;
    text_add(text, SPAN("Received: from "));
    text_add_safe(text, span_str(session->helo), transaction->smtputf8);
    text_add(text, session->peer.family == 6 ? SPAN(" ([IPv6:") : SPAN(" (["));
    ip_print(text, &session->peer);
    text_add(text, SPAN("])\r\n\tby "));
    text_add(text, span_str(session->settings->hostname));
    text_format(text, " (Postern) with %s id %s", protocol(session), transaction->id);
    if (transaction->accepted == 1 && transaction->first != NULL && transaction->first->next == NULL) {
        text_add(text, SPAN("\r\n\tfor <"));
        text_add_safe(text, transaction->first->address, transaction->smtputf8);
        text_char(text, '>');
    }
    text_add(text, SPAN("; "));
    date(text, session->world->ops->wall(session->world));
    text_add(text, SPAN("\r\n"));
}
