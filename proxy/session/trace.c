/* trace.c: composes our Received field; whether one is wanted is a setting. */
#include "session/trace.h"

#include <time.h>

#include "session/handshake.h"
#include "session/transaction.h"
#include "tls/tls.h"

/* RFC 3848, RFC 6531 4.3. */
static void protocol(const struct session *session, struct text *text)
{
    if (!session->extended) {
        text_add(text, SPAN("SMTP"));
        return;
    }
    text_add(text, session->transaction->smtputf8 ? SPAN("UTF8SMTP") : SPAN("ESMTP"));
    if (handshake_done(session))
        text_char(text, 'S');
    if (session->authenticated)
        text_char(text, 'A');
}

/* For whoever reads the message behind us: the upstream saw another's TLS, or none. */
static void encryption(const struct session *session, struct text *text)
{
    struct tls_facts facts;

    if (!handshake_done(session))
        return;
    tls_facts(&session->client, &facts);
    text_format(text, "\r\n\t(using %s with cipher %s)", facts.version, facts.cipher);
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
    text_add(text, SPAN("])"));
    encryption(session, text);
    text_add(text, SPAN("\r\n\tby "));
    text_add(text, span_str(session->settings->hostname));
    text_add(text, SPAN(" (Postern) with "));
    protocol(session, text);
    text_format(text, " id %s", transaction->id);
    if (transaction->accepted == 1 && transaction->first != NULL && transaction->first->next == NULL) {
        text_add(text, SPAN("\r\n\tfor <"));
        text_add_safe(text, transaction->first->address, transaction->smtputf8);
        text_char(text, '>');
    }
    text_add(text, SPAN("; "));
    date(text, session->world->ops->wall(session->world));
    text_add(text, SPAN("\r\n"));
}
