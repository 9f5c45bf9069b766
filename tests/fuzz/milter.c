/* Fuzzes the filter milter: a session of two messages, whose milter says what the input says: each piece
 * begins with its length, or with what else happens. Every question is answered in finite time, nothing is
 * left over, and no edit makes more of a header section than fields. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "chain/chain.h"
#include "chain/registry.h"
#include "config/config.h"
#include "filters/filters.h"
#include "fuzz.h"
#include "lab.h"

#define ENOUGH UINT64_C(700000) /* ms in which any question is answered */

static struct play {
    struct lab lab;
    struct chain_run run;
    struct arena arena;
    struct filter_facts facts;
    struct lab_pipe *milter;
    struct span says;
    unsigned resumed;
} play;

static void tell_facts(void *owner, struct filter_facts *out)
{
    *out = ((struct play *)owner)->facts;
}

static void resumed(void *owner)
{
    ((struct play *)owner)->resumed++;
}

/* One of the configurations, loaded once. */
static struct settings *settings_of(unsigned n)
{
    static const char *const options[] = {
        "", ", edits: none, on_failure: pass", ", envelope: edit, on_failure: pass, protocol: 4",
        ", failures: 0, envelope: refuse, max_body: 1KiB", ", mode: observe, failures: 1"};
    static struct settings *loaded[sizeof(options) / sizeof(options[0])];
    char path[64];
    int fd;

    if (registry_at(0) == NULL)
        registry_add(&filter_milter);
    if (loaded[n] != NULL)
        return loaded[n];
    fd = memfd_create("proxy.yaml", MFD_CLOEXEC);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    DEMAND(fd >= 0 && dprintf(fd,
                              "hostname: mx.example\nlisteners: 2525\nupstreams: upstream.example\n"
                              "filters:\n  - milter: {address: 'unix:/m'%s}\n",
                              options[n]) > 0);
    FILE *complaints = fopen("/dev/null", "w");
    loaded[n] = config_load(path, complaints);
    DEMAND(loaded[n] != NULL && close(fd) == 0 && fclose(complaints) == 0);
    return loaded[n];
}

static struct span take(size_t n)
{
    struct span some = span_first(play.says, n);

    play.says = span_skip(play.says, some.len);
    return some;
}

/* The next thing that the milter does; false: it does nothing any more. */
static bool act(void)
{
    struct lab_dial *dial = lab_dial_waiting(&play.lab);
    unsigned char what;

    if (play.says.len == 0)
        return false;
    what = (unsigned char)take(1).ptr[0];
    if (dial != NULL && what == 255)
        lab_dial_refuse(dial, -ECONNREFUSED);
    else if (dial != NULL)
        play.milter = lab_dial_accept(&play.lab, dial, (struct lab_manner){.piece = what % 5});
    else if (play.milter == NULL || play.milter->closed || play.milter->ended)
        return true;
    else if (what == 255)
        lab_pipe_close(play.milter);
    else if (what == 254)
        lab_pass(&play.lab, 20000);
    else
        lab_pipe_send(play.milter, take(what));
    lab_run(&play.lab);
    return true;
}

static enum verdict ask(struct chain_question question)
{
    struct decision decision;
    unsigned before = play.resumed;
    enum verdict verdict = chain_ask(&play.run, &question, &decision);

    if (verdict != VERDICT_PENDING)
        return verdict;
    while (play.resumed == before && act())
        continue;
    if (play.resumed == before)
        lab_pass(&play.lab, ENOUGH);
    DEMAND(play.resumed == before + 1);
    verdict = chain_result(&play.run, &decision);
    DEMAND(verdict != VERDICT_PENDING);
    return verdict;
}

static struct filter_path path(const char *address)
{
    struct span s = span_str(address);

    return (struct filter_path){s, span_first(s, 3), span_skip(s, 4), SPAN("SIZE=1")};
}

static struct chain_question question_of(enum filter_event event, bool refused)
{
    static char body[66000];
    struct chain_question question = {.event = event};

