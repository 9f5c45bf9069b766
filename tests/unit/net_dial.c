/* net_dial.c: tests of net/dial.c: an address, a name, nobody there, nobody answering, changing one's mind,
 * in another's name. */
#include "net_fixture.h"

#include <errno.h>
#include <sys/un.h>

#include "base/mem.h"
#include "net/address.h"

struct result {
    struct fixture *f;
    int status;
    unsigned calls;
};

static void on_done(void *owner, int status)
{
    struct result *result = owner;

    result->status = status;
    result->calls++;
    loop_stop(&result->f->loop);
}

static void idle(struct end *end)
{
    (void)end;
}

/* Dials and waits for the answer; what could not begin counts as an answer. */
static int dial_to(struct fixture *f, const char *host, uint16_t port, uint64_t limit)
{
    struct result result = {.f = f, .status = 1};
    int error;

    f->dial = (struct dial){.wire = &f->client.wire, .done = on_done, .owner = &result};
    error = f->loop.world.ops->dial(&f->loop.world, &f->dial, host, port, limit);
    CHECK(result.calls == 0);
    if (error != 0)
        return error;
    loop_run(&f->loop);
    CHECK(result.calls == 1 && f->dial.handle == NULL);
    return result.status;
}

/* A port of 127.0.0.1 on which nobody listens. */
static uint16_t dead_port(void)
{
    struct ip address;
    int fd = bind_open("127.0.0.1", 0, 1, &address);

    CHECK(fd >= 0);
    close(fd);
    return address.port;
}

static void test_answers(void)
{
    struct fixture f;
    struct ip address;
    int fd = bind_open("127.0.0.1", 0, 8, &address);

    fixture_start(&f);
    end_init(&f.client, &f, idle);
    end_init(&f.server, &f, idle);
    CHECK(dial_to(&f, "127.0.0.1", address.port, 1000) == 0);
    CHECK(wire_alive(&f.client.wire) && f.dial.peer.family == 4);
    wire_close(&f.client.wire, false);
    /* ::1 may come first; nobody listens there. */
    CHECK(dial_to(&f, "localhost", address.port, 1000) == 0);
    CHECK(f.dial.peer.family == 4 && f.dial.peer.port == address.port);
    wire_close(&f.client.wire, false);
    CHECK(dial_to(&f, "127.0.0.1", dead_port(), 1000) == -ECONNREFUSED);
    CHECK(dial_to(&f, "localhost", dead_port(), 1000) == -ECONNREFUSED);
    CHECK(dial_to(&f, "no-such-host.invalid", 25, 15000) == -ENOENT);
    CHECK(!wire_open(&f.client.wire));
    close(fd);
    fixture_end(&f);
}

/* A listener whose backlog is full answers nothing. */
static void test_black_hole(void)
{
    struct fixture f;
    struct ip address;
    struct sockaddr_storage to;
    int fd = bind_open("127.0.0.1", 0, 0, &address);
    int fillers[4];
    socklen_t len;
    uint64_t begun;

    len = address_of_ip(&address, &to);
    for (int i = 0; i < 4; i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&to, len);
    }
    fixture_start(&f);
    end_init(&f.client, &f, idle);
    end_init(&f.server, &f, idle);
    begun = world_now(&f.loop.world);
    CHECK(dial_to(&f, "127.0.0.1", address.port, 300) == -ETIMEDOUT);
    CHECK(world_now(&f.loop.world) - begun >= 300);
    CHECK(!wire_open(&f.client.wire));
    for (int i = 0; i < 4; i++)
        close(fillers[i]);
    close(fd);
    fixture_end(&f);
}

