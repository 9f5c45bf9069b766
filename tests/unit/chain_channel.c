/* chain_channel.c: tests of chain/channel.c and channel_address.c: a filter that talks to daemons which
 * split, stall, end and break, and which closes the channel wherever it can. */
#include "chain_lab.h"

#include <errno.h>

#include "chain/channel_address.h"
#include "postern/filter_io.h"

enum place { NOWHERE, CONNECTED, BYTES, WRITABLE, ENDED };

/* What the configuration points to: what the filter does, and what has been done to it. */
struct talker {
    const char *address;
    struct span send; /* as room allows, the rest when writable */
    size_t sent;
    bool finish;           /* when all has been sent */
    size_t take;           /* octets taken at a time; 0: all */
    size_t at_least;       /* takes nothing of less than so much */
    enum place close_at;   /* closes the channel there */
    enum place resume_at;  /* answers CONTINUE there; else when the channel ends */
    bool open_next;        /* opens another when the channel ends */
    enum verdict answer;   /* to the question that opens it */
    const char *late_text; /* set_reply() with it when the channel ends */
    enum verdict late;     /* and resumes with this */
    struct filter_channel *channel;
    struct lab_bytes got;
    unsigned connected, writable, ended, calls, cancelled;
    int error;
    struct talker *self;
};

/* Written by the test, counted up by the filter. */
static struct talker *talker_of(struct filter_ctx *ctx)
{
    return *(struct talker *const *)filter_config(ctx);
}

static void go_on(struct talker *talker)
{
    talker->sent += filter_channel_send(talker->channel, span_skip(talker->send, talker->sent));
    if (talker->sent == talker->send.len && talker->finish)
        filter_channel_finish(talker->channel);
}

/* True when the channel is still there. */
static bool at(struct filter_ctx *ctx, struct filter_channel *channel, enum place place)
{
    struct talker *talker = talker_of(ctx);

    CHECK(channel == talker->channel && talker->ended == 0);
    talker->calls++;
    if (talker->resume_at == place)
        filter_resume(ctx, VERDICT_CONTINUE);
    if (talker->close_at != place)
        return true;
    filter_channel_close(channel);
    talker->channel = NULL;
    return false;
}

static void on_connected(struct filter_ctx *ctx, struct filter_channel *channel)
{
    CHECK(talker_of(ctx)->connected++ == 0);
    at(ctx, channel, CONNECTED);
}

static size_t on_bytes(struct filter_ctx *ctx, struct filter_channel *channel, struct span bytes)
{
    struct talker *talker = talker_of(ctx);
    struct span some = span_first(bytes, talker->take != 0 ? talker->take : bytes.len);

    CHECK(bytes.len != 0 && talker->connected == 1);
    if (bytes.len < talker->at_least)
        return 0;
    lab_bytes_add(&talker->got, some);
    return at(ctx, channel, BYTES) ? some.len : 0;
}

static void on_writable(struct filter_ctx *ctx, struct filter_channel *channel)
{
    struct talker *talker = talker_of(ctx);

    CHECK(talker->sent < talker->send.len);
    talker->writable++;
    if (at(ctx, channel, WRITABLE))
        go_on(talker);
}

static const struct filter_channel_calls calls;

static void on_ended(struct filter_ctx *ctx, struct filter_channel *channel, int error)
{
    struct talker *talker = talker_of(ctx);

    at(ctx, channel, ENDED);
    talker->ended++;
    talker->error = error;
    talker->channel = NULL;
    if (talker->late_text != NULL)
        filter_set_reply(ctx, 451, NULL, "%s", talker->late_text);
    if (talker->open_next) {
        talker->open_next = false;
        talker->ended = 0;
        talker->channel = filter_channel_open(ctx, talker->address, 1000, &calls);
    } else {
        filter_resume(ctx, talker->late);
    }
}

static const struct filter_channel_calls calls = {on_connected, on_bytes, on_writable, on_ended};

static enum verdict on_connect(struct filter_ctx *ctx)
{
    struct talker *talker = talker_of(ctx);

