/* transaction.c: what is known of a mail transaction, and its one line in the log. Forwarding is left to the
 * verbs. */
#include "session/transaction.h"

#include "base/mem.h"
#include "session/introduction.h"
#include "session/journal.h"

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford's: no I, L, O, U */

/* Time first, so that ids sort; then chance, so that they do not collide between workers. */
static void mint(struct world *world, char id[static 20])
{
    uint64_t ms = world->ops->wall(world);
    uint8_t chance[8];

    world->ops->chance(world, chance, sizeof(chance));
    for (int i = 8; i >= 0; i--, ms >>= 5)
        id[i] = digits[ms & 31];
    for (int i = 0; i < 8; i++)
        id[9 + i] = digits[chance[i] & 31];
    id[17] = '\0';
}

struct transaction *transaction_new(struct session *session)
{
    struct transaction *transaction = mem_alloc(sizeof(*transaction));

    if (transaction == NULL)
        return NULL;
    transaction->references = 1;
    transaction->session = session;
    transaction->started = world_now(session->world);
    arena_init(&transaction->arena, session->settings->limits.transaction_memory);
    mint(session->world, transaction->id);
    return transaction;
}

struct transaction *transaction_ref(struct transaction *transaction)
{
    if (transaction != NULL)
        transaction->references++;
    return transaction;
}

void transaction_unref(struct transaction *transaction)
{
    if (transaction == NULL || --transaction->references != 0)
        return;
    journal_transaction(transaction->session, transaction);
    arena_reset(&transaction->arena);
    mem_free(transaction);
}

struct recipient *transaction_add_recipient(struct transaction *transaction, struct span address)
{
    struct recipient *recipient = arena_alloc(&transaction->arena, sizeof(*recipient));

    if (recipient == NULL)
        return NULL;
    recipient->address = arena_copy(&transaction->arena, address);
    if (recipient->address.ptr == NULL)
        return NULL;
    if (transaction->last != NULL)
        transaction->last->next = recipient;
    else
        transaction->first = recipient;
    transaction->last = recipient;
    return recipient;
}

void transaction_rewrite(struct transaction *transaction, struct recipient *recipient, struct span address)
{
    *(recipient != NULL ? &recipient->instead : &transaction->instead) = address;
}

void transaction_answer_recipient(struct transaction *transaction, struct recipient *recipient, unsigned code,
                                  struct span text)
{
    if (recipient == NULL)
        return;
    recipient->code = code;
    if (code >= 400)
        recipient->reply = arena_copy(&transaction->arena, span_first(text, 128));
}

void transaction_note(struct transaction *transaction, const char *verdict, const char *filter,
                      struct span reason, unsigned code, struct span text)
{
    if (transaction == NULL || transaction->verdict != NULL)
        return;
    transaction->verdict = verdict;
    if (filter != NULL)
        transaction->filter = span_str(filter);
    if (reason.len != 0)
        transaction->reason = arena_copy(&transaction->arena, span_first(reason, 256));
    kept_reply_set(&transaction->final, code, (struct span){NULL, 0}, text);
}

void transaction_note_decision(struct transaction *transaction, const struct decision *decision)
{
    static const char *const names[] = {
        [VERDICT_REJECT] = "rejected",       [VERDICT_TEMPFAIL] = "tempfailed",
        [VERDICT_DISCARD] = "discarded",     [VERDICT_QUARANTINE] = "tempfailed",
        [VERDICT_DISCONNECT] = "tempfailed",
    };

    transaction_note(transaction, names[decision->verdict], decision->filter, decision->reason,
                     decision->code, decision->text);
}

void transaction_end(struct session *session, bool aborted)
{
    struct transaction *transaction = session->transaction;

    if (transaction == NULL)
        return;
    session->transaction = NULL;
    introduction_end_transaction(session);
    chain_message_end(&session->chain, aborted);
    transaction_unref(transaction);
}
