/* host.c: tests filters/libmilter/host.c and visit.c: the scripted milter as modules side by side, each with
 * variables of its own; sessions at the same time; every end. host MODULE */
#include <pthread.h>
#include <unistd.h>

#include "filters/libmilter/host.h"
#include "filters/milter/wire.h"
#include "../unit/test.h"

#define SESSIONS 20
#define PATIENCE 20000 /* milliseconds */

struct hearer {
    struct visit *visit;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned answers, progress;
};

static const char *module_path;
static char error[256];

static void on_answered(void *arg)
{
    struct hearer *hearer = arg;

    (void)pthread_mutex_lock(&hearer->lock);
    hearer->answers++;
    (void)pthread_cond_broadcast(&hearer->changed);
    (void)pthread_mutex_unlock(&hearer->lock);
}

static void on_progress(void *arg)
{
    struct hearer *hearer = arg;

    (void)pthread_mutex_lock(&hearer->lock);
    hearer->progress++;
    (void)pthread_mutex_unlock(&hearer->lock);
}

static void hear(struct hearer *hearer, struct module *module)
{
    *hearer = (struct hearer){.answers = 0};
    (void)pthread_mutex_init(&hearer->lock, NULL);
    (void)pthread_cond_init(&hearer->changed, NULL);
    hearer->visit = visit_begin(module, (struct visitor){on_answered, on_progress, hearer});
    REQUIRE(hearer->visit != NULL);
}

static void wait_for(struct hearer *hearer, unsigned answers)
{
    (void)pthread_mutex_lock(&hearer->lock);
    while (hearer->answers < answers)
        (void)pthread_cond_wait(&hearer->changed, &hearer->lock);
    (void)pthread_mutex_unlock(&hearer->lock);
}

static void add(struct milter_writer *writer, char command, const char *string)
{
    struct milter_packet packet = {.command = command, .strings = {span_str(string), span_str("value")}};

    if (command == MILTER_OPTNEG)
        packet.numbers[0] = 6, packet.numbers[1] = MILTER_ACTIONS, packet.numbers[2] = MILTER_STEPS;
    if (command == MILTER_CONNECT) {
        packet.numbers[0] = MILTER_UNKNOWN_FAMILY;
        packet.strings[1] = (struct span){NULL, 0};
    }
    CHECK(milter_write(writer, MILTER_OF_MTA, &packet) == 0);
}

/* Tells commands in one go; what is said of them is waited for elsewhere. */
static bool tell(struct hearer *hearer, const char *commands)
{
    struct milter_writer writer = {.len = 0};
    bool told;

    for (; *commands != '\0'; commands++)
        add(&writer, *commands, "<a@client.example>");
    told = visit_tell(hearer->visit, milter_written(&writer));
    milter_writer_free(&writer);
    return told;
}

/* The commands of the packets that were said, as a string. */
static const char *said(struct hearer *hearer)
{
    static char commands[64];
    struct span octets = visit_said(hearer->visit);
    size_t count = 0;

    while (octets.len >= MILTER_HEAD && count + 1 < sizeof(commands)) {
        const unsigned char *head = (const unsigned char *)octets.ptr;
        commands[count++] = octets.ptr[4];
        octets = span_skip(octets, 4 + ((size_t)head[2] << 8 | head[3]));
    }
    commands[count] = '\0';
    return commands;
}

static struct module *start(const char *trace, const char *const *rules)
{
    const char *arguments[16] = {"milter", "-p", "unix:/nowhere/at/all", "-o", trace};
    size_t count = 5;
    struct module *module;

    while (*rules != NULL)
        arguments[count++] = *rules++;
    module = module_start(module_path, arguments, 4, PATIENCE, error, sizeof(error));
    if (module == NULL)
        fprintf(stderr, "%s\n", error);
    REQUIRE(module != NULL);
    return module;
}

static unsigned count_lines(const char *trace, const char *line)
{
    FILE *file = fopen(trace, "r");
    char read[256];
    unsigned count = 0;

    REQUIRE(file != NULL);
    while (fgets(read, sizeof(read), file) != NULL) {
        read[strcspn(read, "\n")] = '\0';
        count += strcmp(read, line) == 0;
    }
    (void)fclose(file);
    return count;
}

static void end(struct module *module)
{
    int status = -1;

    CHECK(module_end(module, PATIENCE, &status));
    CHECK(status == 0);
}

