/* lab_dial.c: attempts to connect, answered by the test. */
#include "lab.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"

int lab_dial_begin(struct world *world, struct dial *dial, const char *host, uint16_t port, uint64_t limit)
{
    struct lab *lab = (struct lab *)world;
    struct lab_dial *made = mem_alloc(sizeof(*made));

    assert(dial->handle == NULL);
    if (made == NULL)
        return -ENOMEM;
    made->dial = dial;
    (void)snprintf(made->host, sizeof(made->host), "%s", host);
    made->port = port;
    made->source = dial->source;
    made->mark = dial->mark;
    made->until = lab->now + limit;
    dial->handle = made;
    TAILQ_INSERT_TAIL(&lab->dials, made, link);
    return 0;
}

static void forget(struct lab *lab, struct lab_dial *made)
{
    made->dial->handle = NULL;
    TAILQ_REMOVE(&lab->dials, made, link);
    mem_free(made);
}

void lab_dial_cancel(struct world *world, struct dial *dial)
{
    struct lab_dial *made = dial->handle;

    if (made == NULL)
        return;
    if (made->pipe != NULL)
        made->pipe->closed = made->pipe->aborted = true;
    forget((struct lab *)world, made);
}

struct lab_dial *lab_dial_waiting(struct lab *lab)
{
    struct lab_dial *made;

    TAILQ_FOREACH(made, &lab->dials, link)
    if (!made->decided)
        return made;
    return NULL;
}

struct lab_pipe *lab_dial_accept(struct lab *lab, struct lab_dial *made, struct lab_manner manner)
{
    assert(!made->decided);
    made->decided = true;
    made->pipe = lab_pipe_new(lab, manner);
    return made->pipe;
}

void lab_dial_refuse(struct lab_dial *made, int status)
{
    assert(status < 0 && !made->decided);
    made->decided = true;
    made->status = status;
}

/* done() may dial again, or cancel: the attempt is forgotten first. */
bool lab_dial_step(struct lab *lab)
{
    struct lab_dial *made;
    struct dial *dial;
    int status;

    TAILQ_FOREACH(made, &lab->dials, link)
    if (made->decided || made->until <= lab->now)
        break;
    if (made == NULL)
        return false;
    status = made->decided ? made->status : -ETIMEDOUT;
    dial = made->dial;
    if (made->pipe != NULL) {
        lab_pipe_join(made->pipe, dial->wire);
        dial->peer.port = made->port;
        (void)ip_parse(span_str(made->host), &dial->peer);
    }
    forget(lab, made);
    dial->done(dial->owner, status);
    return true;
}
