/* ledger_milters.c: what milters have done to a message that was stored: all of it, or nothing. */
#include <stdio.h>

#include "sim.h"

/* The fields that milters have appended, each once, are taken off the end of the header section; *seen: whose
 * they were. */
void ledger_take_tails(struct lab_bytes *content, const struct message *message, unsigned *seen)
{
    const char *blank = content->len != 0 ? memmem(content->ptr, content->len, "\r\n\r\n", 4) : NULL;
    size_t end = blank != NULL ? (size_t)(blank - content->ptr) + 2 : content->len;

    for (unsigned i = EDITORS_MAX; i-- > FILTERS_MAX;) {
        char field[40];
        size_t len = (size_t)snprintf(field, sizeof(field), "\r\nX-Tail-%u: %s\r\n", i, message->id);
        if (end < len || memcmp(content->ptr + end - len, field, len) != 0)
            continue;
        len -= 2;
        memmove(content->ptr + end - len, content->ptr + end, content->len - end);
        content->len -= len;
        end -= len;
        *seen |= 1u << i;
    }
}

/* Where anything of it shows, all of it does. */
static bool is_whole(const struct message *message, unsigned milter)
{
    unsigned editor = FILTERS_MAX + milter, deeds = message->deeds[milter], bit = 1u << editor;
    bool top = (message->tops_seen & bit) != 0, tail = (message->tails_seen & bit) != 0;
    bool added = (message->envelope >> (RECIPIENTS_MAX + editor) & 1u) != 0;
    bool body = message->body_of < EDITORS_MAX && message->body_of >= editor;
    bool sender = message->sender < EDITORS_MAX && message->sender >= editor;

    if (!top && !tail && !added && message->body_of != editor && message->sender != editor)
        return true;
    return ((deeds & DEED_TOP) == 0 || top) && ((deeds & DEED_TAIL) == 0 || tail) &&
           ((deeds & DEED_ADD) == 0 || added) && ((deeds & DEED_BODY) == 0 || body) &&
           ((deeds & DEED_SENDER) == 0 || sender);
}

void ledger_check_milters(struct sim *sim, const struct message *message)
{
    unsigned tails = message->tails & ~message->dropped;

    if ((message->tails_seen & ~message->tails) != 0 || (tails & ~message->tails_seen) != 0)
        sim_fail(sim, "I3", "%s has the appended fields %x, those of %x are due", message->id,
                 message->tails_seen, message->tails);
    for (unsigned i = 0; i < sim->milter_count; i++) {
        if (!is_whole(message, i))
            sim_fail(sim, "I3", "%s has half of what milter %u has done", message->id, i);
        else if (message->deeds[i] != 0 && (message->dropped >> (FILTERS_MAX + i) & 1u) == 0)
            sim->totals->milter_edits++;
    }
}
