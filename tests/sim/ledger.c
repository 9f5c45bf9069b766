/* ledger.c: the invariants, one row each, over what clients were told and upstreams have stored. */
#include "ledger.h"

#include <stdlib.h>

#include "sim.h"

/* Filters may have taken the last recipient away: then the message goes nowhere, by their will. */
static bool may_go_nowhere(const struct message *message)
{
    bool deleted = false;

    for (unsigned i = 0; i < message->recipients; i++) {
        if (message->to[i].told / 100 == 2 && message->deletes[i] == 0)
            return false;
        deleted = deleted || message->deletes[i] != 0;
    }
    return deleted && (message->adds & ~message->dropped) == 0;
}

void ledger_told(struct sim *sim, struct message *message, unsigned code)
{
    message->told = code;
    if (code / 100 == 2 && !message->discarded && message->said == 0 && !message->client->lied_to &&
        !may_go_nowhere(message))
        sim_fail(sim, "I1", "%s was told %u, the upstream has not said so", message->id, code);
}

void ledger_recipient(struct sim *sim, const struct message *message, unsigned which)
{
    if (message->to[which].refused)
        sim_fail(sim, "I2", "recipient %u of %s was refused by a filter and reached the upstream", which,
                 message->id);
}

void ledger_decided(struct sim *sim, struct message *message, int which, enum verdict verdict)
{
    (void)sim;
    if (verdict == VERDICT_REJECT)
        message->harsh = true;
    if (verdict == VERDICT_DISCARD) {
        message->discarded = true;
        return;
    }
    if (which < 0)
        message->refused = true;
    else if (which < RECIPIENTS_MAX)
        message->to[which].refused = true;
}

static bool prepends(const struct sim *sim, unsigned editor)
{
    return editor < FILTERS_MAX ? sim->config.filters[editor].prepends
                                : sim->milters[editor - FILTERS_MAX].prepends;
}

/* Fields of filters, each once, in front of *top; they are taken off it. `above`: those that prepend. */
static bool take_fields(const struct sim *sim, const struct message *message, struct span *top, bool above,
                        unsigned *seen)
{
    bool either = sim->config.settings.trace != TRACE_RECEIVED;
    char field[40];

    while (span_starts_nocase(*top, SPAN("X-Filter-"))) {
        unsigned i = top->len > 9 ? (unsigned)(top->ptr[9] - '0') : 99;
        int n = snprintf(field, sizeof(field), "X-Filter-%u: %s\r\n", i, message->id);
        if (i >= EDITORS_MAX || (*seen >> i & 1u) != 0 ||
            !span_starts_nocase(*top, span_of(field, (size_t)n)) || (!either && prepends(sim, i) != above))
            return false;
        *seen |= 1u << i;
        *top = span_skip(*top, (size_t)n);
    }
    return true;
}

/* The fields in front: those that filters prepend, ours if wanted, then what they add, each once, and no
 * other. */
static bool top_is_declared(const struct sim *sim, struct message *message, struct span top)
{
    unsigned seen = 0, wanted = message->added & ~message->dropped;

    if (!take_fields(sim, message, &top, true, &seen))
        return false;
    if (sim->config.settings.trace == TRACE_RECEIVED) {
        if (!span_starts_nocase(top, SPAN("Received: from ")))
            return false;
        do {
            const char *lf = memchr(top.ptr, '\n', top.len);
            top = span_skip(top, (size_t)(lf + 1 - top.ptr));
        } while (top.len != 0 && top.ptr[0] == '\t');
    }
    if (!take_fields(sim, message, &top, false, &seen) || top.len != 0)
        return false;
    message->tops_seen = seen;
    return (seen & wanted) == wanted && (seen & ~message->added) == 0;
}

/* A body that a filter has written is that of the last in the chain that has, and has not failed; *top: what
 * stands in front of the message. */
static bool body_is_declared(struct message *message, struct span content, size_t *top)
{
    unsigned certain = message->bodies & ~message->dropped;
    bool found = false;

    for (unsigned i = EDITORS_MAX; !found && i-- > 0;) {
        struct lab_bytes expected = {0};
        if ((message->bodies >> i & 1u) != 0) {
            message_rewritten(message, i, &expected);
            found = content.len >= expected.len &&
                    span_eq(span_skip(content, content.len - expected.len), lab_bytes_from(&expected, 0));
            *top = content.len - expected.len;
            message->body_of = found ? i : EDITORS_MAX;
        }
        lab_bytes_free(&expected);
        if ((certain >> i & 1u) != 0)
            break;
    }
    return found;
}

