/* worker.h: one thread with its loop, its listeners and a door for messages. What is done with a connection
 * is left to the owner, whose callbacks run on the worker's thread. */
#ifndef NET_WORKER_H
#define NET_WORKER_H

#include "base/world.h"
#include "net/log_target.h"
#include "net/transparent.h"

struct worker;

/* A client that has connected. carrier is open; see wire_attach(). */
struct worker_catch {
    const struct wire_ops *ops;
    void *carrier;
    struct ip peer;
    struct ip local;
    struct ip original; /* where the client meant to connect to; family 0: to us, for all that is known */
    const void *tag;    /* given to worker_listen() */
};

struct worker_owner {
    /* 0, or a negative errno: the worker then closes the carrier. */
    int (*caught)(void *owner, const struct worker_catch *caught);
    /* The loop has stopped: last call on this thread. */
    void (*ended)(void *owner);
    void *owner;
};

/* A socket of bind_open() with the address it is bound to; the tag is the owner's own. */
struct worker_door {
    int fd;
    struct ip local;
    const void *tag;
    enum transparent_way way;
    bool shared; /* with processes that go on accepting after us: what has connected is left to them */
};

/* Something to be done on the worker's thread. Embedded by value in what run() needs; run() may free it. */
struct worker_task {
    struct worker_task *next;
    void (*run)(struct worker_task *task);
};

/* A worker whose thread does not run yet. Until worker_start() it belongs to the caller's thread, which may
 * call everything here. target must outlive it. NULL and *error (a negative errno) on failure. */
struct worker *worker_new(const struct worker_owner *owner, struct log_target *target, int *error);
/* The worker's world; for its own thread. */
struct world *worker_world(struct worker *worker);
/* 0 or a negative errno. */
int worker_start(struct worker *worker);
/* Any thread: task->run() is called on the worker's thread, tasks in the order they were posted. Not after a
 * task that may stop the worker. */
void worker_post(struct worker *worker, struct worker_task *task);
/* Waits for the thread to end, if it was started, and frees the worker. Tasks not run by then are lost. */
void worker_join(struct worker *worker);

/* Worker's thread: from now on it listens on these sockets and no others. Sockets it does not know yet become
 * its own; those no longer named are closed, after what has already connected was accepted. Tag and way may
 * change. Returns how many could not be listened on (no memory); they are closed. */
size_t worker_listen(struct worker *worker, const struct worker_door *doors, size_t count);
/* Worker's thread: the loop stops and the thread ends after the current round. All wires must be closed by
 * the time `ended` returns. */
void worker_stop(struct worker *worker);

#endif
