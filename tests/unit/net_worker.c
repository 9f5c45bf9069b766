/* net_worker.c: tests of net/worker.c: connections and tasks reach the owner on the worker's thread;
 * listeners follow the list. */
#include "net/worker.h"

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/bind.h"
#include "test.h"

struct owner {
    struct worker *worker;
    struct wire wire;
    bool ended;
    pthread_mutex_t lock; /* of what follows: about the last connection */
    char listener[32];
    struct ip local;
    pthread_t thread;
};

struct order {
    struct worker_task task;
    struct owner *owner;
    const struct worker_door *doors;
    size_t count;
    bool stop;
    _Atomic bool done;
};

static void greet(void *arg)
{
    struct owner *owner = arg;

    wire_close(&owner->wire, false);
}

static int on_caught(void *arg, const struct worker_catch *caught)
{
    struct owner *owner = arg;

    pthread_mutex_lock(&owner->lock);
    (void)snprintf(owner->listener, sizeof(owner->listener), "%s", (const char *)caught->tag);
    owner->local = caught->local;
    owner->thread = pthread_self();
    pthread_mutex_unlock(&owner->lock);
    if (strcmp((const char *)caught->tag, "refused") == 0)
        return -1;
    wire_init(&owner->wire, worker_world(owner->worker)->pool, greet, owner);
    wire_attach(&owner->wire, caught->ops, caught->carrier);
    wire_put(&owner->wire, SPAN("220 hello\r\n"));
    wire_update(&owner->wire);
    wire_close(&owner->wire, false);
    return 0;
}

static void on_ended(void *arg)
{
    struct owner *owner = arg;

    owner->ended = true;
}

static void obey(struct worker_task *task)
{
    struct order *order = (struct order *)task;

    if (order->stop)
        worker_stop(order->owner->worker);
    else
        CHECK(worker_listen(order->owner->worker, order->doors, order->count) == 0);
    order->done = true;
}

static void command(struct owner *owner, const struct worker_door *doors, size_t count, bool stop)
{
    struct order order = {{NULL, obey}, owner, doors, count, stop, false};

    worker_post(owner->worker, &order.task);
    for (int i = 0; i < 5000 && !order.done; i++)
        usleep(1000);
    CHECK(order.done);
}

/* What a client gets: the number of octets, or -1 when nobody listens. */
static long visit(const struct ip *address)
{
    struct sockaddr_storage to;
    socklen_t len = address_of_ip(address, &to);
    int fd = socket(address->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
    char bytes[64];
    long got = -1;

    if (connect(fd, (struct sockaddr *)&to, len) == 0)
        got = recv(fd, bytes, sizeof(bytes), 0);
    close(fd);
    return got;
}

/* The last connection was caught by this listener, on another thread, at a loopback address. */
static bool last_was(struct owner *owner, const char *listener)
{
    bool was;

    pthread_mutex_lock(&owner->lock);
    was = strcmp(owner->listener, listener) == 0 && !pthread_equal(owner->thread, pthread_self()) &&
          owner->local.bytes[0] == 127;
    pthread_mutex_unlock(&owner->lock);
    return was;
}

static void test_listeners(struct log_target *target)
{
    struct owner owner = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const struct worker_owner calls = {on_caught, on_ended, &owner};
    struct worker_door doors[3] = {{.tag = "first"}, {.tag = "any"}, {.tag = "refused"}};
    struct ip loopback;
    int error = 0;

    owner.worker = worker_new(&calls, target, &error);
    CHECK(owner.worker != NULL && error == 0);
    doors[0].fd = bind_open("127.0.0.1", 0, 8, &doors[0].local);
    doors[1].fd = bind_open("0.0.0.0", 0, 8, &doors[1].local);
    CHECK(worker_listen(owner.worker, doors, 2) == 0);
    CHECK(worker_start(owner.worker) == 0);
    CHECK(visit(&doors[0].local) == 11);
    CHECK(last_was(&owner, "first"));
    CHECK(ip_parse(SPAN("127.0.0.1"), &loopback));
    loopback.port = doors[1].local.port;
    CHECK(visit(&loopback) == 11);
    CHECK(last_was(&owner, "any"));
    /* The first goes, the second gets another name, a third comes. */
    doors[2].fd = bind_open("127.0.0.1", 0, 8, &doors[2].local);
    doors[1].tag = "renamed";
    command(&owner, doors + 1, 2, false);
    CHECK(visit(&doors[0].local) == -1);
    CHECK(visit(&loopback) == 11 && last_was(&owner, "renamed"));
    CHECK(visit(&doors[2].local) <= 0 && last_was(&owner, "refused"));
    command(&owner, NULL, 0, true);
    worker_join(owner.worker);
    CHECK(owner.ended);
}

static void test_never_started(struct log_target *target)
{
    struct owner owner = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const struct worker_owner calls = {on_caught, on_ended, &owner};
    struct worker_door door = {.tag = "x"};
    int error;

    owner.worker = worker_new(&calls, target, &error);
    door.fd = bind_open("::1", 0, 8, &door.local);
    if (door.fd >= 0) /* a machine without IPv6 */
        CHECK(worker_listen(owner.worker, &door, 1) == 0);
    worker_join(owner.worker);
    CHECK(owner.ended && owner.listener[0] == '\0');
}

/* Two sockets on one address, as two workers have; but one address with both families side by side, too. */
static void test_shared_address(void)
{
    struct ip first, second, six;
    int a = bind_open("0.0.0.0", 0, 8, &first);
    int b = bind_open("*", first.port, 8, &second);
    int c = bind_open("::", first.port, 8, &six);

    CHECK(a >= 0 && b >= 0 && second.port == first.port && second.family == 4);
    CHECK(c < 0 || (six.family == 6 && six.port == first.port));
    CHECK(bind_open("192.0.2.1", 0, 8, &first) < 0);
    CHECK(bind_open("no-such-host.invalid", 25, 8, &first) < 0);
    close(a);
    close(b);
    if (c >= 0)
        close(c);
}

int main(void)
{
    int error;
    struct log_target *target = log_target_open("stderr", &error);

    signal(SIGPIPE, SIG_IGN);
    test_shared_address();
    test_listeners(target);
    test_never_started(target);
    log_target_close(target);
    return test_end("net_worker");
}