/* Cancelled at every stage: at once, and after a round of the loop. */
static void test_cancel(const char *host)
{
    for (int rounds = 0; rounds < 2; rounds++) {
        struct fixture f;
        struct ip address;
        int fd = bind_open("127.0.0.1", 0, 8, &address);
        struct result result = {.f = &f};

        fixture_start(&f);
        end_init(&f.client, &f, idle);
        end_init(&f.server, &f, idle);
        f.dial = (struct dial){.wire = &f.client.wire, .done = on_done, .owner = &result};
        CHECK(f.loop.world.ops->dial(&f.loop.world, &f.dial, host, address.port, 1000) == 0);
        if (rounds > 0)
            uv_run(&f.loop.uv, UV_RUN_NOWAIT);
        f.loop.world.ops->dial_cancel(&f.loop.world, &f.dial);
        CHECK(f.dial.handle == NULL);
        for (int i = 0; i < 5; i++)
            uv_run(&f.loop.uv, UV_RUN_NOWAIT);
        CHECK(result.calls <= (unsigned)rounds);
        close(fd);
        fixture_end(&f);
    }
}

/* A socket of the local machine: there, not there, nobody listening, a name that no socket can have. */
static void test_local(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char host[200], folder[] = "/tmp/postern-test-XXXXXX";
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct fixture f;

    REQUIRE(mkdtemp(folder) != NULL && fd >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
    snprintf(host, sizeof(host), "unix:%s", address.sun_path);
    fixture_start(&f);
    end_init(&f.client, &f, idle);
    end_init(&f.server, &f, idle);
    CHECK(dial_to(&f, host, 0, 1000) == -ENOENT);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    CHECK(dial_to(&f, host, 0, 1000) == -ECONNREFUSED);
    CHECK(listen(fd, 8) == 0);
    for (int i = 0; i < 2; i++) {
        CHECK(dial_to(&f, host, 0, 1000) == 0);
        CHECK(wire_alive(&f.client.wire) && f.dial.peer.family == 0);
        wire_close(&f.client.wire, i != 0); /* a reset, where there is such a thing */
    }
    memset(host + strlen("unix:"), 'x', 150);
    host[155] = '\0';
    CHECK(dial_to(&f, host, 0, 1000) == -ENAMETOOLONG);
    CHECK(!wire_open(&f.client.wire));
    fixture_end(&f);
    close(fd);
    unlink(address.sun_path);
    rmdir(folder);
}

/* Octets both ways, and an end each way, over a local socket. */
static void say_hello(struct end *end)
{
    struct span data = buf_data(&end->wire.in);

    if (end->calls == 1) {
        CHECK(wire_put(&end->wire, SPAN("hello")));
        wire_finish(&end->wire);
    }
    end->taken += data.len;
    buf_consume(&end->wire.in, data.len);
    if (end->wire.eof)
        loop_stop(&end->fixture->loop);
}

static void test_local_octets(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char host[200], folder[] = "/tmp/postern-test-XXXXXX", got[16];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), peer;
    struct fixture f;

    REQUIRE(mkdtemp(folder) != NULL && fd >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
    snprintf(host, sizeof(host), "unix:%s", address.sun_path);
    REQUIRE(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 8) == 0);
    fixture_start(&f);
    end_init(&f.client, &f, say_hello);
    end_init(&f.server, &f, idle);
    CHECK(dial_to(&f, host, 0, 1000) == 0);
    peer = accept(fd, NULL, NULL);
    CHECK(write(peer, "answer", 6) == 6 && shutdown(peer, SHUT_WR) == 0);
    end_advance(&f.client);
    loop_run(&f.loop);
    CHECK(f.client.taken == 6 && f.client.wire.eof && f.client.wire.error == 0);
    CHECK(read(peer, got, sizeof(got)) == 5 && memcmp(got, "hello", 5) == 0);
    CHECK(read(peer, got, sizeof(got)) == 0);
    close(peer);
    fixture_end(&f);
    close(fd);
    unlink(address.sun_path);
    rmdir(folder);
}

/* --- in another's name ------------------------------------------------------------------------------------
 */

static int dial_from(struct fixture *f, const char *source, uint32_t mark, const char *host, uint16_t port)
{
    struct result result = {.f = f, .status = 1};
    int error;

    f->dial = (struct dial){.wire = &f->client.wire, .done = on_done, .owner = &result, .mark = mark};
    if (source != NULL) {
        CHECK(ip_parse(span_str(source), &f->dial.source));
        f->dial.source.port = 4711; /* not taken over */
    }
    error = f->loop.world.ops->dial(&f->loop.world, &f->dial, host, port, 1000);
    if (error != 0)
        return error;
    loop_run(&f->loop);
    return result.status;
}

