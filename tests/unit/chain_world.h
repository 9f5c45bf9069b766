/* chain_world.h: a world in memory for tests of the chain and of filters: a clock that is moved by hand,
 * alarms that ring when it passes them, a log that is kept. */
#ifndef CHAIN_WORLD_H
#define CHAIN_WORLD_H

#include "base/arena.h"
#include "base/mem.h"
#include "base/world.h"
#include "chain/chain.h"
#include "test.h"

#define FAKE_ALARMS 16

struct fake_world {
    struct world world;
    struct log log;
    uint64_t time;
    struct {
        struct alarm *alarm;
        uint64_t at;
    } alarms[FAKE_ALARMS];
    unsigned alarms_left; /* more than this at once is "out of memory" */
    char lines[8192];     /* the log */
    size_t lines_len;
};

static inline uint64_t fake_now(struct world *world)
{
    return ((struct fake_world *)(void *)world)->time;
}

static inline bool fake_alarm_set(struct world *world, struct alarm *alarm, uint64_t at)
{
    struct fake_world *fake = (struct fake_world *)(void *)world;
    unsigned slot = FAKE_ALARMS;

    for (unsigned i = 0; i < fake->alarms_left; i++)
        if (fake->alarms[i].alarm == alarm || (fake->alarms[i].alarm == NULL && slot == FAKE_ALARMS))
            slot = i;
    if (slot == FAKE_ALARMS)
        return false;
    for (unsigned i = 0; i < FAKE_ALARMS; i++)
        if (fake->alarms[i].alarm == alarm)
            fake->alarms[i].alarm = NULL;
    fake->alarms[slot].alarm = alarm;
    fake->alarms[slot].at = at;
    return true;
}

static inline void fake_alarm_clear(struct world *world, struct alarm *alarm)
{
    struct fake_world *fake = (struct fake_world *)(void *)world;

    for (unsigned i = 0; i < FAKE_ALARMS; i++)
        if (fake->alarms[i].alarm == alarm)
            fake->alarms[i].alarm = NULL;
}

static inline void fake_log_write(void *arg, enum log_level level, struct span line)
{
    struct fake_world *fake = arg;
    size_t room = sizeof(fake->lines) - 1 - fake->lines_len;
    size_t len = line.len < room ? line.len : room;

    (void)level;
    memcpy(fake->lines + fake->lines_len, line.ptr, len);
    fake->lines_len += len;
    fake->lines[fake->lines_len] = '\0';
}

static inline uint64_t fake_log_wall(void *arg)
{
    (void)arg;
    return 0;
}

static inline void fake_world_init(struct fake_world *fake)
{
    static const struct world_ops ops = {
        .now = fake_now, .alarm_set = fake_alarm_set, .alarm_clear = fake_alarm_clear};

    memset(fake, 0, sizeof(*fake));
    fake->world.ops = &ops;
    fake->world.log = &fake->log;
    fake->log = (struct log){LOG_LEVEL_INFO, LOG_FORMAT_KV, fake_log_write, fake_log_wall, fake};
    fake->alarms_left = FAKE_ALARMS;
}

static inline unsigned fake_alarms(const struct fake_world *fake)
{
    unsigned count = 0;

    for (unsigned i = 0; i < FAKE_ALARMS; i++)
        count += fake->alarms[i].alarm != NULL;
    return count;
}

/* Moves the clock and rings what is due by then, earliest first. */
static inline void fake_pass(struct fake_world *fake, uint64_t ms)
{
    uint64_t until = fake->time + ms;

    for (unsigned rung = 0; rung < 100; rung++) {
        unsigned due = FAKE_ALARMS;
        for (unsigned i = 0; i < FAKE_ALARMS; i++)
            if (fake->alarms[i].alarm != NULL && fake->alarms[i].at <= until &&
                (due == FAKE_ALARMS || fake->alarms[i].at < fake->alarms[due].at))
                due = i;
        if (due == FAKE_ALARMS)
            break;
        struct alarm *alarm = fake->alarms[due].alarm;
        fake->alarms[due].alarm = NULL;
        if (fake->alarms[due].at > fake->time)
            fake->time = fake->alarms[due].at;
        alarm->ring(alarm->owner);
    }
    fake->time = until;
}

/* True when the log holds the text; the log is emptied. */
static inline bool fake_logged(struct fake_world *fake, const char *text)
{
    bool found = strstr(fake->lines, text) != NULL;

    fake->lines_len = 0;
    fake->lines[0] = '\0';
    return found;
}

/* --- one session that asks a chain ------------------------------------------------------------------------
 */

