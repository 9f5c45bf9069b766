/* release_release.c: a kept message from the quarantine, by a courier and a session, to an upstream in
 * memory: what it is told, what comes of its answers, and of memory that fails. */
#include "release/release.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "chain/chain.h"
#include "lab.h"
#include "quarantine/draft.h"
#include "test.h"

#define MINUTE   UINT64_C(60000)
#define CONTENT  "Subject: x\r\n\r\n.dot\r\n"
#define ADDRESS  "mail.example.net:25"
#define ACCEPTED "220 mx.example\r\n"

/* What the upstream offers and refuses. */
struct manners {
    const char *ehlo;    /* further lines of its reply */
    const char *refuses; /* what it answers 550 to: the beginning of a line; NULL: nothing */
    bool lost;           /* it goes instead of answering the end of the message */
};

struct fixture {
    struct lab lab;
    struct settings settings;
    struct settings_upstream upstream;
    struct chain *chain;
    struct quarantine *quarantine;
    struct entry entry;
    struct release *release;
    struct courier courier;
    struct courier_reply replies[2];
    struct lab_pipe *pipe;  /* to the upstream; NULL: not connected to yet */
    struct lab_bytes heard; /* commands and content */
    size_t read;            /* of what the pipe has */
    size_t chunk;           /* octets of a chunk still to come */
    bool last, content;
    unsigned done;
};

static char root[] = "/tmp/postern-release-XXXXXX";
static const struct manners plain = {.ehlo = "250 SIZE\r\n"};

static void on_released(struct settings *settings)
{
    chain_free(settings->chain);
}

static void on_done(void *owner)
{
    ((struct fixture *)owner)->done++;
}

static void keep(struct fixture *f)
{
    const struct quarantine_bounds bounds = {.directory = root};
    struct draft draft;

    f->quarantine = quarantine_new(&bounds);
    REQUIRE(f->quarantine != NULL);
    REQUIRE(draft_begin(&draft, f->quarantine, SPAN("M1")) == 0);
    REQUIRE(draft_write(&draft, SPAN(CONTENT)) == 0 && draft_commit(&draft, SPAN("{}")) == 0);
    REQUIRE(entry_open(&f->entry, f->quarantine, SPAN("M1")) == 0);
}

static void begin(struct fixture *f)
{
    struct settings *s = &f->settings;

    *f = (struct fixture){0};
    lab_init(&f->lab, 7);
    keep(f);
    f->upstream = (struct settings_upstream){.host = "mail.example.net", .port = 25, .address = ADDRESS};
    s->hostname = "proxy.example";
    s->greeting = "ESMTP";
    s->trace = TRACE_RECEIVED;
    s->upstreams = (struct option_rows){&f->upstream, 1};
    s->limits = (struct settings_limits){.local_part = 64,
                                         .domain = 255,
                                         .path = 256,
                                         .command_line = 512,
                                         .auth_line = 12288,
                                         .recipients = 1,
                                         .message_size = 1,
                                         .header_size = 1,
                                         .header_field = 1,
                                         .header_count = 1,
                                         .reply_lines = 128,
                                         .transaction_memory = 8192,
                                         .spool_memory = 8192};
    s->timeouts = (struct settings_timeouts){MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE,
                                             MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE, MINUTE};
    s->chain = f->chain = chain_new();
    s->release = on_released;
    atomic_init(&s->references, 1);
}

static void end(struct fixture *f)
{
    const struct settings *s = &f->settings;

    if (f->release != NULL)
        release_free(f->release);
    CHECK(s->chain == f->chain && s->upstreams.items == &f->upstream && s->limits.message_size == 1 &&
          s->trace == TRACE_RECEIVED); /* given back as they were */
    entry_close(&f->entry);
    CHECK(entry_open(&f->entry, f->quarantine, SPAN("M1")) == 0 && entry_remove(&f->entry) == 0);
    entry_close(&f->entry);
    quarantine_unref(f->quarantine);
    chain_free(f->chain);
    lab_bytes_free(&f->heard);
    lab_free(&f->lab);
}

/* --- the upstream --------------------------------------------------------------------------------------- */

