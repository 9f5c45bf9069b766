/* filters_milter_scene.h: a session whose filter talks to a milter in the hands of the test: the chain's
 * questions in order, the milter's packets as lines (lab_milter.h). */
#ifndef FILTERS_MILTER_SCENE_H
#define FILTERS_MILTER_SCENE_H

#include <errno.h>

#include "chain_lab.h"
#include "filters/milter/wire.h"
#include "filters_fixture.h"
#include "lab_milter.h"

struct scene {
    struct yaml yaml;
    struct lab_session session;
    struct lab_pipe *milter; /* the newest connection; NULL: there has been none */
    size_t read;             /* octets of what it has been sent */
    struct lab_manner manner;
    struct lab_bytes line; /* the last packet read */
    struct decision decision;
};

static inline void scene_begin(struct scene *scene, const char *filter)
{
    *scene = (struct scene){0};
    yaml_load(&scene->yaml, filter);
    if (scene->yaml.settings == NULL) {
        fprintf(stderr, "%s\n%s", filter, scene->yaml.said);
        exit(EXIT_FAILURE);
    }
    lab_session_begin(&scene->session, scene->yaml.settings->chain);
    struct filter_facts *facts = &scene->session.facts;
    facts->transaction = SPAN("t1");
    facts->client = SPAN("203.0.113.7");
    facts->client_family = 4;
    memcpy(facts->client_address, "\xcb\0\x71\x07", 4);
    facts->client_port = 1234;
    facts->listener = SPAN("front");
    facts->helo = SPAN("client.example");
    facts->hostname = SPAN("mx.example.com");
    facts->recipients = 1;
}

static inline void scene_message(struct scene *scene)
{
    chain_message_end(&scene->session.run, true);
    lab_session_message(&scene->session);
}

static inline void scene_end(struct scene *scene)
{
    chain_cancel(&scene->session.run);
    chain_message_end(&scene->session.run, true);
    lab_session_end(&scene->session);
    lab_bytes_free(&scene->line);
    yaml_unload(&scene->yaml);
}

static inline void scene_accept(struct scene *scene)
{
    struct lab_dial *dial = lab_dial_waiting(&scene->session.lab);

    REQUIRE(dial != NULL);
    scene->milter = lab_dial_accept(&scene->session.lab, dial, scene->manner);
    scene->read = 0;
    lab_run(&scene->session.lab);
}

/* The next packet the milter has been sent, as a line; absent: there is none. */
static inline struct span scene_packet(struct scene *scene)
{
    long n;

    lab_run(&scene->session.lab);
    scene->line.len = 0;
    if (scene->milter == NULL)
        return (struct span){0};
    n = lab_milter_read(lab_bytes_from(&scene->milter->from, scene->read), &scene->line);
    REQUIRE(n >= 0);
    scene->read += (size_t)n;
    return n != 0 ? lab_bytes_from(&scene->line, 0) : (struct span){0};
}

static inline void scene_expect(struct scene *scene, const char *line)
{
    CHECK_SPAN(scene_packet(scene), span_str(line));
}

/* As scene_expect(), macros passed over. */
static inline void scene_meet(struct scene *scene, const char *line)
{
    struct span packet;

    do
        packet = scene_packet(scene);
    while (packet.len != 0 && span_starts_nocase(packet, SPAN("MACRO")));
    CHECK_SPAN(packet, span_str(line));
}

static inline void scene_say(struct scene *scene, const char *line)
{
    struct lab_bytes octets = {0};

    REQUIRE(lab_milter_write(span_str(line), &octets));
    lab_pipe_send(scene->milter, lab_bytes_from(&octets, 0));
    lab_bytes_free(&octets);
    lab_run(&scene->session.lab);
}

static inline enum verdict scene_ask(struct scene *scene, struct chain_question question)
{
    return chain_ask(&scene->session.run, &question, &scene->decision);
}

static inline struct filter_path scene_path(struct span address, struct span parameters)
{
    const char *at = memrchr(address.ptr, '@', address.len);
    size_t local = at != NULL ? (size_t)(at - address.ptr) : address.len;

    return (struct filter_path){.address = address,
                                .local = span_first(address, local),
                                .domain = at != NULL ? span_skip(address, local + 1) : SPAN(""),
                                .parameters = parameters};
}

