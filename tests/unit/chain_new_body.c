/* chain_new_body.c: bodies that filters write: stage, line ends however they are cut, which one counts, what
 * is dropped, where they are kept, and what comes of no room. */
#include "chain_lab.h"

#define FILTERS 3

/* What a filter writes, in these pieces, when it is asked about `event`. */
struct writer {
    enum filter_event event;
    struct span octets;
    size_t cut;           /* octets written at a time; 0: all */
    enum verdict verdict; /* then */
    int result;           /* of the last call */
    bool fails;           /* at the end of the message */
};

static enum verdict write_body(struct filter_ctx *ctx, enum filter_event event)
{
    struct writer *writer = (struct writer *)(uintptr_t)filter_config(ctx);
    struct span left = writer->octets;

    if (writer->event == event)
        do {
            struct span piece = span_first(left, writer->cut != 0 ? writer->cut : left.len);
            writer->result = filter_replace_body(ctx, piece);
            left = span_of(left.ptr + piece.len, left.len - piece.len);
        } while (left.len != 0 && writer->result == 0);
    return event == FILTER_END_OF_MESSAGE && writer->fails ? VERDICT_FAIL : VERDICT_CONTINUE;
}

static enum verdict on_data(struct filter_ctx *ctx)
{
    return write_body(ctx, FILTER_DATA);
}

static enum verdict on_header(struct filter_ctx *ctx, struct span name, struct span value)
{
    (void)name;
    (void)value;
    return write_body(ctx, FILTER_HEADER);
}

static enum verdict on_end_of_headers(struct filter_ctx *ctx)
{
    return write_body(ctx, FILTER_END_OF_HEADERS);
}

static enum verdict on_body(struct filter_ctx *ctx, struct span bytes)
{
    (void)bytes;
    return write_body(ctx, FILTER_BODY);
}

static enum verdict on_end_of_message(struct filter_ctx *ctx)
{
    return write_body(ctx, FILTER_END_OF_MESSAGE);
}

static const struct filter writer_filter = {.api = FILTER_API,
                                            .name = "writer",
                                            .on_data = on_data,
                                            .on_header = on_header,
                                            .on_end_of_headers = on_end_of_headers,
                                            .on_body = on_body,
                                            .on_end_of_message = on_end_of_message};

struct scene {
    struct chain *chain;
    struct lab_session session;
};

static void add(struct scene *scene, struct writer *writer, unsigned edits, enum chain_mode mode)
{
    struct chain_member member = {.filter = &writer_filter,
                                  .name = "writer",
                                  .config = writer,
                                  .interests = ~0u,
                                  .edits = edits,
                                  .mode = mode,
                                  .on_failure = CHAIN_FAIL_PASS,
                                  .time_limit = 1000};

    REQUIRE(chain_add(scene->chain, &member) == 0);
}

static void begin(struct scene *scene)
{
    scene->chain = chain_new();
    REQUIRE(scene->chain != NULL);
    lab_session_begin(&scene->session, scene->chain);
    lab_session_message(&scene->session);
}

/* All that is asked about one message. */
static void ask_all(struct scene *scene)
{
    static const enum filter_event events[] = {FILTER_DATA, FILTER_HEADER, FILTER_END_OF_HEADERS, FILTER_BODY,
                                               FILTER_END_OF_MESSAGE};
    struct decision decision;

    for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
        CHECK(lab_session_ask(&scene->session, events[i], SPAN(""), &decision) == VERDICT_CONTINUE);
}

static void end(struct scene *scene)
{
    chain_message_end(&scene->session.run, false);
    CHECK(scene->session.lab.files == 0);
    lab_session_end(&scene->session);
    chain_free(scene->chain);
}

/* NULL: none. */
static void check_body(struct scene *scene, const char *expected)
{
    static char bytes[200000];
    struct hold *hold;
    size_t len = 0;
    bool full;

    hold = chain_new_body(&scene->session.run, &full);
    CHECK(!full && (hold != NULL) == (expected != NULL));
    if (hold == NULL || expected == NULL)
        return;
    for (long n = 1; n > 0; len += (size_t)n)
        n = hold_read(hold, len, bytes + len, sizeof(bytes) - len);
    CHECK_SPAN(span_of(bytes, len), span_str(expected));
}

