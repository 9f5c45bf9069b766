/* filters_daemon.h: a filter of a proxy.yaml that asks a daemon, in the lab's world, where the daemon is the
 * test. */
#ifndef FILTERS_DAEMON_FIXTURE_H
#define FILTERS_DAEMON_FIXTURE_H

#include <errno.h>

#include "chain_lab.h"
#include "filters/filters.h"
#include "filters_fixture.h"

struct scene {
    struct yaml yaml;
    struct lab_session session;
    struct lab_pipe *daemon; /* NULL: nobody has been accepted */
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
    scene->session.facts.transaction = SPAN("t1");
    scene->session.facts.client = SPAN("203.0.113.7");
    scene->session.facts.helo = SPAN("client.example");
    scene->session.facts.reverse_path = SPAN("ann@example.org");
    scene->session.facts.hostname = SPAN("mx.example.com");
    scene->session.facts.extended = true;
    lab_session_message(&scene->session);
}

static inline void scene_end(struct scene *scene)
{
    chain_message_end(&scene->session.run, true);
    lab_session_end(&scene->session);
    yaml_unload(&scene->yaml);
}

/* Whoever is dialled answers so. */
static inline void scene_accept(struct scene *scene, struct lab_manner manner)
{
    struct lab_dial *dial = lab_dial_waiting(&scene->session.lab);

    REQUIRE(dial != NULL);
    scene->daemon = lab_dial_accept(&scene->session.lab, dial, manner);
}

static inline void scene_refuse(struct scene *scene, int error)
{
    struct lab_dial *dial = lab_dial_waiting(&scene->session.lab);

    REQUIRE(dial != NULL);
    lab_dial_refuse(dial, error);
    lab_run(&scene->session.lab);
}

static inline enum verdict scene_content(struct scene *scene, struct span bytes)
{
    return lab_session_ask(&scene->session, FILTER_CONTENT, bytes, &scene->decision);
}

static inline enum verdict scene_end_of_message(struct scene *scene)
{
    return lab_session_ask(&scene->session, FILTER_END_OF_MESSAGE, SPAN(""), &scene->decision);
}

/* The answer to what is PENDING, within so many milliseconds. */
static inline enum verdict scene_await(struct scene *scene, uint64_t ms)
{
    return lab_session_await(&scene->session, ms, &scene->decision);
}

/* A message of one piece, up to its end, to a daemon that takes the connection. */
static inline void scene_message(struct scene *scene, struct span bytes, struct lab_manner manner)
{
    CHECK(scene_content(scene, bytes) == VERDICT_PENDING);
    scene_accept(scene, manner);
    CHECK(scene_await(scene, 0) == VERDICT_CONTINUE);
    CHECK(scene_end_of_message(scene) == VERDICT_PENDING);
    lab_run(&scene->session.lab);
    CHECK(scene->session.resumed == 1);
}

/* The daemon answers and closes; the verdict. */
static inline enum verdict scene_answer(struct scene *scene, struct span answer)
{
    lab_pipe_send(scene->daemon, answer);
    lab_pipe_close(scene->daemon);
    return scene_await(scene, 0);
}

static inline struct span scene_heard(const struct scene *scene)
{
    return lab_bytes_from(&scene->daemon->from, 0);
}

/* True when these fields, and no others, have been added to the message. */
static inline bool scene_added(const struct scene *scene, const char *fields)
{
    const struct header_edit *edits;
    struct text edited;
    size_t above = 0;
    bool full, same;

    edits = chain_header_edits(&scene->session.run, &full);
    REQUIRE(header_edit(edits, SPAN(""), false, &above, &edited) == 0);
    same = !full && span_eq(text_span(&edited), span_str(fields));
    if (!same)
        fprintf(stderr, "added: \"%.*s\"\n", (int)edited.len, edited.ptr);
    mem_free(edited.ptr);
    return same;
}

static inline bool scene_logged(const struct scene *scene, const char *text)
{
    const struct lab_bytes *lines = &scene->session.lab.lines;

    return lines->len != 0 && memmem(lines->ptr, lines->len, text, strlen(text)) != NULL;
}

#endif
