/* Stored messages in a trial: from the client to the upstream and back, in a world in memory. */
#include "scan/trial.h"

#include "base/mem.h"
#include "chain/chain.h"
#include "lab.h"
#include "session/settings.h"
#include "test.h"

#define MINUTE UINT64_C(60000)

struct fixture {
    struct lab lab;
    struct settings settings;
    struct settings_upstream upstream;
    struct trial *trial;
    struct finding finding;
    unsigned done, released, lines;
};

static void on_released(struct settings *settings)
{
    struct fixture *f = settings->memory;

    f->released++;
    CHECK(settings->upstreams.items == &f->upstream && settings->upstreams.count == 1);
    chain_free(settings->chain);
}

static void on_heard(void *owner, struct span line)
{
    struct fixture *f = owner;

    CHECK(line.len != 0 && line.ptr[line.len - 1] == '\n');
    f->lines++;
}

static void on_done(void *owner)
{
    ((struct fixture *)owner)->done++;
}

static void begin(struct fixture *f, const char *from, const char *to)
{
    struct trial_client client = {.helo = "client.example", .from = from, .recipient = to};
    struct settings *s = &f->settings;

    *f = (struct fixture){0};
    lab_init(&f->lab, 7);
    f->upstream = (struct settings_upstream){
        .host = "192.0.2.1", .port = 25, .address = "192.0.2.1:25", .tls = UPSTREAM_TLS_REQUIRED};
    s->hostname = "proxy.example";
    s->greeting = "ESMTP";
    s->upstreams = (struct option_rows){&f->upstream, 1};
    s->limits = (struct settings_limits){.local_part = 64,
                                         .domain = 255,
                                         .path = 256,
                                         .command_line = 512,
                                         .auth_line = 12288,
                                         .recipients = 2,
                                         .message_size = 1000000,
                                         .header_size = 65536,
                                         .header_field = 65536,
                                         .header_count = 100,
                                         .reply_lines = 128,
                                         .transaction_memory = 8192,
                                         .spool_memory = 8192};
    s->timeouts = (struct settings_timeouts){MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE,
                                             MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE};
    s->chain = chain_new();
    s->memory = f;
    s->release = on_released;
    atomic_init(&s->references, 1);
    (void)ip_parse(SPAN("192.0.2.7"), &client.address);
    f->trial = trial_new(&f->lab.world, s, &client, on_heard, f);
    REQUIRE(f->trial != NULL);
}

static void end(struct fixture *f)
{
    trial_free(f->trial);
    CHECK(f->released == 1);
    lab_free(&f->lab);
}

static void check(struct fixture *f, struct span content, const char *verdict, unsigned code)
{
    const struct letter letter = {.name = "name", .content = content};
    unsigned done = f->done, lines = f->lines;

    REQUIRE(trial_begin(f->trial, &letter, &f->finding, on_done, f) == 0);
    CHECK(f->done == done);
    lab_run(&f->lab);
    CHECK(f->done == done + 1);
    CHECK(f->lines > lines);
    CHECK_SPAN(finding_span(&f->finding.verdict), span_str(verdict));
    CHECK(f->finding.code == code);
    CHECK(f->finding.size == content.len);
}

static void check_messages(void)
{
    const struct span head = SPAN("Subject: big\n\n");
    struct fixture f;
    char *big = malloc(2000000);

    REQUIRE(big != NULL);
    memset(big, 'x', 2000000);
    for (size_t i = 70; i < 2000000; i += 71)
        big[i] = '\n';
    memcpy(big, head.ptr, head.len);
    begin(&f, NULL, NULL);
    for (int round = 0; round < 3; round++) { /* one after the other, whatever became of the one before */
        check(&f, SPAN("From: a@x.org\nTo: b@y.org\n\n.text\n"), "accepted", 250);
        CHECK(!finding_refused(&f.finding) && f.finding.recipients == 1);
        check(&f, SPAN(""), "accepted", 250);
        check(&f, span_of(big, 900000), "accepted", 250);
        check(&f, span_of(big, 2000000), "rejected", 552);
        CHECK(finding_refused(&f.finding));
        CHECK_SPAN(finding_span(&f.finding.at), SPAN("message"));
        check(&f, SPAN("Subject: x\n\nbare\rCR\n"), "rejected", 550);
        check(&f, SPAN("Subject: x\n\nbare\0NUL\n"), "rejected", 550);
        check(&f, SPAN("To: a@y.org, b@y.org, c@y.org\n\n"), "partly", 250);
        CHECK(f.finding.recipients == 3 && f.finding.recipients_refused == 1);
    }
    end(&f);
    free(big);
}

static void check_given_envelope(void)
{
    struct fixture f;

    begin(&f, "", "c@z.org");
    check(&f, SPAN("From: a@x.org\nTo: a@y.org, b@y.org, c@y.org\n\n"), "accepted", 250);
    CHECK(f.finding.recipients == 1);
    end(&f);
}

static unsigned allocations_left;

static bool allow(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return allocations_left-- != 0;
}

/* Each allocation of a trial fails once: it ends all the same, and the next one is as if nothing had been. */
static void check_starved(void)
{
    const struct letter letter = {.name = "name", .content = SPAN("From: a@x.org\nTo: b@y.org\n\ntext\n")};
    struct fixture f;
    unsigned n = 0, done;
    bool failed;

    begin(&f, NULL, NULL);
    do {
        done = f.done;
        allocations_left = n++;
        mem_set_gate(allow, NULL);
        if (trial_begin(f.trial, &letter, &f.finding, on_done, &f) == 0) {
            lab_pass(&f.lab, 20 * MINUTE);
            CHECK(f.done == done + 1);
        }
        failed = (int)allocations_left < 0;
        mem_set_gate(NULL, NULL);
        check(&f, letter.content, "accepted", 250);
    } while (failed && n < 1000);
    CHECK(n > 5 && n < 1000);
    end(&f);
}

static void check_never_used(void)
{
    struct fixture f;

    begin(&f, NULL, NULL);
    end(&f);
}

int main(void)
{
    check_messages();
    check_given_envelope();
    check_starved();
    check_never_used();
    return test_end("scan_trial");
}