static void say(struct fixture *f, const char *line)
{
    lab_pipe_send(f->pipe, span_str(line));
}

static void answer(struct fixture *f, const struct manners *manners, struct span line)
{
    char reply[128];

    if (manners->refuses != NULL && span_starts_nocase(line, span_str(manners->refuses))) {
        say(f, "550 5.7.1 not here\r\n");
    } else if (span_starts_nocase(line, SPAN("EHLO"))) {
        (void)snprintf(reply, sizeof(reply), "250-mx.example\r\n%s", manners->ehlo);
        say(f, reply);
    } else if (span_starts_nocase(line, SPAN("DATA"))) {
        f->content = true;
        say(f, "354 go on\r\n");
    } else if (span_starts_nocase(line, SPAN("BDAT"))) {
        f->chunk = strtoul(line.ptr + 5, NULL, 10);
        f->last = memmem(line.ptr, line.len, "LAST", 4) != NULL;
    } else {
        say(f, span_starts_nocase(line, SPAN("QUIT")) ? "221 bye\r\n" : "250 fine\r\n");
    }
}

static void end_content(struct fixture *f, const struct manners *manners)
{
    f->content = f->last = false;
    if (manners->lost)
        lab_pipe_close(f->pipe);
    else
        say(f,
            manners->refuses != NULL && strcmp(manners->refuses, ".") == 0 ? "554 no\r\n" : "250 taken\r\n");
}

/* True: a line or a chunk has been read. */
static bool hear(struct fixture *f, const struct manners *manners)
{
    struct span rest = lab_bytes_from(&f->pipe->from, f->read);
    const char *stop = rest.len != 0 ? memmem(rest.ptr, rest.len, "\r\n", 2) : NULL;
    struct span line;

    if (f->chunk != 0) {
        line = span_first(rest, f->chunk);
        f->chunk -= line.len;
        lab_bytes_add(&f->heard, line);
        f->read += line.len;
        if (line.len != 0 && f->chunk == 0 && !f->last)
            say(f, "250 got it\r\n");
        return line.len != 0;
    }
    if (f->last) {
        end_content(f, manners);
        return true;
    }
    if (stop == NULL)
        return false;
    line = span_first(rest, (size_t)(stop - rest.ptr) + 2);
    lab_bytes_add(&f->heard, line);
    f->read += line.len;
    if (!f->content)
        answer(f, manners, line);
    else if (span_eq(line, SPAN(".\r\n")))
        end_content(f, manners);
    return true;
}

/* Until nothing happens any more. */
static void serve(struct fixture *f, const struct manners *manners)
{
    bool moved = true;

    while (moved) {
        struct lab_dial *dial;
        lab_run(&f->lab);
        dial = lab_dial_waiting(&f->lab);
        moved = dial != NULL || (f->pipe != NULL && !f->pipe->closed && hear(f, manners));
        if (dial != NULL) {
            f->pipe = lab_dial_accept(&f->lab, dial, (struct lab_manner){0});
            f->read = 0;
            f->content = f->last = false;
            f->chunk = 0;
            say(f, ACCEPTED);
        }
    }
}

/* 0, or what release_begin() said. */
static int deliver(struct fixture *f, const struct facts *facts, const struct manners *manners)
{
    int error;

    f->release = release_new(&f->lab.world, &f->settings);
    if (f->release == NULL)
        return -ENOMEM;
    f->courier = (struct courier){.entry = &f->entry, .facts = facts, .recipients = f->replies};
    error = release_begin(f->release, release_upstream(f->release, facts->upstream), &f->courier, on_done, f);
    if (error != 0)
        return error;
    CHECK(f->done == 0);
    serve(f, manners);
    for (unsigned i = 0; i < 20 && f->done == 0; i++) {
        lab_pass(&f->lab, MINUTE);
        serve(f, manners);
    }
    CHECK(f->done == 1);
    return 0;
}

static bool was_told(const struct fixture *f, const char *what)
{
    struct span heard = lab_bytes_from(&f->heard, 0);

    return heard.len != 0 && memmem(heard.ptr, heard.len, what, strlen(what)) != NULL;
}

