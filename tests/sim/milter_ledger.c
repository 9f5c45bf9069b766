/* milter_ledger.c: what the words of a milter, and its end, mean for the message and the session that they
 * are about: told to the ledger, which holds the MTA to it. */
#include "sim.h"

/* Without memory a word is not heard, without a disk a body not taken: from the first draw on nobody can say
 * when that will be. */
bool milter_certain(const struct milter_end *end)
{
    const struct sim *sim = end->of->sim;

    for (unsigned i = 0; i < FAULTS_MAX; i++)
        if (sim->faults[i].kind >= FAULT_MEMORY_ONCE && sim->faults[i].kind <= FAULT_DISK_BROKEN)
            return false;
    return true;
}

/* A message of its is under way, and it has not decided about it. */
static bool takes_part(const struct milter_end *end)
{
    return end->in_message && !end->decided && end->message != NULL;
}

void milter_lost(struct milter_end *end)
{
    const struct sim_milter *milter = end->of;
    struct client *client = end->client;

    if (end->lost)
        return;
    end->lost = true;
    if (milter->on_failure == MILTER_PASSES || milter->observed)
        return;
    client->upset = true;
    if (milter->on_failure == MILTER_SHUTS)
        client->cut_short = true;
    if (milter->on_failure == MILTER_REJECTS && (!takes_part(end) || end->confused))
        client->barred = true;
    if (!takes_part(end))
        return;
    if (milter->on_failure == MILTER_REJECTS)
        end->message->harsh = true;
    if (!end->confused && milter_certain(end))
        end->message->refused = true;
}

static enum verdict verdict_of(char word)
{
    static const struct {
        char word;
        enum verdict verdict;
    } rows[] = {{'r', VERDICT_REJECT},    {'y', VERDICT_REJECT},  {'t', VERDICT_TEMPFAIL},
                {'z', VERDICT_TEMPFAIL},  {'d', VERDICT_DISCARD}, {'4', VERDICT_DISCONNECT},
                {'q', VERDICT_QUARANTINE}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].word == word)
            return rows[i].verdict;
    return VERDICT_CONTINUE;
}

/* Against the message, or one recipient of it. */
static void decide(struct milter_end *end, int which, enum verdict verdict)
{
    if (verdict == VERDICT_CONTINUE || end->of->observed || end->message == NULL)
        return;
    end->client->upset = true;
    if (verdict == VERDICT_DISCONNECT)
        end->client->cut_short = true;
    if (verdict == VERDICT_REJECT)
        end->message->harsh = true;
    if (!end->confused && milter_certain(end))
        ledger_decided(end->of->sim, end->message, which, verdict);
}

static void said_of_session(struct milter_end *end, enum verdict verdict)
{
    if (verdict == VERDICT_CONTINUE || end->of->observed)
        return;
    end->client->upset = true;
    if (end->due != 'U')
        end->client->barred = true;
    if (verdict == VERDICT_DISCONNECT)
        end->client->cut_short = true;
}

/* A verdict on a recipient that the upstream has refused counts for nothing, but for the milter's own part.
 */
static void said_of_recipient(struct milter_end *end, char word)
{
    enum verdict verdict = verdict_of(word);
    bool whole = verdict == VERDICT_DISCARD || verdict == VERDICT_DISCONNECT;

    end->decided = word == 'a' || word == 'd';
    end->skipped = word == 's';
    if (end->refused && verdict == VERDICT_DISCONNECT)
        end->client->cut_short = true;
    if (!end->refused)
        decide(end, whole ? -1 : (int)end->which, verdict);
}

void milter_said(struct milter_end *end, char word)
{
    enum verdict verdict = verdict_of(word);
    char due = end->due;

    if (due == 'C' || due == 'H' || due == 'U') {
        said_of_session(end, verdict);
        end->parting = due != 'U' && word != 'c';
    } else if (due == 'R') {
        said_of_recipient(end, word);
    } else if (due != 'O') {
        end->skipped = word == 's';
        end->partial = end->partial || end->skipped;
        end->decided = due == 'E' || (word != 'c' && word != 's');
        if (due == 'E' && verdict == VERDICT_CONTINUE)
            milter_edits_done(end);
        if (due == 'E' && verdict == VERDICT_CONTINUE && (end->planned & DEED_QUARANTINE) != 0)
            verdict = VERDICT_QUARANTINE;
        decide(end, -1, verdict);
    }
    end->due = '\0';
}
