/* worker.c: one thread with its loop, its listeners and a door for messages; what is done with a connection
 * is left to the owner. */
#include "net/worker.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/listener.h"

struct post {
    struct post *next;
    struct listener *listener;
    struct worker *worker;
    int fd;
    bool wanted;
    bool shared;
    const void *tag;
};

struct worker {
    struct loop loop;
    struct worker_owner owner;
    struct post *posts; /* the sockets listened on */
    uv_async_t bell;
    uv_mutex_t lock; /* of the two below */
    struct worker_task *tasks;
    struct worker_task **tasks_end;
    uv_thread_t thread;
    bool started;
};

/* --- tasks ---------------------------------------------------------------------------------------------- */

void worker_post(struct worker *worker, struct worker_task *task)
{
    task->next = NULL;
    uv_mutex_lock(&worker->lock);
    *worker->tasks_end = task;
    worker->tasks_end = &task->next;
    uv_mutex_unlock(&worker->lock);
    uv_async_send(&worker->bell);
}

static void on_bell(uv_async_t *bell)
{
    struct worker *worker = bell->data;
    struct worker_task *task, *next;

    uv_mutex_lock(&worker->lock);
    task = worker->tasks;
    worker->tasks = NULL;
    worker->tasks_end = &worker->tasks;
    uv_mutex_unlock(&worker->lock);
    for (; task != NULL; task = next) {
        next = task->next;
        task->run(task);
    }
}

/* --- listeners ------------------------------------------------------------------------------------------ */

static void on_caught(void *owner, const struct listener_catch *caught)
{
    struct post *post = owner;
    const struct worker_owner *to = &post->worker->owner;
    const struct worker_catch given = {
        .ops = &stream_wire_ops,
        .carrier = caught->stream,
        .peer = caught->peer,
        .local = caught->local,
        .original = caught->original,
        .tag = post->tag,
    };

    if (to->caught(to->owner, &given) != 0)
        stream_discard(caught->stream);
}

static struct post *post_find(struct worker *worker, int fd)
{
    struct post *post = worker->posts;

    while (post != NULL && post->fd != fd)
        post = post->next;
    return post;
}

static struct post *post_new(struct worker *worker, const struct worker_door *door)
{
    struct post *post = mem_alloc(sizeof(*post));

    if (post == NULL)
        return NULL;
    *post = (struct post){.next = worker->posts, .worker = worker, .fd = door->fd, .shared = door->shared};
    post->listener = listener_open(&worker->loop, door->fd, &door->local, on_caught, post);
    if (post->listener == NULL) {
        mem_free(post);
        return NULL;
    }
    worker->posts = post;
    return post;
}

static void post_free(struct post *post)
{
    listener_close(post->listener);
    mem_free(post);
}

static void close_unwanted(struct worker *worker)
{
    struct post **link = &worker->posts;

    while (*link != NULL) {
        struct post *post = *link;
        if (post->wanted) {
            post->wanted = false;
            link = &post->next;
            continue;
        }
        *link = post->next;
        if (!post->shared)
            listener_last_call(post->listener);
        post_free(post);
    }
}

size_t worker_listen(struct worker *worker, const struct worker_door *doors, size_t count)
{
    size_t failed = 0;

    for (size_t i = 0; i < count; i++) {
        struct post *post = post_find(worker, doors[i].fd);
        if (post == NULL)
            post = post_new(worker, &doors[i]);
        if (post == NULL) {
            close(doors[i].fd);
            failed++;
            continue;
        }
        listener_set_way(post->listener, doors[i].way);
        post->tag = doors[i].tag;
        post->wanted = true;
    }
    close_unwanted(worker);
    return failed;
}

/* --- life ----------------------------------------------------------------------------------------------- */

struct worker *worker_new(const struct worker_owner *owner, struct log_target *target, int *error)
{
    struct worker *worker = mem_alloc(sizeof(*worker));

    *error = -ENOMEM;
    if (worker == NULL)
        return NULL;
    worker->owner = *owner;
    worker->tasks_end = &worker->tasks;
    *error = loop_init(&worker->loop, target);
    if (*error != 0)
        goto no_loop;
    *error = uv_mutex_init(&worker->lock);
    if (*error != 0)
        goto no_lock;
    *error = uv_async_init(&worker->loop.uv, &worker->bell, on_bell);
    if (*error != 0)
        goto no_bell;
    worker->bell.data = worker;
    return worker;

no_bell:
    uv_mutex_destroy(&worker->lock);
no_lock:
    loop_free(&worker->loop);
no_loop:
    mem_free(worker);
    return NULL;
}

struct world *worker_world(struct worker *worker)
{
    return &worker->loop.world;
}

static void finish(struct worker *worker)
{
    for (struct post *post = worker->posts, *next; post != NULL; post = next) {
        next = post->next;
        post_free(post);
    }
    worker->owner.ended(worker->owner.owner);
    uv_close((uv_handle_t *)&worker->bell, NULL);
    loop_free(&worker->loop);
}

static void thread_main(void *arg)
{
    struct worker *worker = arg;

    loop_run(&worker->loop);
    finish(worker);
}

int worker_start(struct worker *worker)
{
    int error = uv_thread_create(&worker->thread, thread_main, worker);

    worker->started = error == 0;
    return error;
}

void worker_stop(struct worker *worker)
{
    loop_stop(&worker->loop);
}

void worker_join(struct worker *worker)
{
    if (worker->started)
        uv_thread_join(&worker->thread);
    else
        finish(worker);
    uv_mutex_destroy(&worker->lock);
    mem_free(worker);
}
