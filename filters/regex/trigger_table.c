/* trigger_table.c: looks for literals with a table of the octets they end in: one look into it for each octet
 * of the text, whatever their number. */
#include <stdlib.h>

#include "filters/regex/trigger_private.h"

enum {
    PAIR = 8,        /* octets of a key and of what is compared before it */
    KEY = 4,         /* octets that the table is of; three of the shortest literals */
    BITS_LEAST = 14, /* the table has 2^14 entries at least, */
    BITS_MOST = 20,  /* 2^20 at most */
    ENTRIES_PER_LITERAL = 64
};

#define FOLD                                                                                                 \
    UINT32_C(0x20202020) /* makes letters lower case; what else it makes alike is told apart later           \
                          */

/* A literal, cut behind its rarest octets. */
struct entry {
    uint32_t before; /* the octets before its key, if it has as many: most that has the key is none by them */
    uint32_t next;   /* with the same place in the table, plus one; 0: the last */
    uint8_t len, cut;
};

struct table_set {
    struct trigger_set set;
    const struct literal *literals;
    size_t count;
    struct entry *entries;
    unsigned bits;
    bool shorts;      /* some are of three octets: their key lacks the first */
    uint64_t *filter; /* one bit for each place: it has entries */
    uint32_t *heads;  /* the first entry of each place, plus one */
};

struct table_run {
    struct trigger_run run;
    uint64_t base; /* octets of the text before the tail, modulo 2^64 */
    size_t len;
    char tail[2 * LITERAL_MAX]; /* the last octets of the text */
};

static uint32_t place_of(uint32_t key, unsigned bits)
{
    return (key * UINT32_C(2654435761)) >> (32 - bits);
}

static uint32_t key_at(const char *end)
{
    uint32_t key;

    memcpy(&key, end - KEY, sizeof key);
    return key | FOLD;
}

/* The key without its first octet. */
static uint32_t short_key(uint32_t key)
{
    const char blank[KEY] = {' ', 0, 0, 0}, all[KEY] = {'\xFF', 0, 0, 0};
    uint32_t filled, mask;

    memcpy(&filled, blank, sizeof filled);
    memcpy(&mask, all, sizeof mask);
    return (key & ~mask) | filled;
}

/* --- sets ------------------------------------------------------------------------------------------------
 */

/* How common an octet is in mail, roughly. */
static unsigned commonness(char c)
{
    static const char order[] = "etaonisrhldcumfpgwybv 0123456789kxjqz";
    const char *at = strchr(order, span_lower_byte(c));

    if (c == '\0' || at == NULL)
        return c == '\r' || c == '\n' || c == '=' ? 30 : 8;
    return (unsigned)(sizeof order - (size_t)(at - order));
}

/* Where a literal is cut: behind the four octets that are the rarest together. */
static uint8_t cut_of(const struct literal *literal)
{
    unsigned least = UINT32_MAX;
    uint8_t best = literal->len;

    for (uint8_t end = KEY; end <= literal->len; end++) {
        unsigned sum = 0;
        for (unsigned i = 1; i <= KEY; i++)
            sum += commonness(literal->octets[end - i]);
        if (sum <= least) {
            least = sum;
            best = end;
        }
    }
    return best;
}

static uint32_t key_of(const struct literal *literal, uint8_t end)
{
    char key[KEY] = {' ', ' ', ' ', ' '};
    size_t len = end < KEY ? end : KEY;

    memcpy(key + KEY - len, literal->octets + end - len, len);
    return key_at(key + KEY);
}

static void enter(struct table_set *set, size_t n)
{
    const struct literal *literal = &set->literals[n];
    struct entry *entry = &set->entries[n];
    uint32_t place;

    entry->len = literal->len < KEY ? literal->len : cut_of(literal);
    entry->cut = (uint8_t)(literal->len - entry->len);
    entry->before = entry->len >= PAIR ? key_of(literal, (uint8_t)(entry->len - KEY)) : 0;
    set->shorts = set->shorts || entry->len < KEY;
    place = place_of(key_of(literal, entry->len), set->bits);
    entry->next = set->heads[place];
    set->heads[place] = (uint32_t)n + 1;
    set->filter[place / 64] |= UINT64_C(1) << (place % 64);
}

static void table_drop(struct trigger_set *arg)
{
    struct table_set *set = (struct table_set *)(void *)arg;

    free(set->entries);
    free(set->filter);
    free(set->heads);
    free(set);
}

static struct trigger_set *table_make(const struct literal *literals, size_t count, const char **error)
{
    struct table_set *set = calloc(1, sizeof *set);

