/* session_pass.c: a long message is read again in slices: others have their turn in between, a client may go
 * meanwhile, and its time limits are not those of filters. */
#include "session/pass.h"

#include "base/mem.h"
#include "postern/filter_io.h"
#include "session_fixture.h"

#define LINES 20000
#define LINE  "a line of a message that is a long one\r\n"
#define SLICE 65536 /* octets shown in one turn, at most */

/* What the second filter has been shown. */
static struct {
    size_t octets;
    unsigned ended, aborted;
} shown;

static uint64_t thinks; /* milliseconds, the first filter at the end of the message */

static void later(struct filter_ctx *ctx)
{
    filter_resume(ctx, VERDICT_CONTINUE);
}

static enum verdict edit(struct filter_ctx *ctx)
{
    CHECK(filter_add_header(ctx, SPAN("X-Edited"), SPAN("yes")) == 0);
    if (thinks == 0)
        return VERDICT_CONTINUE;
    return filter_timer(ctx, thinks, later) == 0 ? VERDICT_PENDING : VERDICT_FAIL;
}

static enum verdict look(struct filter_ctx *ctx, struct span bytes)
{
    (void)ctx;
    shown.octets += bytes.len;
    return VERDICT_CONTINUE;
}

static enum verdict finish(struct filter_ctx *ctx)
{
    (void)ctx;
    shown.ended++;
    return VERDICT_CONTINUE;
}

static void give_up(struct filter_ctx *ctx)
{
    (void)ctx;
    shown.aborted++;
}

static const struct filter editor = {.api = FILTER_API, .name = "editor", .on_end_of_message = edit};
static const struct filter reader = {.api = FILTER_API,
                                     .name = "reader",
                                     .on_content = look,
                                     .on_end_of_message = finish,
                                     .on_abort = give_up,
                                     .message_size = 1};

/* Up to the end of the message, which the filters have not been asked about yet. */
static void begin(struct fixture *f)
{
    const struct chain_member members[] = {{.filter = &editor,
                                            .name = "editor",
                                            .interests = ~0u,
                                            .edits = FILTER_EDITS_MESSAGE,
                                            .time_limit = 60 * MINUTE},
                                           {.filter = &reader,
                                            .name = "reader",
                                            .interests = ~0u,
                                            .edits = FILTER_SEES_EDITS,
                                            .time_limit = MINUTE}};

    memset(&shown, 0, sizeof(shown));
    fixture_init(f);
    f->lab.disk = UINT64_MAX;
    for (size_t i = 0; i < 2; i++)
        CHECK(chain_add(f->settings.chain, &members[i]) == 0);
    fixture_serve(f);
    fixture_open(f, SPAN("250 mx.example\r\n"));
    fixture_client_says(f, SPAN("MAIL FROM:<>\r\n"));
    fixture_upstream_says(f, SPAN("250 ok\r\n"));
    fixture_client_says(f, SPAN("RCPT TO:<a@example.org>\r\n"));
    fixture_upstream_says(f, SPAN("250 ok\r\n"));
    fixture_client_says(f, SPAN("DATA\r\n"));
    fixture_upstream_says(f, SPAN("354 go\r\n"));
    fixture_client_says(f, SPAN("Subject: x\r\n\r\n"));
    for (unsigned i = 0; i < LINES; i++)
        lab_pipe_send(f->client, SPAN(LINE));
    lab_run(&f->lab);
    f->client->from.len = f->upstream->from.len = 0;
    CHECK(shown.octets == 0);
    lab_pipe_send(f->client, SPAN(".\r\n"));
}

static void end(struct fixture *f)
{
    const size_t size = sizeof("X-Edited: yes\r\nSubject: x\r\n\r\n") - 1 + LINES * (sizeof(LINE) - 1);

    CHECK(shown.octets == size && shown.ended == 1 && shown.aborted == 0);
    CHECK(f->upstream->from.len == size + sizeof(".\r\n") - 1);
    fixture_upstream_says(f, SPAN("250 taken\r\n"));
    CHECK_HEARD(f->client, "250 taken\r\n");
    fixture_end(f);
}

static void test_slices(void)
{
    struct fixture f;
    unsigned steps = 0;
    size_t before;

    begin(&f);
    do {
        before = shown.octets;
        CHECK(lab_step(&f.lab));
        CHECK(shown.octets - before <= SLICE);
        steps += shown.octets != before;
    } while (shown.ended == 0 && steps < 1000);
    CHECK(steps >= LINES * (sizeof(LINE) - 1) / SLICE);
    lab_run(&f.lab);
    end(&f);
}

/* The client goes between two turns. */
static void test_lost(void)
{
    struct fixture f;

    begin(&f);
    while (shown.octets == 0)
        REQUIRE(lab_step(&f.lab));
    lab_pipe_reset(f.client);
    lab_run(&f.lab);
    CHECK(shown.ended == 0 && shown.aborted == 1 && shown.octets < LINES * (sizeof(LINE) - 1));
    CHECK(f.upstream->closed && f.upstream->from.len == 0);
    fixture_end(&f);
}

/* A filter that has thought for longer than the client may has not used up its time. */
static void test_after_long_thought(void)
{
    struct fixture f;

    thinks = 30 * MINUTE;
    begin(&f);
    lab_run(&f.lab);
    lab_pass(&f.lab, 30 * MINUTE - 1);
    CHECK(shown.octets == 0);
    f.lab.now++;
    while (shown.octets == 0)
        REQUIRE(lab_step(&f.lab));
    CHECK(shown.ended == 0 && LIST_FIRST(&f.server->sessions)->waiting == f.lab.now);
    thinks = 0;
    lab_run(&f.lab);
    end(&f);
}

/* Memory fails as the pass begins: 452, and nothing has been shown. */
static bool gate(void *left, size_t size)
{
    return size < SLICE / 4 || (*(unsigned *)left)-- != 0;
}

static void test_no_memory(void)
{
    struct fixture f;
    unsigned left = 0;

    begin(&f);
    mem_set_gate(gate, &left);
    lab_run(&f.lab);
    mem_set_gate(NULL, NULL);
    CHECK(shown.octets == 0 && shown.aborted == 0 && f.upstream->closed);
    CHECK(f.client->from.len > 4 && memcmp(f.client->from.ptr, "452 ", 4) == 0);
    fixture_end(&f);
}

int main(void)
{
    test_slices();
    test_lost();
    test_after_long_thought();
    test_no_memory();
    return test_end("session_pass");
}
