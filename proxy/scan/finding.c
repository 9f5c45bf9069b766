/* finding.c: what became of a message in a trial, and who decided it: read from the log of its session. */
#include "scan/finding.h"

#include <stddef.h>
#include <stdlib.h>

#include "scan/log_fields.h"

/* Where the value of a key goes. */
struct place {
    const char *key;
    size_t offset;
};

static const struct place transaction_places[] = {
    {"verdict", offsetof(struct finding, verdict)},
    {"filter", offsetof(struct finding, filter)},
    {"reason", offsetof(struct finding, reason)},
    {"to", offsetof(struct finding, refused)},
    {NULL, 0},
};
static const struct place matched_places[] = {
    {"where", offsetof(struct finding, where)},
    {NULL, 0},
};
static const struct place refused_places[] = {
    {"filter", offsetof(struct finding, filter)},
    {"reason", offsetof(struct finding, reason)},
    {"verb", offsetof(struct finding, at)},
    {NULL, 0},
};
static const struct place observed_places[] = {
    {"filter", offsetof(struct finding_note, filter)},
    {"verdict", offsetof(struct finding_note, what)},
    {"edit", offsetof(struct finding_note, what)},
    {"at", offsetof(struct finding_note, at)},
    {"reason", offsetof(struct finding_note, reason)},
    {"what", offsetof(struct finding_note, reason)},
    {NULL, 0},
};
static const struct place failed_places[] = {
    {"filter", offsetof(struct finding_note, filter)},
    {"on_failure", offsetof(struct finding_note, what)},
    {"at", offsetof(struct finding_note, at)},
    {"reason", offsetof(struct finding_note, reason)},
    {NULL, 0},
};

void finding_set(struct finding_text *text, struct span s)
{
    s = span_first(s, sizeof(text->bytes));
    if (s.len != 0)
        memcpy(text->bytes, s.ptr, s.len);
    text->len = s.len;
}

static void fill(void *base, const struct place *places, struct span line)
{
    char bytes[sizeof(((struct finding_text *)0)->bytes)];
    struct text value = TEXT(bytes);
    struct span key;

    while (log_fields_next(&line, &key, &value))
        for (const struct place *place = places; place->key != NULL; place++)
            if (span_eq(key, span_str(place->key)))
                finding_set((struct finding_text *)(void *)((char *)base + place->offset), text_span(&value));
}

static void note(struct finding *finding, bool failed, struct span line)
{
    unsigned n = finding->count++;

    if (n < FINDING_NOTES) {
        finding->notes[n].failed = failed;
        fill(&finding->notes[n], failed ? failed_places : observed_places, line);
        finding->notes[n].where = finding->where;
    }
    finding->where.len = 0; /* it was said of the line that followed it */
}

void finding_hear(struct finding *finding, struct span line)
{
    char bytes[32];
    struct text event = TEXT(bytes);
    struct span rest = line, key, name = {NULL, 0};

    while (name.len == 0 && log_fields_next(&rest, &key, &event))
        if (span_eq(key, SPAN("event")))
            name = text_span(&event);
    if (span_eq(name, SPAN("transaction")))
        fill(finding, transaction_places, rest);
    else if (span_eq(name, SPAN("refused")))
        fill(finding, refused_places, rest);
    else if (span_eq(name, SPAN("matched")))
        fill(finding, matched_places, rest);
    else if (span_eq(name, SPAN("observed")) || span_eq(name, SPAN("filter_failed")))
        note(finding, name.ptr[0] == 'f', rest);
}

void finding_answered(struct finding *finding, const char *at, unsigned code, struct span text)
{
    finding->code = code;
    finding_set(&finding->reply, text);
    finding_set(&finding->at, code >= 400 ? span_str(at) : span_of(NULL, 0));
}

/* The filter that refused the first recipient, from "mailbox=550(filter: reply) …". */
static void find_recipients_filter(struct finding *finding)
{
    struct span to = finding_span(&finding->refused);
    const char *open = to.len != 0 ? memchr(to.ptr, '(', to.len) : NULL;
    const char *colon;
    size_t name;

    if (open == NULL)
        return;
    to = span_skip(to, (size_t)(open - to.ptr) + 1);
    colon = to.len != 0 ? memchr(to.ptr, ':', to.len) : NULL;
    if (colon == NULL)
        return;
    name = (size_t)(colon - to.ptr);
    if (memchr(to.ptr, ' ', name) == NULL)
        finding_set(&finding->filter, span_first(to, name));
}

static const char *verdict_of(const struct finding *finding)
{
    static const char *const of_ours[] = {"discarded", "quarantined"}; /* whatever the client was told */

    for (size_t i = 0; i < sizeof(of_ours) / sizeof(*of_ours); i++)
        if (span_eq(finding_span(&finding->verdict), span_str(of_ours[i])))
            return of_ours[i];
    if (finding->code == 0)
        return "lost";
    if (finding->code >= 400)
        return finding->code < 500 ? "tempfailed" : "rejected";
    return finding->recipients_refused != 0 ? "partly" : "accepted";
}

void finding_settle(struct finding *finding)
{
    if (finding->recipients_refused != 0 && finding->filter.len == 0)
        find_recipients_filter(finding);
    finding_set(&finding->verdict, span_str(verdict_of(finding)));
}

bool finding_refused(const struct finding *finding)
{
    return !span_eq(finding_span(&finding->verdict), SPAN("accepted"));
}

bool finding_lost(const struct finding *finding)
{
    return span_eq(finding_span(&finding->verdict), SPAN("lost"));
}