    *error = "memory is short";
    if (set == NULL)
        return NULL;
    set->set.ops = &trigger_table;
    set->literals = literals;
    set->count = count;
    for (set->bits = BITS_LEAST; set->bits < BITS_MOST && (count * ENTRIES_PER_LITERAL) >> set->bits != 0;)
        set->bits++;
    set->entries = calloc(count, sizeof *set->entries);
    set->filter = calloc((size_t)1 << (set->bits - 6), sizeof *set->filter);
    set->heads = calloc((size_t)1 << set->bits, sizeof *set->heads);
    if (set->entries == NULL || set->filter == NULL || set->heads == NULL) {
        table_drop(&set->set);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        enter(set, i);
    return &set->set;
}

static size_t table_set_size(const struct trigger_set *arg)
{
    const struct table_set *set = (const struct table_set *)(const void *)arg;
    size_t places = (size_t)1 << set->bits;

    return sizeof *set + set->count * sizeof *set->entries + places / 8 + places * sizeof *set->heads;
}

static size_t table_run_size(const struct trigger_set *set)
{
    (void)set;
    return sizeof(struct table_run);
}

/* --- texts -----------------------------------------------------------------------------------------------
 */

static bool is_literal(const struct literal *literal, size_t len, const char *end)
{
    struct span there = span_of(end - len, len), wanted = span_of(literal->octets, len);

    return literal->caseless ? span_eq_nocase(there, wanted) : span_eq(there, wanted);
}

struct listener {
    trigger_seen *seen;
    void *arg;
};

/* Tells of the literals whose key ends at text.ptr + at. base: octets before the text. */
static void tell(const struct table_set *set, uint32_t place, struct span text, size_t at, uint64_t base,
                 const struct listener *listener)
{
    for (uint32_t next = set->heads[place]; next != 0;) {
        const struct entry *entry = &set->entries[next - 1];
        uint32_t id = next - 1;
        next = entry->next;
        if (entry->len >= PAIR && at >= PAIR && key_at(text.ptr + at - KEY) != entry->before)
            continue;
        if (entry->len <= at && is_literal(&set->literals[id], entry->len, text.ptr + at))
            listener->seen(listener->arg, id, base + at + entry->cut);
    }
}

static bool has_entries(const struct table_set *set, uint32_t place)
{
    return (set->filter[place / 64] >> (place % 64) & 1) != 0;
}

/* Keys that end behind octet `from` of the text, but not at it. */
static void look(const struct table_set *set, struct span text, size_t from, uint64_t base,
                 const struct listener *listener)
{
    unsigned bits = set->bits;

    for (size_t at = from < KEY ? KEY : from + 1; at <= text.len; at++) {
        uint32_t key = key_at(text.ptr + at), place = place_of(key, bits);
        if (has_entries(set, place))
            tell(set, place, text, at, base, listener);
        if (!set->shorts)
            continue;
        place = place_of(short_key(key), bits);
        if (has_entries(set, place))
            tell(set, place, text, at, base, listener);
    }
}

/* An octet that is none stands before the text, so that one of three octets has a key. */
static bool table_restart(struct trigger_run *arg)
{
    struct table_run *run = (struct table_run *)(void *)arg;

    run->base = UINT64_MAX;
    run->tail[0] = '\0';
    run->len = 1;
    return true;
}

static struct trigger_run *table_begin(const struct trigger_set *set)
{
    struct table_run *run = calloc(1, sizeof *run);

    if (run == NULL)
        return NULL;
    run->run.set = set;
    table_restart(&run->run);
    return &run->run;
}

/* The tail with the first octets of the piece: keys and literals that lie across the border. */
static void cross_border(struct table_run *run, struct span piece, const struct listener *listener)
{
    const struct table_set *set = (const struct table_set *)(const void *)run->run.set;
    struct span head = span_first(piece, LITERAL_MAX);
    size_t before = run->len;

    if (before > LITERAL_MAX) {
        memmove(run->tail, run->tail + before - LITERAL_MAX, LITERAL_MAX);
        run->base += before - LITERAL_MAX;
        before = LITERAL_MAX;
    }
    memcpy(run->tail + before, head.ptr, head.len);
    run->len = before + head.len;
    look(set, span_of(run->tail, run->len), before, run->base, listener);
}

static bool table_feed(struct trigger_run *arg, struct span piece, trigger_seen *seen, void *seen_arg)
{
    struct table_run *run = (struct table_run *)(void *)arg;
    const struct table_set *set = (const struct table_set *)(const void *)arg->set;
    struct listener listener = {seen, seen_arg};
    uint64_t base;

    if (piece.len == 0)
        return true;
    cross_border(run, piece, &listener);
    if (piece.len <= LITERAL_MAX)
        return true;
    base = run->base + run->len - LITERAL_MAX; /* of the piece */
    look(set, piece, LITERAL_MAX, base, &listener);
    memcpy(run->tail, piece.ptr + piece.len - LITERAL_MAX, LITERAL_MAX);
    run->len = LITERAL_MAX;
    run->base = base + piece.len - LITERAL_MAX;
    return true;
}

static void table_end(struct trigger_run *run)
{
    free(run);
}

static bool table_usable(void)
{
    return true;
}

const struct trigger_ops trigger_table = {
    .usable = table_usable,
    .make = table_make,
    .drop = table_drop,
    .set_size = table_set_size,
    .run_size = table_run_size,
    .begin = table_begin,
    .feed = table_feed,
    .restart = table_restart,
    .end = table_end,
};
