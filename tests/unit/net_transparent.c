/* net_transparent.c: tests of net/transparent.c and what net/worker.c makes of it: diverted connections tell
 * where they were meant to go, others that they were not diverted. In a network namespace of the test's own,
 * which needs the rights of root and nft; says so without them. */
#include "net/worker.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/bind.h"
#include "test.h"

/* 192.0.2.0/24 and 2001:db8::/64 are reached through loopback, as behind a gateway; ports 2500 and 2600 of
 * them are diverted to 5000 and 5001. */
static const char world[] =
    "exec 2>/dev/null; ip link set lo up && ip route add local 192.0.2.0/24 dev lo && "
    "ip -6 addr add ::1/128 dev lo; ip -6 route add local 2001:db8::/64 dev lo && nft -f - <<E\n"
    "table inet postern {\n"
    "  chain out { type nat hook output priority -100; ip daddr 192.0.2.0/24 tcp dport 2500 redirect to "
    ":5000;\n"
    "    ip6 daddr 2001:db8::/64 tcp dport 2500 redirect to :5000; }\n"
    "  chain pre { type filter hook prerouting priority -150;\n"
    "    meta nfproto ipv4 tcp dport 2600 tproxy ip to :5001 accept;\n"
    "    meta nfproto ipv6 tcp dport 2600 tproxy ip6 to :5001 accept;\n"
    "    ip daddr 192.0.2.0/24 tcp dport 5001 tproxy ip to :5001 accept; }\n"
    "}\nE\n";

/* Who connects where, and what the kernel says of it. */
static const struct visit {
    const char *to;
    uint16_t port;
    bool known; /* diverted: original is what was meant */
} visits[] =
    {
        {"192.0.2.7", 2500, true},  {"2001:db8::7", 2500, true},
        {"127.0.0.1", 5000, false}, {"::1", 5000, false},
        {"192.0.2.7", 5000, false}, /* reached through no rule */
        {"192.0.2.7", 2600, true},  {"2001:db8::7", 2600, true},
        {"192.0.2.7", 5001, true}, /* the listener's own port, but another machine's address */
        {"127.0.0.1", 2600, true}, /* a port of this machine that somebody else has */
        {"127.0.0.1", 5001, false}, {"::1", 5001, false},
};

struct owner {
    struct worker *worker;
    struct worker_catch caught;
    _Atomic unsigned count;
};

static int on_caught(void *arg, const struct worker_catch *caught)
{
    struct owner *owner = arg;

    owner->caught = *caught;
    owner->count++;
    return -1; /* the worker closes it */
}

static void on_ended(void *arg)
{
    (void)arg;
}

struct stop {
    struct worker_task task;
    struct worker *worker;
};

static void obey_stop(struct worker_task *task)
{
    worker_stop(((struct stop *)task)->worker);
}

static bool visit_one(struct owner *owner, const struct ip *to)
{
    struct sockaddr_storage address;
    socklen_t len = address_of_ip(to, &address);
    unsigned before = owner->count;
    int fd = socket(to->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
    bool connected = connect(fd, (struct sockaddr *)&address, len) == 0;

    for (int i = 0; i < 5000 && connected && owner->count == before; i++)
        usleep(1000);
    close(fd);
    return owner->count == before + 1;
}

static bool same(const struct ip *a, const struct ip *b)
{
    return a->family == b->family && a->port == b->port && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void test_visits(struct log_target *target)
{
    struct owner owner = {0};
    const struct worker_owner calls = {on_caught, on_ended, &owner};
    struct worker_door doors[4] = {0};
    struct stop stop = {{NULL, obey_stop}, NULL};
    int error = 0;

    stop.worker = owner.worker = worker_new(&calls, target, &error);
    REQUIRE(owner.worker != NULL);
    for (size_t i = 0; i < 4; i++) {
        doors[i].way = i < 2 ? TRANSPARENT_WAY_REDIRECT : TRANSPARENT_WAY_TPROXY;
        doors[i].fd = bind_open(i % 2 == 0 ? "0.0.0.0" : "::", i < 2 ? 5000 : 5001, 8, &doors[i].local);
        REQUIRE(doors[i].fd >= 0);
        if (i >= 2)
            CHECK(transparent_set(doors[i].fd, &doors[i].local, true) == 0);
    }
    CHECK(worker_listen(owner.worker, doors, 4) == 0 && worker_start(owner.worker) == 0);
    for (size_t i = 0; i < sizeof(visits) / sizeof(*visits); i++) {
        struct ip to, none = {0};
        CHECK(ip_parse(span_str(visits[i].to), &to));
        to.port = visits[i].port;
        if (!visit_one(&owner, &to) || !same(&owner.caught.original, visits[i].known ? &to : &none)) {
            fprintf(stderr, "%s port %u: family %u port %u\n", visits[i].to, visits[i].port,
                    owner.caught.original.family, owner.caught.original.port);
            FAIL("the original destination");
        }
    }
    worker_post(owner.worker, &stop.task);
    worker_join(owner.worker);
}

static void test_no_right(void)
{
    struct ip local;
    int fd = bind_open("127.0.0.1", 0, 8, &local);
    uid_t uid = geteuid();

    if (uid == 0)
        CHECK(seteuid(65534) == 0);
    CHECK(transparent_set(fd, &local, true) == -EPERM);
    CHECK(transparent_set(fd, &local, false) == 0);
    CHECK(transparent_original(fd, TRANSPARENT_WAY_REDIRECT, &local, local.port).family == 0);
    CHECK(transparent_original(fd, TRANSPARENT_WAY_TPROXY, &local, local.port).family == 0);
    CHECK(transparent_original(fd, TRANSPARENT_WAY_NONE, &local, local.port).family == 0);
    if (uid == 0)
        CHECK(seteuid(0) == 0);
    close(fd);
}

int main(void)
{
    int error;
    struct log_target *target = log_target_open("stderr", &error);

    signal(SIGPIPE, SIG_IGN);
    test_no_right();
    if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0 || system(world) != 0)
        printf(
            "net_transparent: without the rights of root, or without nft: what is diverted is not tested\n");
    else
        test_visits(target);
    log_target_close(target);
    return test_end("net_transparent");
}