static void check_top(struct sim *sim, struct message *message, struct span top)
{
    if (!top_is_declared(sim, message, top))
        sim_fail(sim, "I3", "%s has undeclared or missing fields on top: %.*s", message->id, (int)top.len,
                 top.ptr);
}

static void check_content(struct sim *sim, struct upstream *up)
{
    struct message *message = up->message;
    struct span content, id, rest;
    struct span expected = lab_bytes_from(&message->expected, 0);
    size_t top;

    message->body_of = EDITORS_MAX;
    message->tails_seen = 0;
    ledger_take_tails(&up->content, message, &message->tails_seen);
    content = lab_bytes_from(&up->content, 0);
    if (body_is_declared(message, content, &top)) {
        check_top(sim, message, span_first(content, top));
        return;
    }
    if ((message->bodies & ~message->dropped) != 0) {
        sim_fail(sim, "I3", "%s has not the body that a filter has written", message->id);
        return;
    }
    if (!message_check(content, &id, &top, &rest) || !span_eq(id, span_str(message->id))) {
        sim_fail(sim, "I3", "the content stored as %s is damaged (%zu octets for %zu)", message->id,
                 content.len, expected.len);
        return;
    }
    if (!span_eq(rest, expected) &&
        !(rest.len == expected.len + 2 && span_eq(span_first(rest, expected.len), expected)))
        sim_fail(sim, "I3", "the content stored as %s is not the client's", message->id);
    check_top(sim, message, span_first(content, top));
}

void ledger_end(struct upstream *up, bool accepted)
{
    struct message *message = up->message;
    struct sim *sim = up->sim;

    message->ends++;
    if (message->refused || message->discarded)
        sim_fail(sim, "I2", "%s was %s by a filter, the upstream got its end of data", message->id,
                 message->refused ? "refused" : "discarded");
    check_content(sim, up);
    message->envelope = up->accepted;
    message->sender = up->sender;
    ledger_check_milters(sim, message);
    if (accepted) {
        message->stored++;
        sim->totals->stored++;
    } else {
        message->declined++;
    }
}

/* The line of the log about it has this in it. */
static bool logged(const struct sim *sim, const struct message *message, const char *what)
{
    struct span rest = lab_bytes_from(&sim->lab.lines, 0);
    char from[40];

    (void)snprintf(from, sizeof(from), "from=%s@", message->id);
    while (rest.len != 0) {
        const char *lf = memchr(rest.ptr, '\n', rest.len);
        struct span line = span_of(rest.ptr, (size_t)(lf - rest.ptr));
        if (memmem(line.ptr, line.len, from, strlen(from)) != NULL &&
            memmem(line.ptr, line.len, what, strlen(what)) != NULL)
            return true;
        rest = span_skip(rest, line.len + 1);
    }
    return false;
}

static bool never_lost(const struct sim *sim, const struct message *message)
{
    (void)sim;
    return message->told / 100 != 2 || message->discarded || message->stored != 0 ||
           message->client->lied_to || may_go_nowhere(message);
}

static bool never_against_a_refusal(const struct sim *sim, const struct message *message)
{
    (void)sim;
    return (!message->refused && !message->discarded) || message->ends == 0;
}

/* A clamd that is not heard to have found nothing is one that puts the message off. */
static bool never_unseen(const struct sim *sim, const struct message *message)
{
    return !sim->clamav || message->cleared || message->ends == 0;
}

static bool never_twice(const struct sim *sim, const struct message *message)
{
    (void)sim;
    return message->stored <= 1 && message->ends <= 1;
}

/* The envelope that was handed over is the one the client was told of, as far as it has heard, without those
 * that filters have deleted and with those that they have added. */
static bool recipients_agree(const struct sim *sim, const struct message *message)
{
    (void)sim;
    if (message->ends == 0 || message->client->lied_to)
        return true;
    for (unsigned i = 0; i < message->recipients; i++) {
        bool told = message->to[i].told / 100 == 2, has = (message->envelope >> i & 1u) != 0;
        bool may_be_gone = message->deletes[i] != 0, is_gone = (message->deletes[i] & ~message->dropped) != 0;
        if (message->to[i].told != 0 && (has ? !told || is_gone : told && !may_be_gone))
            return false;
    }
    return true;
}