static struct ip source_of(const struct fixture *f)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    uv_os_fd_t fd;

    CHECK(uv_fileno(f->client.wire.carrier, &fd) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    return address_to_ip((struct sockaddr *)&address);
}

static uint32_t mark_of(const struct fixture *f)
{
    uint32_t mark = 0;
    socklen_t len = sizeof(mark);
    uv_os_fd_t fd;

    CHECK(uv_fileno(f->client.wire.carrier, &fd) == 0);
    CHECK(getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &len) == 0);
    return mark;
}

static void test_source(void)
{
    struct fixture f;
    struct ip address, source;
    int fd = bind_open("127.0.0.1", 0, 8, &address);

    fixture_start(&f);
    end_init(&f.client, &f, idle);
    end_init(&f.server, &f, idle);
    for (int i = 0; i < 2; i++) {
        CHECK(dial_from(&f, "127.0.0.77", 0, i == 0 ? "127.0.0.1" : "localhost", address.port) == 0);
        source = source_of(&f);
        CHECK(source.family == 4 && source.bytes[3] == 77 && source.port != 4711);
        wire_close(&f.client.wire, false);
    }
    CHECK(dial_from(&f, "127.0.0.77", 0, "127.0.0.1", dead_port()) == -ECONNREFUSED);
    CHECK(dial_from(&f, "2001:db8::1", 0, "127.0.0.1", address.port) == -EAFNOSUPPORT);
    CHECK(dial_from(&f, "192.0.2.1", 0, "::1", address.port) == -EAFNOSUPPORT);
    CHECK(!wire_open(&f.client.wire) && f.dial.handle == NULL);
    close(fd);
    fixture_end(&f);
}

/* What needs a right works with it, and without it says so. */
static void test_rights(void)
{
    struct fixture f;
    struct ip address;
    int fd = bind_open("127.0.0.1", 0, 8, &address);
    int status;

    fixture_start(&f);
    end_init(&f.client, &f, idle);
    end_init(&f.server, &f, idle);
    status = dial_from(&f, NULL, 42, "127.0.0.1", address.port);
    if (status == 0) {
        CHECK(mark_of(&f) == 42);
        wire_close(&f.client.wire, false);
    } else {
        printf("without the right to mark packets\n");
        CHECK(status == -EPERM);
    }
    if (geteuid() == 0) {
        CHECK(seteuid(65534) == 0);
        CHECK(dial_from(&f, NULL, 42, "127.0.0.1", address.port) == -EPERM);
        CHECK(dial_from(&f, "192.0.2.1", 0, "127.0.0.1", address.port) == -EPERM);
        CHECK(dial_from(&f, "127.0.0.77", 0, "127.0.0.1", address.port) == 0);
        wire_close(&f.client.wire, false);
        CHECK(seteuid(0) == 0);
    }
    close(fd);
    fixture_end(&f);
}

static unsigned left;

static bool some(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return left > 0 && left-- > 0;
}

/* Memory that ends after n allocations: an error, no leak, no callback too many. */
static void test_no_memory(const char *host)
{
    for (unsigned n = 0; n < 4; n++) {
        struct fixture f;
        int status;

        fixture_start(&f);
        end_init(&f.client, &f, idle);
        end_init(&f.server, &f, idle);
        left = n;
        mem_set_gate(some, NULL);
        status = dial_to(&f, host, dead_port(), 1000);
        mem_set_gate(NULL, NULL);
        CHECK(status == -ENOMEM || status == -ECONNREFUSED || status == -ENOENT);
        CHECK(n != 0 || status == -ENOMEM);
        fixture_end(&f);
    }
}

int main(void)
{
    test_answers();
    test_black_hole();
    test_cancel("127.0.0.1");
    test_cancel("localhost");
    test_local();
    test_local_octets();
    test_source();
    test_rights();
    test_no_memory("127.0.0.1");
    test_no_memory("localhost");
    test_no_memory("unix:/nowhere/at/all");
    return test_end("net_dial");
}
