/* Fuzzes scan/envelope.c: whatever a header section says, what is told of it are mailboxes that a client may
 * name, and a plain Return-Path and Delivered-To in front of it are found. */
#include "scan/envelope.h"

#include "base/mem.h"
#include "fuzz.h"
#include "smtp/address.h"

#define ARENA_OCTETS 65536

static void check_mailbox(struct span mailbox)
{
    static const struct address_limits limits = {64, 255, 256};
    struct path path;

    DEMAND(address_mailbox(mailbox, &limits, false, &path) == 0);
}

static bool read(struct envelope *envelope, struct span content, struct arena *arena)
{
    struct span copy = fuzz_copy(content);
    bool whole;

    *envelope = (struct envelope){.count = 0};
    arena_init(arena, ARENA_OCTETS);
    whole = envelope_read(envelope, copy, arena);
    fuzz_free(copy); /* what is told is kept in the arena */
    return whole;
}

static void check(const struct envelope *envelope)
{
    DEMAND(envelope->count >= 1 && envelope->count <= ENVELOPE_RECIPIENTS);
    for (size_t i = 0; i < envelope->count; i++)
        if (!span_eq(envelope->recipients[i], SPAN("postmaster")))
            check_mailbox(envelope->recipients[i]);
    if (envelope->reverse_path.len != 0)
        check_mailbox(envelope->reverse_path);
}

/* The same section behind fields that say it plainly. */
static void check_plain(struct span in)
{
    static char octets[FUZZ_OCTETS_MAX + 100];
    struct text text = TEXT(octets);
    struct envelope envelope;
    struct arena arena;

    text_add(&text, SPAN("Return-Path: <ann@example.org>\r\nDelivered-To: bob@example.com\r\nX-Next:\r\n"));
    text_add(&text, in);
    DEMAND(read(&envelope, text_span(&text), &arena));
    check(&envelope);
    DEMAND(span_eq(envelope.reverse_path, SPAN("ann@example.org")));
    DEMAND(span_eq(envelope.recipients[0], SPAN("bob@example.com")));
    arena_reset(&arena);
}

void fuzz_one(struct span in)
{
    unsigned starve = fuzz_choice(&in, 8) == 0 ? 1 + fuzz_choice(&in, 20) : 0;
    struct envelope envelope;
    struct arena arena;

    fuzz_starve(starve);
    if (read(&envelope, in, &arena))
        check(&envelope);
    else
        DEMAND(starve != 0);
    fuzz_starve(0);
    arena_reset(&arena);
    check_plain(in);
}