/* One question of each kind. */
static inline struct chain_question scene_question(enum filter_event event)
{
    static char body[70000];
    struct chain_question question = {.event = event};

    memset(body, 'x', sizeof(body));
    if (event == FILTER_COMMAND)
        question.command = (struct filter_command){SPAN("FROB"), SPAN("nicate"), false};
    else if (event == FILTER_HELO)
        question.helo = SPAN("client.example");
    else if (event == FILTER_MAIL)
        question.path = scene_path(SPAN("ann@example.org"), SPAN("SIZE=9 BODY=8BITMIME"));
    else if (event == FILTER_RECIPIENT) {
        question.recipient.path = scene_path(SPAN("bob@example.net"), SPAN(""));
        question.recipient.reply = (struct filter_reply){SPAN("RCPT"), 250, SPAN("2.1.5 Ok"), false};
    } else if (event == FILTER_HEADER) {
        question.header.name = SPAN("Subject");
        question.header.value = SPAN(" hello");
    } else if (event == FILTER_BODY)
        question.bytes = span_of(body, sizeof(body));
    return question;
}

/* The answer to what is PENDING, if there is one by now. */
static inline enum verdict scene_answer(struct scene *scene, unsigned resumed)
{
    lab_run(&scene->session.lab);
    if (scene->session.resumed == resumed)
        return VERDICT_PENDING;
    return chain_result(&scene->session.run, &scene->decision);
}

/* Asks, takes the connection, and answers CONTINUE to everything but what begins with `stop`, to which
 * `answer` is said (NULL: nothing). */
static inline enum verdict scene_go(struct scene *scene, struct chain_question question, const char *stop,
                                    const char *answer)
{
    unsigned resumed = scene->session.resumed;
    enum verdict verdict = scene_ask(scene, question);
    struct span packet;

    if (verdict != VERDICT_PENDING)
        return verdict;
    if (lab_dial_waiting(&scene->session.lab) != NULL)
        scene_accept(scene);
    while ((packet = scene_packet(scene)).len != 0) {
        if (stop != NULL && span_starts_nocase(packet, span_str(stop))) {
            if (answer == NULL)
                return VERDICT_PENDING;
            scene_say(scene, answer);
        } else if (span_starts_nocase(packet, SPAN("OPTNEG"))) {
            scene_say(scene, "OPTNEG 6|511|1024"); /* SKIP */
        } else if (lab_milter_answered(packet))
            scene_say(scene, "CONTINUE");
    }
    return scene_answer(scene, resumed);
}

/* The events of a message with a milter, in order; and as it is told of them. */
static const struct {
    enum filter_event event;
    const char *packet;
} scene_events[] = {
    {FILTER_CONNECT, "CONNECT"}, {FILTER_COMMAND, "UNKNOWN"},
    {FILTER_HELO, "HELO"},       {FILTER_MAIL, "MAIL"},
    {FILTER_RECIPIENT, "RCPT"},  {FILTER_DATA, "DATA"},
    {FILTER_HEADER, "HEADER"},   {FILTER_END_OF_HEADERS, "EOH"},
    {FILTER_BODY, "BODY "},      {FILTER_END_OF_MESSAGE, "BODYEOB"},
};

#define SCENE_EVENTS (sizeof(scene_events) / sizeof(scene_events[0]))

/* All events before the nth, each let pass. */
static inline void scene_reach(struct scene *scene, size_t nth)
{
    for (size_t i = 0; i < nth; i++) {
        if (scene_events[i].event == FILTER_MAIL)
            scene_message(scene);
        CHECK(scene_go(scene, scene_question(scene_events[i].event), NULL, NULL) == VERDICT_CONTINUE);
    }
    if (nth < SCENE_EVENTS && scene_events[nth].event == FILTER_MAIL)
        scene_message(scene);
}

static inline bool scene_logged(const struct scene *scene, const char *text)
{
    const struct lab_bytes *lines = &scene->session.lab.lines;

    return lines->len != 0 && memmem(lines->ptr, lines->len, text, strlen(text)) != NULL;
}

#endif
