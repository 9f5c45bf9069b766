/* main.c: simulations by seed, by range, by matrix or by the clock, and the table of what went wrong in them.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lab_tls_chance.h"
#include "lab_tls_keys.h"
#include "sim.h"

#define MATRIX_RUNS 12U /* seeds for each fault at each point */

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* An assertion failed: the seed is what matters, and there is nothing left to lose. */
static void died(int number)
{
    struct sim *sim = sim_current;

    (void)signal(number, SIG_DFL);
    if (sim != NULL)
        sim_fail(sim, "an assertion", "signal %d", number); // NOLINT(bugprone-signal-handler)
    (void)raise(number);
}

void __asan_on_error(void);

__attribute__((visibility("default"))) void __asan_on_error(void)
{
    if (sim_current != NULL)
        sim_fail(sim_current, "memory", "the sanitizer's report follows or precedes");
}

static void print_coverage(const struct totals *totals)
{
    printf("%-22s", "faults fired");
    for (unsigned point = 0; point < POINTS; point++)
        printf("%6s", point_name(point));
    printf("\n");
    for (unsigned kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++) {
        printf("%-22s", fault_name(kind));
        for (unsigned point = 0; point < POINTS; point++)
            if (fault_applies(kind, point))
                printf("%6llu", (unsigned long long)totals->fired[kind][point]);
            else
                printf("%6s", ".");
        printf("\n");
    }
}

/* How often each trick of a daemon was played when. */
static void print_daemons(const struct totals *totals)
{
    printf("%-22s%8s%8s%8s%8s\n", "daemon", "dial", "begin", "middle", "end");
    for (unsigned trick = DAEMON_WELL + 1; trick < DAEMON_TRICKS; trick++) {
        printf("%-22s", daemon_trick_name(trick));
        for (unsigned stage = 0; stage < DAEMON_STAGES; stage++)
            printf("%8llu", (unsigned long long)totals->daemons[trick][stage]);
        printf("\n");
    }
}

/* How often each trick of a milter was played at which step. */
static void print_milters(const struct totals *totals)
{
    printf("%-14s", "milter");
    for (unsigned step = 0; step < MILTER_STEPS; step++)
        printf("%8s", milter_step_name(step));
    printf("\n");
    for (unsigned trick = MILTER_WELL + 1; trick < MILTER_TRICKS; trick++) {
        printf("%-14s", milter_trick_name(trick));
        for (unsigned step = 0; step < MILTER_STEPS; step++)
            if (milter_applies(trick, step))
                printf("%8llu", (unsigned long long)totals->milters[trick][step]);
            else
                printf("%8s", ".");
        printf("\n");
    }
    printf("%llu messages stored with all edits of a milter\n", (unsigned long long)totals->milter_edits);
}

static void print_totals(const struct totals *totals, double took)
{
    print_coverage(totals);
    print_daemons(totals);
    print_milters(totals);
    printf("%llu seeds, %llu sessions, %llu messages, %llu stored, in %.1f s: %.0f sessions a second\n",
           (unsigned long long)totals->seeds, (unsigned long long)totals->sessions,
           (unsigned long long)totals->messages, (unsigned long long)totals->stored, took,
           (double)totals->sessions / took);
}

/* A cell that no seed has come to is a test that is not there. */
static bool empty_cells(const struct totals *totals)
{
    bool empty = false;

    for (unsigned kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++)
        for (unsigned point = 0; point < POINTS; point++)
            if (fault_applies(kind, point) && totals->fired[kind][point] == 0) {
                fprintf(stderr, "%s at %s has never happened\n", fault_name(kind), point_name(point));
                empty = true;
            }
    for (unsigned trick = MILTER_WELL + 1; trick < MILTER_TRICKS; trick++)
        for (unsigned step = 0; step < MILTER_STEPS; step++)
            if (milter_applies(trick, step) && totals->milters[trick][step] == 0) {
                fprintf(stderr, "milter %s at %s has never happened\n", milter_trick_name(trick),
                        milter_step_name(step));
                empty = true;
            }
    return empty;
}

/* Stops at the first that fails, unless all of them are only to be named. */
static bool run_seeds(uint64_t from, uint64_t to, struct totals *totals)
{
    bool good = true;

    for (uint64_t seed = from; seed <= to && (good || totals->brief); seed++)
        good = sim_run(seed, totals) && good;
    return good;
}