/* The same file twice: neither knows of the other's rules, and callbacks of both run at the same time. */
static void test_side_by_side(const char *a_trace, const char *b_trace)
{
    struct module *modules[] = {
        start(a_trace, (const char *const[]){"-r", "envrcpt=1", "-d", "helo:sleep|20", NULL}),
        start(b_trace, (const char *const[]){"-r", "envrcpt=4", "-f", "1", "-d", "eom:addheader|X|1", NULL})};
    static struct hearer hearers[2][SESSIONS];

    for (size_t i = 0; i < 2 * SESSIONS; i++)
        hear(&hearers[i % 2][i / 2], modules[i % 2]);
    for (size_t i = 0; i < 2 * SESSIONS; i++)
        CHECK(tell(&hearers[i % 2][i / 2], "OCHMR"));
    for (size_t i = 0; i < 2 * SESSIONS; i++) {
        wait_for(&hearers[i % 2][i / 2], 1);
        CHECK(strcmp(said(&hearers[i % 2][i / 2]), i % 2 == 0 ? "Occcr" : "Occct") == 0);
        CHECK(tell(&hearers[i % 2][i / 2], "TLNBE"));
    }
    for (size_t i = 0; i < 2 * SESSIONS; i++) {
        wait_for(&hearers[i % 2][i / 2], 2);
        CHECK(strcmp(said(&hearers[i % 2][i / 2]), i % 2 == 0 ? "ccccc" : "cccchc") == 0);
        CHECK(!visit_over(hearers[i % 2][i / 2].visit));
        visit_end(hearers[i % 2][i / 2].visit);
    }
    end(modules[0]);
    end(modules[1]);
    CHECK(count_lines(a_trace, "close") == SESSIONS && count_lines(b_trace, "close") == SESSIONS);
    CHECK(count_lines(a_trace, "  sleep = 0") == SESSIONS && count_lines(b_trace, "  sleep = 0") == 0);
    CHECK(count_lines(a_trace, "two callbacks at once") == 0 && count_lines(a_trace, "main = 0") == 1);
}

static void test_ends(const char *trace)
{
    struct module *module = start(trace, (const char *const[]){"-d", "helo:sleep|200", "-d", "eom:progress",
                                                               "-d", "envfrom:stop", NULL});
    static struct hearer early, over, stops;

    hear(&early, module);
    CHECK(tell(&early, "OCH"));
    visit_end(early.visit); /* while its callback runs */
    hear(&over, module);
    CHECK(tell(&over, "OCQ"));
    wait_for(&over, 1);
    CHECK(visit_over(over.visit) && !tell(&over, "H"));
    visit_end(over.visit);
    hear(&stops, module);
    CHECK(!module_gone(module));
    CHECK(tell(&stops, "OCMRE"));
    wait_for(&stops, 1);
    CHECK(strcmp(said(&stops), "Ocdcc") != 0 && stops.progress == 1);
    CHECK(module_gone(module));
    CHECK(visit_begin(module, (struct visitor){on_answered, NULL, &stops}) == NULL);
    visit_end(stops.visit);
    end(module);
    CHECK(count_lines(trace, "close") == 3);
    CHECK(early.answers == 0);
}

/* Of what is told in one go, only a refused recipient lets the rest follow. */
static void test_in_one_go(const char *trace)
{
    static const struct {
        const char *rule, *told, *said;
    } cases[] = {
        {"envrcpt=1", "OCHMRRTLLNBE", "Occcrrcccccc"},
        {"header=1", "OCHMRTLLNBE", "Occcccr"},
        {"eoh=3", "OCHMRTLLNBE", "Occccccca"},
        {"body=8", "OCHMRTLLNBBE", "Occccccccsc"},
        {"body=8", "OCHMRTLNBBEMRTLNBE", "Occcccccsccccccsc"},
        {"envfrom=4", "OCHMRRR", "Occt"},
        {"eom=2", "OCHMRTNEMRTNE", "Occccccd"},
        {"envrcpt=3", "OCHMRRR", "Occca"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct module *module = start(trace, (const char *const[]){"-r", cases[i].rule, NULL});
        struct hearer hearer;

        hear(&hearer, module);
        CHECK(tell(&hearer, cases[i].told));
        wait_for(&hearer, 1);
        if (strcmp(said(&hearer), cases[i].said) != 0) {
            fprintf(stderr, "%s: %s\n", cases[i].rule, said(&hearer));
            FAIL("in one go");
        }
        CHECK(!visit_over(hearer.visit));
        visit_end(hearer.visit);
        end(module);
    }
}

static void test_refusals(void)
{
    static const char *const no_arguments[] = {"milter", NULL};

    CHECK(module_start("/nowhere/milter.so", no_arguments, 1, PATIENCE, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "/nowhere/milter.so") != NULL);
    CHECK(module_start("libutil.so.1", no_arguments, 1, PATIENCE, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "main") != NULL);
    CHECK(module_start(module_path, no_arguments, 1, PATIENCE, error, sizeof(error)) == NULL);
    CHECK(strstr(error, "returned") != NULL);
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/milter-host-XXXXXX", a[64], b[64], c[64];

    REQUIRE(argc == 2 && mkdtemp(folder) != NULL);
    module_path = argv[1];
    (void)snprintf(a, sizeof(a), "%s/a", folder);
    (void)snprintf(b, sizeof(b), "%s/b", folder);
    (void)snprintf(c, sizeof(c), "%s/c", folder);
    test_side_by_side(a, b);
    test_ends(c);
    test_in_one_go(c);
    test_refusals();
    (void)unlink(a);
    (void)unlink(b);
    (void)unlink(c);
    (void)rmdir(folder);
    return test_end("libmilter_host");
}
