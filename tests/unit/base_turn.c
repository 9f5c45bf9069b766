/* base_turn.c: tests of turns: order, leaving, and turns that take, leave and free turns while they run. */
#include "base/turn.h"

#include "base/text.h"
#include "test.h"

static struct turns turns;
static char bytes[64];
static struct text ran;

/* A turn that writes its letter, then does something to another. */
struct worker {
    struct turn turn;
    char letter;
    unsigned again; /* how often it takes its turn again */
    struct worker *takes, *leaves;
};

static void run(void *owner)
{
    struct worker *worker = owner;

    CHECK(!worker->turn.taken);
    text_char(&ran, worker->letter);
    if (worker->again > 0) {
        worker->again--;
        turns_take(&turns, &worker->turn);
    }
    if (worker->takes != NULL)
        turns_take(&turns, &worker->takes->turn);
    if (worker->leaves != NULL)
        turns_leave(&turns, &worker->leaves->turn);
}

static struct worker worker(char letter)
{
    return (struct worker){.letter = letter};
}

static void take(struct worker *worker)
{
    worker->turn.run = run;
    worker->turn.owner = worker;
    turns_take(&turns, &worker->turn);
}

static struct span run_all(void)
{
    ran = TEXT(bytes);
    for (unsigned n = 0; n < sizeof(bytes) && turns_run_one(&turns); n++)
        ;
    CHECK(!turns_waiting(&turns) && !turns_run_one(&turns));
    return text_span(&ran);
}

static void test_order(void)
{
    struct worker a = worker('a'), b = worker('b'), c = worker('c');

    CHECK_SPAN(run_all(), SPAN(""));
    take(&b);
    take(&a);
    take(&c);
    take(&b); /* keeps its place */
    CHECK(turns_waiting(&turns));
    CHECK_SPAN(run_all(), SPAN("bac"));
}

static void test_leaving(void)
{
    struct worker a = worker('a'), b = worker('b'), c = worker('c');

    turns_leave(&turns, &a.turn);
    take(&a);
    take(&b);
    take(&c);
    turns_leave(&turns, &b.turn);
    turns_leave(&turns, &b.turn);
    take(&a);
    CHECK_SPAN(run_all(), SPAN("ac"));
    take(&b);
    CHECK_SPAN(run_all(), SPAN("b"));
}

static void test_within(void)
{
    struct worker a = worker('a'), b = worker('b'), c = worker('c');

    take(&c); /* only so that it can be taken by a */
    turns_leave(&turns, &c.turn);
    a.again = 2;
    a.takes = &c;
    a.leaves = &b;
    take(&a);
    take(&b);
    CHECK_SPAN(run_all(), SPAN("aacac"));
}

static void run_and_free(void *owner)
{
    free(owner);
    text_char(&ran, 'f');
}

static void test_freed(void)
{
    struct worker a = worker('a'), *gone = calloc(1, sizeof(*gone));

    REQUIRE(gone != NULL);
    gone->turn = (struct turn){.run = run_and_free, .owner = gone};
    turns_take(&turns, &gone->turn);
    take(&a);
    CHECK_SPAN(run_all(), SPAN("fa"));
}

int main(void)
{
    turns_init(&turns);
    test_order();
    test_leaving();
    test_within();
    test_freed();
    return test_end("base_turn");
}