    if (event == FILTER_COMMAND)
        question.command = (struct filter_command){SPAN("FROB"), SPAN("x"), false};
    else if (event == FILTER_HELO)
        question.helo = SPAN("client.example");
    else if (event == FILTER_MAIL)
        question.path = path("ann@example.org");
    else if (event == FILTER_RECIPIENT) {
        question.recipient.path = path("bob@example.net");
        question.recipient.reply =
            (struct filter_reply){SPAN("RCPT"), refused ? 550 : 250, SPAN("2.1.5 Ok"), false};
    } else if (event == FILTER_HEADER) {
        question.header.name = SPAN("Subject");
        question.header.value = SPAN(" hello\r\n\tworld");
    } else if (event == FILTER_BODY)
        question.bytes = span_of(body, sizeof(body));
    return question;
}

/* What the edits have made of a header section is fields, and nothing else. */
static void check_edits(void)
{
    struct text edited;
    size_t above = 0;
    bool full;

    if (header_edit(chain_header_edits(&play.run, &full), SPAN("Subject: hello\r\n\tworld\r\n"), false,
                    &above, &edited) != 0)
        return;
    for (size_t at = 0; at < edited.len;) {
        const char *lf = memchr(edited.ptr + at, '\n', edited.len - at);
        struct span line;
        DEMAND(lf != NULL && lf > edited.ptr + at && lf[-1] == '\r');
        line = span_of(edited.ptr + at, (size_t)(lf - edited.ptr) - at - 1);
        DEMAND(line.len != 0 && line.len <= 998 && memchr(line.ptr, '\r', line.len) == NULL);
        DEMAND(line.ptr[0] == ' ' || line.ptr[0] == '\t' || memchr(line.ptr, ':', line.len) != NULL);
        DEMAND(span_trim(line).len != 0 && memchr(line.ptr, '\0', line.len) == NULL);
        at += line.len + 2;
    }
    mem_free(edited.ptr);
}

static void message(void)
{
    static const enum filter_event events[] = {FILTER_MAIL, FILTER_RECIPIENT,     FILTER_RECIPIENT,
                                               FILTER_DATA, FILTER_HEADER,        FILTER_END_OF_HEADERS,
                                               FILTER_BODY, FILTER_END_OF_MESSAGE};
    bool end = false;

    arena_reset(&play.arena);
    chain_message_begin(&play.run, &play.arena);
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        enum verdict verdict = ask(question_of(events[i], i == 2));
        end = events[i] == FILTER_END_OF_MESSAGE && verdict == VERDICT_CONTINUE;
        if (verdict != VERDICT_CONTINUE && events[i] != FILTER_RECIPIENT)
            break;
    }
    check_edits();
    chain_message_end(&play.run, !end);
}

void fuzz_one(struct span in)
{
    struct settings *settings = settings_of(fuzz_choice(&in, 5));
    enum verdict verdict;

    play = (struct play){.says = in};
    lab_init(&play.lab, 1);
    play.facts = (struct filter_facts){.session = SPAN("s1"),
                                       .transaction = SPAN("t1"),
                                       .client = SPAN("192.0.2.1"),
                                       .client_family = 4,
                                       .helo = SPAN("client.example"),
                                       .hostname = SPAN("mx.example"),
                                       .listener = SPAN("l")};
    arena_init(&play.arena, 65536);
    chain_run_init(&play.run, settings->chain, &play.lab.world, &play, tell_facts, resumed);
    verdict = ask(question_of(FILTER_CONNECT, false));
    if (verdict == VERDICT_CONTINUE)
        verdict = ask(question_of(FILTER_HELO, false));
    if (verdict == VERDICT_CONTINUE) {
        (void)ask(question_of(FILTER_COMMAND, false));
        message();
        message();
    }
    chain_run_free(&play.run);
    arena_reset(&play.arena);
    lab_free(&play.lab);
}