/* --- cases ---------------------------------------------------------------------------------------------- */

static const struct facts_recipient both[] = {
    {.address = SPAN("a@example.net"), .parameters = SPAN("NOTIFY=NEVER")},
    {.address = SPAN("b@example.net")}};

static struct facts facts_of(void)
{
    return (struct facts){.id = SPAN("M1"),
                          .client = SPAN("192.0.2.7"),
                          .client_port = 4321,
                          .helo = SPAN("client.example"),
                          .reverse_path = SPAN("s@example.org"),
                          .parameters = SPAN("BODY=8BITMIME SIZE=3"),
                          .recipients = both,
                          .recipient_count = 2,
                          .upstream = SPAN(ADDRESS)};
}

static void test_delivered(void)
{
    static const struct {
        struct manners manners;
        bool delivered, in_doubt;
        size_t accepted;
        enum courier_stage reached;
        const char *told, *not_told;
    } rows[] = {
        {{.ehlo = "250 SIZE\r\n"},
         true,
         false,
         2,
         COURIER_CONTENT,
         "DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\n",
         "BODY"},
        {{.ehlo = "250-DSN\r\n250-8BITMIME\r\n250 CHUNKING\r\n"},
         true,
         false,
         2,
         COURIER_CONTENT,
         "RCPT TO:<a@example.net> NOTIFY=NEVER\r\n",
         "DATA\r\n"},
        {{.ehlo = "250 8BITMIME\r\n", .refuses = "RCPT TO:<a"},
         true,
         false,
         1,
         COURIER_CONTENT,
         "MAIL FROM:<s@example.org> BODY=8BITMIME\r\n",
         "SIZE=3"},
        {{.ehlo = "250 SIZE\r\n", .refuses = "RCPT"}, false, false, 0, COURIER_RCPT, "b@example.net", "DATA"},
        {{.ehlo = "250 SIZE\r\n", .refuses = "MAIL"}, false, false, 0, COURIER_MAIL, "MAIL", "RCPT"},
        {{.ehlo = "250 SIZE\r\n", .refuses = "DATA"}, false, false, 2, COURIER_DATA, "DATA", "Subject"},
        {{.ehlo = "250 SIZE\r\n", .refuses = "."}, false, false, 2, COURIER_CONTENT, "Subject", "BODY"},
        {{.ehlo = "250 SIZE\r\n", .lost = true}, false, false, 2, COURIER_CONTENT, "Subject", "BODY"},
        {{.ehlo = "250 CHUNKING\r\n", .lost = true}, false, false, 2, COURIER_CONTENT, "Subject", "DATA"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct facts facts = facts_of();
        struct fixture f;
        begin(&f);
        CHECK(deliver(&f, &facts, &rows[i].manners) == 0);
        if (courier_delivered(&f.courier) != rows[i].delivered || f.courier.accepted != rows[i].accepted ||
            f.courier.reached != rows[i].reached || courier_in_doubt(&f.courier) != rows[i].in_doubt)
            fprintf(stderr, "row %zu: %u %s\n", i, f.courier.last.code, f.courier.last.text), test_failures++;
        CHECK(was_told(&f, rows[i].told) && !was_told(&f, rows[i].not_told));
        CHECK(!was_told(&f, "Received:")); /* it has what it is to have */
        end(&f);
    }
}

/* Nobody is told what cannot be told. */
static void test_cannot_be_said(void)
{
    static const struct facts_recipient two_lines = {.address = SPAN("a@b>\r\nRCPT TO:<c@d")};
    struct facts rows[] = {facts_of(), facts_of(), facts_of(), facts_of()};

    rows[0].reverse_path = SPAN("a@b>\r\nDATA");
    rows[1].parameters = SPAN("BODY=BINARYMIME");
    rows[2].recipients = &two_lines;
    rows[2].recipient_count = 1;
    rows[3].parameters = SPAN("SOMETHING=else");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture f;
        begin(&f);
        CHECK(deliver(&f, &rows[i], &plain) == 0);
        CHECK(f.courier.error == -EINVAL && !courier_delivered(&f.courier) && !courier_in_doubt(&f.courier));
        CHECK(!was_told(&f, "DATA") && !was_told(&f, "c@d"));
        end(&f);
    }
}