struct fake_session {
    struct fake_world world;
    struct chain *chain;
    struct chain_run run;
    struct arena arena;
    struct filter_facts facts; /* as told to filters */
    unsigned resumed;          /* times resumed() was called */
};

static inline void fake_facts(void *owner, struct filter_facts *out)
{
    *out = ((struct fake_session *)owner)->facts;
}

static inline void fake_resumed(void *owner)
{
    ((struct fake_session *)owner)->resumed++;
}

/* A session that asks a chain made elsewhere. */
static inline void fake_begin(struct fake_session *session, struct chain *chain)
{
    memset(session, 0, sizeof(*session));
    fake_world_init(&session->world);
    session->chain = chain;
    session->facts.session = SPAN("s1");
    arena_init(&session->arena, 65536);
    chain_run_init(&session->run, session->chain, &session->world.world, session, fake_facts, fake_resumed);
}

static inline void fake_end(struct fake_session *session)
{
    chain_run_free(&session->run);
    arena_reset(&session->arena);
    CHECK(fake_alarms(&session->world) == 0);
}

/* The chain is filled afterwards with chain_add(); fake_close() frees everything. */
static inline void fake_open(struct fake_session *session)
{
    fake_begin(session, chain_new());
}

static inline void fake_close(struct fake_session *session)
{
    fake_end(session);
    chain_free(session->chain);
}

static inline void fake_message_begin(struct fake_session *session)
{
    arena_reset(&session->arena);
    chain_message_begin(&session->run, &session->arena);
}

static inline struct filter_path fake_path(const char *address)
{
    struct span whole = span_str(address);
    const char *at = strrchr(address, '@');
    size_t local = at != NULL ? (size_t)(at - address) : whole.len;

    return (struct filter_path){.address = whole,
                                .local = span_first(whole, local),
                                .domain = at != NULL ? span_skip(whole, local + 1) : SPAN("")};
}

/* One question of each kind, as a session would put it. */
static inline struct chain_question fake_question(enum filter_event event)
{
    struct chain_question question = {.event = event};

    if (event == FILTER_COMMAND)
        question.command = (struct filter_command){SPAN("NOOP"), SPAN(""), true};
    else if (event == FILTER_HELO)
        question.helo = SPAN("client.example");
    else if (event == FILTER_MAIL || event == FILTER_RCPT)
        question.path = fake_path("user@example.org");
    else if (event == FILTER_RECIPIENT) {
        question.recipient.path = fake_path("user@example.org");
        question.recipient.reply = (struct filter_reply){SPAN("RCPT"), 250, SPAN("2.1.5 Ok"), false};
    } else if (event == FILTER_HEADER) {
        question.header.name = SPAN("Subject");
        question.header.value = SPAN(" hello");
    } else if (event == FILTER_CONTENT || event == FILTER_BODY)
        question.bytes = SPAN("some bytes\r\n");
    else if (event == FILTER_REPLY)
        question.reply = (struct filter_reply){SPAN("NOOP"), 250, SPAN("2.0.0 Ok"), false};
    return question;
}

static inline enum verdict fake_ask(struct fake_session *session, enum filter_event event,
                                    struct decision *out)
{
    struct chain_question question = fake_question(event);

    return chain_ask(&session->run, &question, out);
}

/* What filters have made of this header section; valid until the next call. */
static inline struct span fake_edited(struct fake_session *session, struct span section)
{
    static char bytes[65536];
    struct text edited, copy = TEXT(bytes);
    size_t above = 0;
    bool full;

    REQUIRE(header_edit(chain_header_edits(&session->run, &full), section, false, &above, &edited) == 0);
    CHECK(!full);
    text_add(&copy, text_span(&edited));
    mem_free(edited.ptr);
    return text_span(&copy);
}

static inline enum verdict fake_command(struct fake_session *session, const char *verb, const char *arguments,
                                        struct decision *out)
{
    struct chain_question question = {.event = FILTER_COMMAND,
                                      .command = {span_str(verb), span_str(arguments), true}};

    return chain_ask(&session->run, &question, out);
}

static inline enum verdict fake_address(struct fake_session *session, enum filter_event event,
                                        const char *address, struct decision *out)
{
    struct chain_question question = {.event = event, .path = fake_path(address)};

    return chain_ask(&session->run, &question, out);
}

static inline enum verdict fake_reply(struct fake_session *session, const char *verb, unsigned code,
                                      const char *text, struct decision *out)
{
    struct chain_question question = {.event = FILTER_REPLY,
                                      .reply = {span_str(verb), code, span_str(text), false}};

    return chain_ask(&session->run, &question, out);
}

#endif