    talker->channel = filter_channel_open(ctx, talker->address, 1000, &calls);
    if (talker->channel == NULL)
        return VERDICT_FAIL;
    go_on(talker);
    CHECK(talker->calls == 0); /* never from inside */
    return talker->answer;
}

static enum verdict on_helo(struct filter_ctx *ctx, struct span name)
{
    struct talker *talker = talker_of(ctx);

    (void)name;
    if (talker->channel != NULL)
        go_on(talker);
    return VERDICT_CONTINUE;
}

static enum verdict on_mail(struct filter_ctx *ctx, const struct filter_path *path)
{
    struct talker *talker = talker_of(ctx);

    (void)path;
    filter_channel_close(talker->channel);
    talker->channel = NULL;
    return VERDICT_CONTINUE;
}

static void on_cancel(struct filter_ctx *ctx)
{
    talker_of(ctx)->cancelled++;
    talker_of(ctx)->channel = NULL;
}

static const struct filter talker_filter = {
    .api = FILTER_API,
    .name = "talker",
    .on_connect = on_connect,
    .on_helo = on_helo,
    .on_mail = on_mail,
    .cancel = on_cancel,
};

struct talk {
    struct lab_session session;
    struct talker talker;
    struct decision decision;
};

static void add(struct chain *chain, struct talker *talker)
{
    const struct chain_member member = {.filter = &talker_filter,
                                        .name = "talker",
                                        .config = &talker->self,
                                        .interests = ~0u,
                                        .time_limit = 5000};

    talker->self = talker;
    CHECK(chain_add(chain, &member) == 0);
}

static void begin(struct talk *talk)
{
    *talk = (struct talk){.talker = {.address = "unix:/run/daemon", .answer = VERDICT_PENDING}};
    lab_session_begin(&talk->session, chain_new());
    add(talk->session.chain, &talk->talker);
}

static void end(struct talk *talk)
{
    lab_session_end(&talk->session);
    chain_free(talk->session.chain);
    lab_bytes_free(&talk->talker.got);
}

static enum verdict ask(struct talk *talk, enum filter_event event)
{
    return lab_session_ask(&talk->session, event, SPAN(""), &talk->decision);
}

/* The filter is asked, opens its channel, and somebody answers at the other end. */
static struct lab_pipe *ask_and_accept(struct talk *talk, struct lab_manner manner)
{
    struct lab_dial *dial;

    CHECK(ask(talk, FILTER_CONNECT) == talk->talker.answer);
    dial = lab_dial_waiting(&talk->session.lab);
    REQUIRE(dial != NULL);
    return lab_dial_accept(&talk->session.lab, dial, manner);
}

static enum verdict await(struct talk *talk)
{
    return lab_session_await(&talk->session, 0, &talk->decision);
}

/* --- addresses ----------------------------------------------------------------------------------------- */