static void test_lines(void)
{
    static const struct {
        struct span written;
        const char *kept;
    } rows[] = {{{"", 0}, ""},
                {{"a", 1}, "a\r\n"},
                {{"a\r\n", 3}, "a\r\n"},
                {{"\r\n.\r\n", 5}, "\r\n.\r\n"},
                {{"a\nb\n", 4}, "a\r\nb\r\n"},
                {{"a\rb\r", 4}, "a\r\nb\r\n"},
                {{"\r\r\n\n\r", 5}, "\r\n\r\n\r\n\r\n"},
                {{"\n.\r.\n\r", 6}, "\r\n.\r\n.\r\n\r\n"},
                {{"a\0b\r\0\n", 6}, "ab\r\n\r\n"},
                {{"\0", 1}, ""}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (size_t cut = 0; cut <= rows[i].written.len; cut++) {
            struct writer writer = {
                .event = FILTER_END_OF_MESSAGE, .octets = rows[i].written, .cut = cut, .result = -1};
            struct scene scene;
            begin(&scene);
            add(&scene, &writer, FILTER_EDITS_BODY, CHAIN_ENFORCE);
            ask_all(&scene);
            CHECK(writer.result == 0);
            check_body(&scene, rows[i].kept);
            check_body(&scene, rows[i].kept); /* completed once */
            end(&scene);
        }
}

static void test_stage(void)
{
    static const struct {
        enum filter_event event;
        unsigned edits;
        bool allowed;
    } rows[] = {{FILTER_DATA, FILTER_EDITS_BODY, false},
                {FILTER_HEADER, FILTER_EDITS_BODY, false},
                {FILTER_END_OF_HEADERS, FILTER_EDITS_BODY, true},
                {FILTER_BODY, FILTER_EDITS_BODY, true},
                {FILTER_END_OF_MESSAGE, FILTER_EDITS_BODY, true},
                {FILTER_END_OF_MESSAGE, FILTER_EDITS_MESSAGE | FILTER_EDITS_HEADERS, false}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct writer writer = {.event = rows[i].event, .octets = SPAN("x\r\n")};
        struct scene scene;
        begin(&scene);
        add(&scene, &writer, rows[i].edits, CHAIN_ENFORCE);
        ask_all(&scene);
        CHECK(writer.result == (rows[i].allowed ? 0 : -1));
        check_body(&scene, rows[i].allowed ? "x\r\n" : NULL);
        end(&scene);
    }
}

/* The later in the chain counts, but not if it failed, or only observes. */
static void test_several(void)
{
    for (unsigned fails = 0; fails < 8; fails++)
        for (unsigned observes = 0; observes < 8; observes++) {
            struct writer writers[FILTERS] = {
                {.event = FILTER_END_OF_MESSAGE, .octets = SPAN("1\r\n"), .fails = (fails & 1u) != 0},
                {.event = FILTER_BODY, .octets = SPAN("2\r\n"), .fails = (fails & 2u) != 0},
                {.event = FILTER_END_OF_HEADERS, .octets = SPAN("3\r\n"), .fails = (fails & 4u) != 0}};
            static const char *const kept[] = {NULL,    "1\r\n", "2\r\n", "2\r\n",
                                               "3\r\n", "3\r\n", "3\r\n", "3\r\n"};
            struct scene scene;
            begin(&scene);
            for (unsigned i = 0; i < FILTERS; i++)
                add(&scene, &writers[i], FILTER_EDITS_BODY,
                    (observes >> i & 1u) != 0 ? CHAIN_OBSERVE : CHAIN_ENFORCE);
            ask_all(&scene);
            check_body(&scene, kept[7u & ~(fails | observes)]);
            end(&scene);
        }
}

/* Kept in memory up to the bound, then in a file, never in the arena; gone with the pass. */
static void test_large(void)
{
    static char octets[100001];
    struct writer first = {.event = FILTER_BODY, .octets = {octets, sizeof(octets) - 1}, .cut = 999},
                  second = {.event = FILTER_CONNECT};
    struct scene scene;

    for (size_t i = 0; i < sizeof(octets) - 1; i++)
        octets[i] = i % 50 == 48 ? '\r' : i % 50 == 49 ? '\n' : (char)('a' + i % 26);
    begin(&scene);
    scene.session.run.body_memory = 1000;
    arena_init(&scene.session.arena, 64);
    add(&scene, &first, FILTER_EDITS_BODY, CHAIN_ENFORCE);
    add(&scene, &second, FILTER_SEES_EDITS, CHAIN_ENFORCE);
    ask_all(&scene);
    CHECK(first.result == 0 && scene.session.lab.files == 1);
    check_body(&scene, octets);
    chain_next_pass(&scene.session.run);
    CHECK(scene.session.lab.files == 0);
    check_body(&scene, NULL);
    end(&scene);
}

/* No room: the filter is told, and the message is not passed with half a body. */
static void test_no_room(void)
{
    struct writer writer = {.event = FILTER_BODY, .octets = SPAN("1234567890\r\n"), .cut = 4};
    struct scene scene;
    bool full;

    begin(&scene);
    scene.session.run.body_memory = 0;
    scene.session.lab.disk = 6;
    add(&scene, &writer, FILTER_EDITS_BODY, CHAIN_ENFORCE);
    ask_all(&scene);
    CHECK(writer.result == -1);
    (void)chain_header_edits(&scene.session.run, &full);
    CHECK(full);
    end(&scene);
    /* There is no room to complete the last line. */
    begin(&scene);
    scene.session.run.body_memory = 0;
    scene.session.lab.disk = 12;
    writer.octets = SPAN("1234567890ab");
    add(&scene, &writer, FILTER_EDITS_BODY, CHAIN_ENFORCE);
    ask_all(&scene);
    CHECK(writer.result == 0);
    (void)chain_new_body(&scene.session.run, &full);
    CHECK(full);
    end(&scene);
}

static void test_no_memory(void)
{
    for (unsigned left = 1; left < 3; left++) {
        struct writer writer = {.event = FILTER_END_OF_MESSAGE, .octets = SPAN("x")};
        struct scene scene;
        struct decision decision;
        unsigned n = left - 1;
        bool full;
        begin(&scene);
        add(&scene, &writer, FILTER_EDITS_BODY, CHAIN_ENFORCE);
        (void)lab_session_ask(&scene.session, FILTER_DATA, SPAN(""), &decision);
        mem_set_gate(lab_memory, &n);
        (void)lab_session_ask(&scene.session, FILTER_END_OF_MESSAGE, SPAN(""), &decision);
        mem_set_gate(NULL, NULL);
        CHECK(writer.result == -1);
        (void)chain_header_edits(&scene.session.run, &full);
        CHECK(full);
        end(&scene);
    }
}

int main(void)
{
    test_lines();
    test_stage();
    test_several();
    test_large();
    test_no_room();
    test_no_memory();
    return test_end("chain_new_body");
}