static bool run_cell(enum fault_kind kind, enum point point, struct totals *totals)
{
    unsigned hits = 0;
    bool fired;

    for (unsigned i = 0; i < MATRIX_RUNS; i++) {
        struct fault fault = {.kind = kind, .point = point};
        if (!sim_run_with(i, &fault, totals, &fired))
            return false;
        hits += fired;
    }
    printf("%s at %s: %u of %u\n", fault_name(kind), point_name(point), hits, MATRIX_RUNS);
    return true;
}

static bool run_milter_cell(enum milter_trick trick, enum milter_step step, struct totals *totals)
{
    const struct milter_plan plan = {.trick = trick, .step = step};
    unsigned hits = 0;
    bool fired;

    for (unsigned i = 0; i < MATRIX_RUNS; i++) {
        if (!sim_run_milter(i, &plan, totals, &fired))
            return false;
        hits += fired;
    }
    printf("milter %s at %s: %u of %u\n", milter_trick_name(trick), milter_step_name(step), hits,
           MATRIX_RUNS);
    return true;
}

static bool run_matrix(struct totals *totals)
{
    bool good = true;

    for (unsigned kind = FAULT_NONE + 1; kind < FAULT_KINDS; kind++)
        for (unsigned point = 0; point < POINTS; point++)
            if (fault_applies(kind, point))
                good = run_cell(kind, point, totals) && good;
    for (unsigned trick = MILTER_WELL + 1; trick < MILTER_TRICKS; trick++)
        for (unsigned step = 0; step < MILTER_STEPS; step++)
            if (milter_applies(trick, step))
                good = run_milter_cell(trick, step, totals) && good;
    return !empty_cells(totals) && good;
}

static bool run_long(double minutes, struct totals *totals)
{
    double until = seconds() + minutes * 60;
    uint64_t seed = (uint64_t)time(NULL) << 20;

    while (seconds() < until)
        if (!sim_run(seed++, totals))
            return false;
    return true;
}

static bool run_one_milter(uint64_t seed, const char *trick, const char *step, struct totals *totals)
{
    struct milter_plan plan = {0};
    bool fired;

    for (unsigned i = 0; i < MILTER_TRICKS; i++)
        if (strcmp(milter_trick_name(i), trick) == 0)
            plan.trick = i;
    for (unsigned i = 0; i < MILTER_STEPS; i++)
        if (strcmp(milter_step_name(i), step) == 0)
            plan.step = i;
    return sim_run_milter(seed, &plan, totals, &fired);
}

/* One seed, whose transcript is of interest even when all is well. */
static bool run_one(int argc, char **argv, struct totals *totals)
{
    struct fault fault = {0};
    uint64_t seed = strtoull(argv[2], NULL, 10);
    bool fired;

    if (argc < 7)
        return sim_run(seed, totals);
    if (strcmp(argv[3], "--milter") == 0)
        return run_one_milter(seed, argv[4], argv[6], totals);
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
        if (strcmp(fault_name(kind), argv[4]) == 0)
            fault.kind = kind;
    for (unsigned point = 0; point < POINTS; point++)
        if (strcmp(point_name(point), argv[6]) == 0)
            fault.point = point;
    return sim_run_with(seed, &fault, totals, &fired);
}

static int usage(void)
{
    fprintf(stderr, "usage: sim --seed N [--fault KIND --point P | --milter TRICK --step STEP] | --seeds "
                    "A..B | --survey A..B | --matrix "
                    "| --long MINUTES\n");
    return 2;
}

int main(int argc, char **argv)
{
    static struct totals totals;
    double began = seconds();
    unsigned long long from, to;
    bool good;

    (void)signal(SIGABRT, died);
    (void)signal(SIGSEGV, died);
    lab_tls_chance(1);
    if (!config_ready() || !content_ready())
        return 1;
    lab_tls_chance_end();
    totals.brief = argc > 1 && strcmp(argv[1], "--survey") == 0;
    if (argc == 3 && (totals.brief || strcmp(argv[1], "--seeds") == 0) &&
        sscanf(argv[2], "%llu..%llu", &from, &to) == 2)
        good = run_seeds(from, to, &totals);
    else if (argc == 2 && strcmp(argv[1], "--matrix") == 0)
        good = run_matrix(&totals);
    else if (argc == 3 && strcmp(argv[1], "--long") == 0)
        good = run_long(strtod(argv[2], NULL), &totals);
    else if ((argc == 3 || argc == 7) && strcmp(argv[1], "--seed") == 0)
        good = run_one(argc, argv, &totals);
    else
        return usage();
    print_totals(&totals, seconds() - began);
    (void)fflush(stdout);
    if (!good)
        _exit(1); /* what a failed simulation leaves behind is no leak worth a report */
    lab_tls_keys_free();
    content_done();
    return 0;
}