static void test_addresses(void)
{
    static const struct {
        const char *written, *host;
        uint16_t port;
    } rows[] = {
        {"unix:/run/clamav/clamd.ctl", "unix:/run/clamav/clamd.ctl", 0},
        {"127.0.0.1:3310", "127.0.0.1", 3310},
        {"inet:scanner.example:783", "scanner.example", 783},
        {"inet:[::1]:783", "::1", 783},
        {"[2001:db8::1]:1", "2001:db8::1", 1},
        {"unix:", NULL, 0},
        {"unix:run/relative", NULL, 0},
        {"unix:/", NULL, 0},
        {"unix:/"
         "a234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"
         "8901234567",
         NULL, 0},
        {"scanner.example", NULL, 0},
        {"scanner.example:", NULL, 0},
        {"scanner.example:0", NULL, 0},
        {"scanner.example:65536", NULL, 0},
        {"scanner.example:99999999999", NULL, 0},
        {"scanner.example:7a", NULL, 0},
        {":783", NULL, 0},
        {"inet::783", NULL, 0},
        {"::1:783", NULL, 0},
        {"[127.0.0.1]:783", NULL, 0},
        {"[]:783", NULL, 0},
        {"two words:783", NULL, 0},
        {"/run/clamav/clamd.ctl", NULL, 0},
        {"/run/x:783", NULL, 0},
        {"", NULL, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct channel_address address;
        bool is = channel_address_parse(rows[i].written, &address);
        if (is != (rows[i].host != NULL) || (is && strcmp(address.host, rows[i].host) != 0) ||
            (is && address.port != rows[i].port)) {
            FAIL(rows[i].written);
        }
        CHECK(filter_channel_address(rows[i].written) == is);
    }
}

static void test_longest_addresses(void)
{
    char written[FILTER_CHANNEL_ADDRESS + 1];

    for (size_t len = FILTER_CHANNEL_ADDRESS - 1; len <= FILTER_CHANNEL_ADDRESS; len++) {
        memset(written, 'a', len);
        memcpy(written + len - 3, ":25", 4);
        CHECK(filter_channel_address(written) == (len < FILTER_CHANNEL_ADDRESS));
    }
    memcpy(written, "unix:/", 6);
    memset(written + 6, 'a', 106);
    written[6 + 106] = '\0';
    CHECK(filter_channel_address(written)); /* 107 octets of path */
}

/* --- octets -------------------------------------------------------------------------------------------- */

/* Whatever way the octets come in, they are those that were sent, and in their order. */
static void feed(void *arg, struct span input, struct test_split split)
{
    struct lab_manner manner = {.piece = split.kind == SPLIT_BYTES ? 1 : 0,
                                .split = split.kind == SPLIT_AT ? split.at : 0};
    const struct talker *like = arg;
    struct talk talk;
    struct lab_pipe *pipe;

    begin(&talk);
    talk.talker.take = like->take;
    talk.talker.at_least = like->at_least;
    talk.talker.send = SPAN("question");
    talk.talker.finish = true;
    pipe = ask_and_accept(&talk, manner);
    lab_pipe_send(pipe, input);
    lab_pipe_end(pipe);
    CHECK(await(&talk) == VERDICT_CONTINUE);
    CHECK(talk.talker.error == 0 && talk.talker.ended == 1);
    CHECK_SPAN(lab_bytes_from(&talk.talker.got, 0), input);
    CHECK_SPAN(lab_bytes_from(&pipe->from, 0), SPAN("question"));
    CHECK(pipe->finished && pipe->closed && pipe->writes == 1);
    end(&talk);
}

static void test_every_octet(void)
{
    for (size_t take = 0; take < 3; take++) {
        struct talker like = {.take = take};
        test_every_split(SPAN("the answer of a daemon\r\n"), feed, &like);
    }
    struct talker like = {.at_least = 24}; /* all of it */
    test_every_split(SPAN("the answer of a daemon\r\n"), feed, &like);
}

/* More than fits: the filter is called again as room comes, and not before. */
static void test_back_pressure(size_t accept)
{
    static char long_text[5 * FILTER_CHANNEL_OCTETS + 77];
    struct lab_manner manner = {.accept = accept};
    struct talk talk;
    struct lab_pipe *pipe;

    for (size_t i = 0; i < sizeof(long_text); i++)
        long_text[i] = (char)('a' + i % 23);
    begin(&talk);
    talk.talker.send = span_of(long_text, sizeof(long_text));
    talk.talker.finish = true;
    pipe = ask_and_accept(&talk, manner);
    CHECK(talk.talker.sent == FILTER_CHANNEL_OCTETS); /* before anybody has answered */
    pipe->stalled = true;
    CHECK(await(&talk) == VERDICT_PENDING);
    CHECK(talk.talker.sent <= (size_t)2 * FILTER_CHANNEL_OCTETS && talk.talker.writable <= 1);
    CHECK(pipe->from.len == 0 && !pipe->finished);
    pipe->stalled = false;
    lab_run(&talk.session.lab);
    CHECK_SPAN(lab_bytes_from(&pipe->from, 0), talk.talker.send);
    CHECK(pipe->finished && talk.talker.writable >= 1);
    lab_pipe_end(pipe);
    CHECK(await(&talk) == VERDICT_CONTINUE);
    end(&talk);
}

/* The filter takes nothing of what fills the buffer: that is an end, not a wait without one. */
static void test_nothing_taken(void)
{
    static char long_text[FILTER_CHANNEL_OCTETS + 1];
    struct talk talk;
    struct lab_pipe *pipe;

    memset(long_text, 'x', sizeof(long_text));
    begin(&talk);
    talk.talker.at_least = SIZE_MAX;
    pipe = ask_and_accept(&talk, (struct lab_manner){0});
    lab_pipe_send(pipe, span_of(long_text, FILTER_CHANNEL_OCTETS - 1));
    CHECK(await(&talk) == VERDICT_PENDING);
    lab_pipe_send(pipe, SPAN("x"));
    CHECK(await(&talk) == VERDICT_CONTINUE);
    CHECK(talk.talker.error == -EMSGSIZE && talk.talker.got.len == 0);
    end(&talk);
}

/* Between questions a channel stays, sends and hears. */
static void test_outlives_questions(void)
{
    struct talk talk;
    struct lab_pipe *pipe;

    begin(&talk);
    talk.talker.answer = VERDICT_CONTINUE;
    talk.talker.send = SPAN("one two");
    talk.talker.sent = 4;
    talk.talker.resume_at = BYTES; /* nobody has asked */
    pipe = ask_and_accept(&talk, (struct lab_manner){0});
    lab_pipe_send(pipe, SPAN("hello"));
    lab_run(&talk.session.lab);
    CHECK(talk.session.resumed == 0 && talk.talker.connected == 1);
    CHECK_SPAN(lab_bytes_from(&talk.talker.got, 0), SPAN("hello"));
    talk.talker.sent = 0;
    CHECK(ask(&talk, FILTER_HELO) == VERDICT_CONTINUE);
    lab_run(&talk.session.lab);
    CHECK_SPAN(lab_bytes_from(&pipe->from, 0), SPAN("twoone two"));
    CHECK(ask(&talk, FILTER_MAIL) == VERDICT_CONTINUE); /* which closes it */
    CHECK(pipe->closed && talk.talker.ended == 0);
    end(&talk);
}

/* --- ends ---------------------------------------------------------------------------------------------- */

static void test_refused(void)
{
    for (int next = 0; next < 2; next++) {
        struct talk talk;
        begin(&talk);
        talk.talker.open_next = next != 0;
        CHECK(ask(&talk, FILTER_CONNECT) == VERDICT_PENDING);
        CHECK(strcmp(lab_dial_waiting(&talk.session.lab)->host, "unix:/run/daemon") == 0);
        for (int i = 0; i <= next; i++) {
            lab_dial_refuse(lab_dial_waiting(&talk.session.lab), -ECONNREFUSED);
            lab_run(&talk.session.lab);
        }
        CHECK(chain_result(&talk.session.run, &talk.decision) == VERDICT_CONTINUE);
        CHECK(talk.talker.connected == 0 && talk.talker.error == -ECONNREFUSED);
        end(&talk);
    }
}

static void test_nobody_answers(void)
{
    struct talk talk;

    begin(&talk);
    CHECK(ask(&talk, FILTER_CONNECT) == VERDICT_PENDING);
    lab_pass(&talk.session.lab, 999);
    CHECK(talk.session.resumed == 0);
    lab_pass(&talk.session.lab, 1);
    CHECK(talk.session.resumed == 1 && talk.talker.error == -ETIMEDOUT);
    end(&talk);
}

/* Reset or closed by the peer, at once, behind an answer, or while it is being written to. */
static void test_broken(void)
{
    static char long_text[3 * FILTER_CHANNEL_OCTETS];

    memset(long_text, 'x', sizeof(long_text));
    for (unsigned how = 0; how < 8; how++) {
        struct talk talk;
        struct lab_pipe *pipe;
        begin(&talk);
        talk.talker.send = how & 1u ? span_of(long_text, sizeof(long_text)) : SPAN("hello");
        pipe = ask_and_accept(&talk, (struct lab_manner){.accept = 100});
        pipe->stalled = (how & 1u) != 0;
        if (how & 2u)
            lab_pipe_send(pipe, SPAN("answer"));
        CHECK(await(&talk) == VERDICT_PENDING);
        if (how & 4u)
            lab_pipe_reset(pipe);
        else
            lab_pipe_close(pipe);
        CHECK(await(&talk) == VERDICT_CONTINUE);
        CHECK(talk.talker.ended == 1 && pipe->closed);
        CHECK(talk.talker.error == 0 || talk.talker.error == -ECONNRESET || talk.talker.error == -EPIPE);
        CHECK((how & 4u) == 0 || talk.talker.error == -ECONNRESET);
        CHECK(talk.talker.got.len == (how & 2u ? 6u : 0u));
        end(&talk);
    }
}

/* A write that fails at once is told, though not from inside the call that made it. */
static void test_broken_write(void)
{
    struct talk talk;
    struct lab_pipe *pipe;

    begin(&talk);
    talk.talker.answer = VERDICT_CONTINUE;
    pipe = ask_and_accept(&talk, (struct lab_manner){0});
    lab_run(&talk.session.lab);
    pipe->error = -ECONNRESET;
    talk.talker.send = SPAN("into the void");
    talk.talker.calls = 0;
    CHECK(ask(&talk, FILTER_HELO) == VERDICT_CONTINUE);
    CHECK(talk.talker.calls == 0);
    lab_run(&talk.session.lab);
    CHECK(talk.talker.ended == 1 && talk.talker.error == -ECONNRESET);
    end(&talk);
}

/* The peer's last words are heard, though it no longer reads. */
static void test_last_words(void)
{
    struct talk talk;
    struct lab_pipe *pipe;

    begin(&talk);
    talk.talker.answer = VERDICT_CONTINUE;
    pipe = ask_and_accept(&talk, (struct lab_manner){0});
    lab_run(&talk.session.lab);
    lab_pipe_send(pipe, SPAN("too much"));
    lab_pipe_close(pipe);
    talk.talker.send = SPAN("more and more");
    CHECK(ask(&talk, FILTER_HELO) == VERDICT_CONTINUE);
    while (talk.talker.ended == 0 && turns_run_one(&talk.session.lab.turns))
        continue; /* the write fails before anything is delivered */
    CHECK(talk.talker.ended == 0);
    lab_run(&talk.session.lab);
    CHECK(talk.talker.ended == 1 && talk.talker.error == -EPIPE);
    CHECK_SPAN(lab_bytes_from(&talk.talker.got, 0), SPAN("too much"));
    end(&talk);
}

/* The filter closes in every callback. */
static void test_closed_inside(void)
{
    static char long_text[2 * FILTER_CHANNEL_OCTETS];

    memset(long_text, 'x', sizeof(long_text));
    for (enum place place = CONNECTED; place <= WRITABLE; place++) {
        struct talk talk;
        struct lab_pipe *pipe;
        begin(&talk);
        talk.talker.close_at = talk.talker.resume_at = place;
        talk.talker.send = span_of(long_text, place == WRITABLE ? sizeof(long_text) : 4);
        pipe = ask_and_accept(&talk, (struct lab_manner){.piece = 1});
        lab_pipe_send(pipe, SPAN("answer"));
        CHECK(await(&talk) == VERDICT_CONTINUE);
        CHECK(talk.talker.ended == 0 && pipe->closed);
        CHECK(talk.talker.got.len == (place == CONNECTED ? 0u : place == BYTES ? 1u : talk.talker.got.len));
        end(&talk);
    }
}

/* The question is withdrawn, or its time is up, or the session ends: the channel goes with it. */
static void test_withdrawn(void)
{
    for (unsigned how = 0; how < 8; how++) {
        struct talk talk;
        struct lab_pipe *pipe = NULL;
        begin(&talk);
        talk.talker.send = SPAN("hello");
        if (how & 1u)
            pipe = ask_and_accept(&talk, (struct lab_manner){0});
        else
            CHECK(ask(&talk, FILTER_CONNECT) == VERDICT_PENDING);
        if (how & 2u)
            lab_run(&talk.session.lab);
        if (how & 4u)
            chain_cancel(&talk.session.run);
        else
            chain_run_reset(&talk.session.run);
        CHECK(talk.talker.cancelled == 1 && talk.talker.ended == 0);
        CHECK(TAILQ_EMPTY(&talk.session.lab.dials));
        lab_run(&talk.session.lab);
        CHECK(pipe == NULL || pipe->closed);
        CHECK(talk.talker.ended == 0);
        end(&talk);
    }
}

static void test_time_limit(void)
{
    struct talk talk;
    struct lab_pipe *pipe;

    begin(&talk);
    pipe = ask_and_accept(&talk, (struct lab_manner){0});
    CHECK(lab_session_await(&talk.session, 5000, &talk.decision) == VERDICT_TEMPFAIL);
    CHECK(talk.talker.cancelled == 1 && pipe->closed);
    end(&talk);
}

/* What a filter says while another is being asked is not that other's answer. */
static void test_not_being_asked(void)
{
    struct talker other = {.address = "127.0.0.1:25", .answer = VERDICT_PENDING, .late = VERDICT_TEMPFAIL};
    struct talk talk;
    struct lab_dial *dial;
    struct lab_pipe *pipe;

    begin(&talk);
    talk.talker.answer = VERDICT_CONTINUE;
    talk.talker.late_text = "of the first";
    add(talk.session.chain, &other);
    CHECK(ask(&talk, FILTER_CONNECT) == VERDICT_PENDING);
    dial = lab_dial_waiting(&talk.session.lab);
    lab_dial_refuse(dial, -ECONNREFUSED);
    lab_run(&talk.session.lab);
    CHECK(talk.talker.ended == 1 && talk.session.resumed == 0);
    dial = lab_dial_waiting(&talk.session.lab);
    CHECK(dial != NULL && dial->port == 25);
    pipe = lab_dial_accept(&talk.session.lab, dial, (struct lab_manner){0});
    lab_pipe_end(pipe);
    CHECK(await(&talk) == VERDICT_TEMPFAIL);
    CHECK(other.ended == 1 && other.error == 0);
    CHECK_SPAN(talk.decision.text, SPAN("Refused for now by local policy, try again later"));
    end(&talk);
}

/* --- memory -------------------------------------------------------------------------------------------- */

/* Memory ends after n allocations: the question is answered nonetheless, and nothing leaks. */
static void test_no_memory(void)
{
    unsigned answered = 0;

    for (unsigned n = 0; n < 12; n++) {
        unsigned left = n;
        struct talk talk;
        struct lab_dial *dial;
        struct lab_pipe *pipe;
        enum verdict verdict;

        begin(&talk);
        talk.talker.send = SPAN("hello");
        mem_set_gate(lab_memory, &left);
        verdict = ask(&talk, FILTER_CONNECT);
        dial = lab_dial_waiting(&talk.session.lab);
        if (dial != NULL) {
            pipe = lab_dial_accept(&talk.session.lab, dial, (struct lab_manner){0});
            lab_pipe_send(pipe, SPAN("answer"));
            lab_pipe_end(pipe);
        }
        if (verdict == VERDICT_PENDING)
            verdict = lab_session_await(&talk.session, 5000, &talk.decision);
        CHECK(verdict == VERDICT_CONTINUE || verdict == VERDICT_TEMPFAIL);
        CHECK(talk.talker.ended <= 1);
        answered += talk.talker.got.len == 6;
        mem_set_gate(NULL, NULL);
        end(&talk);
    }
    CHECK(answered > 0 && answered < 8);
}

int main(void)
{
    test_addresses();
    test_longest_addresses();
    test_every_octet();
    test_back_pressure(0);
    test_back_pressure(1000);
    test_back_pressure(FILTER_CHANNEL_OCTETS - 1);
    test_nothing_taken();
    test_outlives_questions();
    test_refused();
    test_nobody_answers();
    test_broken();
    test_broken_write();
    test_last_words();
    test_closed_inside();
    test_withdrawn();
    test_time_limit();
    test_not_being_asked();
    test_no_memory();
    return test_end("chain_channel");
}