static bool additions_agree(const struct sim *sim, const struct message *message)
{
    unsigned has = message->envelope >> RECIPIENTS_MAX;

    (void)sim;
    return message->ends == 0 || message->client->lied_to ||
           ((has & ~message->adds) == 0 && (message->adds & ~message->dropped & ~has) == 0);
}

/* The sender is the word of the last filter in the chain that has changed it, and has not failed. */
static bool senders_agree(const struct sim *sim, const struct message *message)
{
    (void)sim;
    if (message->ends == 0 || message->client->lied_to)
        return true;
    if (message->sender < EDITORS_MAX && (message->senders >> message->sender & 1u) == 0)
        return false;
    for (unsigned i = message->sender < EDITORS_MAX ? message->sender + 1 : 0; i < EDITORS_MAX; i++)
        if ((message->senders & ~message->dropped) >> i & 1u)
            return false;
    return true;
}

/* The client will send again what was stored: only when nobody here could know better, and never in silence.
 */
static bool duplicates_are_logged(const struct sim *sim, const struct message *message)
{
    if (message->stored == 0 || message->told / 100 == 2)
        return true;
    return logged(sim, message, "in_doubt=yes") || logged(sim, message, "client_gone=yes") ||
           (message->said != 0 && (message->client->gone || message->client->mute || message->client->upset));
}

/* Without memory nobody can be asked: a filter whose failure is to mean a refusal has it so. */
static bool refuses_without_memory(const struct sim *sim)
{
    bool scarce = false, strict = false;

    for (unsigned i = 0; i < FAULTS_MAX; i++)
        scarce = scarce || (sim->faults[i].fired && (sim->faults[i].kind == FAULT_MEMORY_ONCE ||
                                                     sim->faults[i].kind == FAULT_MEMORY_FROM));
    for (unsigned i = 0; i < sim->config.count; i++)
        strict = strict || sim->config.filters[i].member.on_failure == CHAIN_FAIL_REJECT;
    return scarce && strict;
}

/* Nor is there room for the body that a milter has written. */
static bool refuses_without_room(const struct sim *sim)
{
    bool strict = false;

    for (unsigned i = 0; i < sim->milter_count; i++)
        strict = strict || sim->milters[i].on_failure == MILTER_REJECTS;
    return sim->was_scarce && strict;
}

static bool failures_are_temporary(const struct sim *sim, const struct message *message)
{
    bool somebody = false;

    for (unsigned i = 0; i < message->recipients; i++)
        somebody = somebody || message->to[i].told / 100 == 2;
    return message->told / 100 != 5 || message->harsh || message->faulty || !somebody ||
           message->client->lied_to || message->client->barred || refuses_without_memory(sim) ||
           refuses_without_room(sim);
}

static const struct {
    const char *name, *says;
    bool (*holds)(const struct sim *sim, const struct message *message);
} invariants[] = {
    {"I1", "the client was told yes, the upstream has not stored it", never_lost},
    {"I2", "a filter decided against it, the upstream got its end of data", never_against_a_refusal},
    {"I2", "clamd has not said that it is clean, the upstream got its end of data", never_unseen},
    {"I3", "it was stored more than once", never_twice},
    {"I3", "its recipients at the upstream are not those the client was told", recipients_agree},
    {"I3", "recipients that filters have added are missing, or others have come", additions_agree},
    {"I3", "its sender at the upstream is not the one it should be", senders_agree},
    {"I4", "it was stored, the client was not told, and the log does not say so", duplicates_are_logged},
    {"I6", "it was refused for good without anybody having wanted that", failures_are_temporary},
};

void ledger_close(struct sim *sim)
{
    for (unsigned c = 0; c < sim->count; c++)
        for (unsigned m = 0; m < sim->clients[c].message_count; m++)
            for (size_t i = 0; i < sizeof(invariants) / sizeof(*invariants); i++) {
                const struct message *message = &sim->clients[c].messages[m];
                if (!invariants[i].holds(sim, message))
                    sim_fail(sim, invariants[i].name, "%s (told %u): %s", message->id, message->told,
                             invariants[i].says);
            }
}