/* As the client was, so must the way to the upstream be; no plaintext where it was encrypted. */
static void test_mirror(void)
{
    for (unsigned encrypted = 0; encrypted < 2; encrypted++) {
        struct facts facts = facts_of();
        struct fixture f;
        begin(&f);
        f.upstream.tls = UPSTREAM_TLS_MIRROR;
        facts.tls_version = encrypted ? SPAN("TLSv1.3") : span_of(NULL, 0);
        CHECK(deliver(&f, &facts, &plain) == 0);
        CHECK(courier_delivered(&f.courier) == !encrypted);
        CHECK(was_told(&f, "MAIL") == !encrypted);
        end(&f);
    }
}

static void test_destination(void)
{
    static const struct {
        const char *destination, *host;
        uint16_t port; /* 0: it is none */
    } rows[] = {
        {"192.0.2.9:2525", "192.0.2.9", 2525},
        {"[2001:db8::1]:25", "2001:db8::1", 25},
        {"192.0.2.9", NULL, 0},
        {"192.0.2.9:99999", NULL, 0},
        {"mail.example:25", NULL, 0},
        {"", NULL, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct facts facts = facts_of();
        const struct lab_dial *dial;
        struct fixture f;
        begin(&f);
        f.upstream = (struct settings_upstream){.original = true, .address = "original-destination"};
        f.release = release_new(&f.lab.world, &f.settings);
        REQUIRE(f.release != NULL);
        facts.upstream = SPAN("original-destination");
        facts.destination = span_str(rows[i].destination);
        f.courier = (struct courier){.entry = &f.entry, .facts = &facts, .recipients = f.replies};
        CHECK(release_begin(f.release, release_upstream(f.release, facts.upstream), &f.courier, on_done,
                            &f) == (rows[i].port != 0 ? 0 : -EDESTADDRREQ));
        if (rows[i].port != 0) {
            lab_run(&f.lab);
            dial = lab_dial_waiting(&f.lab);
            REQUIRE(dial != NULL);
            CHECK(strcmp(dial->host, rows[i].host) == 0 && dial->port == rows[i].port);
            serve(&f, &plain);
            CHECK(f.done == 1 && courier_delivered(&f.courier));
        }
        end(&f);
    }
}

static void test_no_such_upstream(void)
{
    struct fixture f;

    begin(&f);
    f.release = release_new(&f.lab.world, &f.settings);
    CHECK(release_upstream(f.release, SPAN("other:25")) == NULL);
    CHECK(release_upstream(f.release, SPAN(ADDRESS)) == &f.upstream);
    end(&f);
}

static unsigned left;

static bool gate(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return left == 0 || --left != 0;
}

/* Each allocation fails once: the message is delivered or is not, and is not said to be when it is not. */
static void test_memory(void)
{
    unsigned failed = 0, delivered = 0;

    for (unsigned n = 1; n < 400; n++) {
        struct facts facts = facts_of();
        struct fixture f;
        bool all;
        begin(&f);
        left = n;
        mem_set_gate(gate, NULL);
        (void)deliver(&f, &facts, &plain);
        all = left != 0; /* it was not needed: there are fewer */
        mem_set_gate(NULL, NULL);
        left = 0;
        if (courier_delivered(&f.courier)) {
            delivered++;
            CHECK(was_told(&f, "..dot\r\n.\r\n"));
        } else {
            failed++;
            CHECK(!was_told(&f, "..dot\r\n.\r\n"));
        }
        end(&f);
        if (all)
            break;
    }
    CHECK(failed > 5 && delivered > 0);
}

int main(void)
{
    char path[64];

    REQUIRE(mkdtemp(root) != NULL);
    test_delivered();
    test_cannot_be_said();
    test_mirror();
    test_destination();
    test_no_such_upstream();
    test_memory();
    (void)snprintf(path, sizeof(path), "%s/tmp", root);
    CHECK(rmdir(path) == 0 && rmdir(root) == 0);
    return test_end("release_release");
}
