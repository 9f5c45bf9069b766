/* net_naming.c: tests of net/naming.c: a name that is confirmed, those that are not, no time, no memory,
 * changing one's mind. The resolver is the test's own: libuv's threads find these functions before libc's. */
#include "net_fixture.h"

#include <errno.h>
#include <netdb.h>

#include "base/mem.h"
#include "net/address.h"

#define SLOW_MS 300

static char long_name[NAMING_OCTETS + 1];

/* What the resolver knows: for each address its name, and the address of that name. */
static const struct fact {
    const char *ip;
    const char *name; /* NULL: PTR fails with `error` */
    const char *back; /* NULL: the name does not resolve, with `error` */
    int error;
    int status; /* what is to come of it */
} facts[] = {
    {"192.0.2.1", "mail.example", "192.0.2.1", 0, 0},
    {"192.0.2.2", "Mail-2_x.Example", "192.0.2.2", 0, 0},
    {"2001:db8::1", "six.example", "2001:db8::1", 0, 0},
    {"192.0.2.3", "liar.example", "192.0.2.33", 0, -ENOENT},
    {"2001:db8::4", "four.example", "192.0.2.4", 0, -ENOENT},
    {"192.0.2.5", NULL, NULL, EAI_NONAME, -ENOENT},
    {"192.0.2.6", NULL, NULL, EAI_AGAIN, -EAGAIN},
    {"192.0.2.7", "gone.example", NULL, EAI_NONAME, -ENOENT},
    {"192.0.2.8", "later.example", NULL, EAI_AGAIN, -EAGAIN},
    {"192.0.2.9", NULL, NULL, EAI_FAIL, -ENOENT},
    /* Harmful, or no names: never asked about, though each would confirm itself. */
    {"192.0.2.10", "192.0.2.10", "192.0.2.10", 0, -ENOENT},
    {"192.0.2.11", "0xc000020b", "192.0.2.11", 0, -ENOENT},
    {"192.0.2.12", "3221225996", "192.0.2.12", 0, -ENOENT},
    {"192.0.2.13", "two words.example", "192.0.2.13", 0, -ENOENT},
    {"192.0.2.14", "line\r\nfeed.example", "192.0.2.14", 0, -ENOENT},
    {"192.0.2.15", "dot..dot", "192.0.2.15", 0, -ENOENT},
    {"192.0.2.16", ".dot", "192.0.2.16", 0, -ENOENT},
    {"192.0.2.17", "dot.", "192.0.2.17", 0, -ENOENT},
    {"192.0.2.18", "", "192.0.2.18", 0, -ENOENT},
    {"192.0.2.19", "<b>.example", "192.0.2.19", 0, -ENOENT},
    {"192.0.2.20", "\xc3\xbc.example", "192.0.2.20", 0, -ENOENT},
    {"192.0.2.21", long_name, "192.0.2.21", 0, -ENOENT},
    {"192.0.2.22", long_name + 1, "192.0.2.22", 0, 0},
};

#define FACTS (sizeof(facts) / sizeof(*facts))

static _Atomic bool slow_name, slow_address;
static _Atomic unsigned asked_back;

/* --- the resolver ----------------------------------------------------------------------------------------
 */

static const struct fact *fact_of(const char *ip)
{
    for (size_t i = 0; i < FACTS; i++)
        if (strcmp(facts[i].ip, ip) == 0)
            return &facts[i];
    return NULL;
}

__attribute__((visibility("default"))) int getnameinfo(const struct sockaddr *restrict address, socklen_t len,
                                                       char *restrict host, socklen_t host_len,
                                                       char *restrict service, socklen_t service_len,
                                                       int flags)
{
    struct ip ip = address_to_ip(address);
    char bytes[IP_TEXT_MAX] = {0};
    struct text text = TEXT(bytes);
    const struct fact *fact;

    (void)len;
    (void)service;
    (void)service_len;
    if (slow_name)
        usleep(SLOW_MS * 1000);
    ip_print(&text, &ip);
    fact = fact_of(bytes);
    CHECK(fact != NULL && (flags & NI_NAMEREQD) != 0);
    if (fact == NULL || fact->name == NULL)
        return fact != NULL ? fact->error : EAI_FAIL;
    CHECK(strlen(fact->name) < host_len);
    memcpy(host, fact->name, strlen(fact->name) + 1);
    return 0;
}

/* Two addresses, of which the second is the one that counts. */
struct answer {
    struct addrinfo first, second;
    struct sockaddr_storage addresses[2];
};

__attribute__((visibility("default"))) int getaddrinfo(const char *restrict node,
                                                       const char *restrict service,
                                                       const struct addrinfo *restrict hints,
                                                       struct addrinfo **restrict result)
{
    struct answer *answer;
    const struct fact *fact = NULL;
    struct ip ip, other;

    (void)service;
    (void)hints;
    asked_back++;
    if (slow_address)
        usleep(SLOW_MS * 1000);
    for (size_t i = 0; i < FACTS && fact == NULL; i++)
        if (facts[i].name != NULL && strcmp(facts[i].name, node) == 0)
            fact = &facts[i];
    if (fact == NULL || fact->back == NULL)
        return fact != NULL ? fact->error : EAI_NONAME;
    answer = calloc(1, sizeof(*answer));
    REQUIRE(answer != NULL && ip_parse(span_str(fact->back), &ip) && ip_parse(SPAN("198.51.100.1"), &other));
    (void)address_of_ip(&other, &answer->addresses[0]);
    (void)address_of_ip(&ip, &answer->addresses[1]);
    answer->first.ai_addr = (struct sockaddr *)&answer->addresses[0];
    answer->second.ai_addr = (struct sockaddr *)&answer->addresses[1];
    answer->first.ai_next = &answer->second;
    *result = &answer->first;
    return 0;
}

__attribute__((visibility("default"))) void freeaddrinfo(struct addrinfo *list)
{
    free(list);
}

/* --- the cases -------------------------------------------------------------------------------------------
 */

struct asker {
    struct naming naming;
    struct fixture *f;
    unsigned calls;
    int status;
};

static void on_done(void *owner, int status)
{
    struct asker *asker = owner;

    asker->calls++;
    asker->status = status;
    CHECK(asker->naming.handle == NULL);
    loop_stop(&asker->f->loop);
}

static int ask(struct asker *asker, const char *address, uint64_t limit)
{
    struct world *world = &asker->f->loop.world;
    struct ip ip;

    *asker = (struct asker){.f = asker->f, .naming = {.done = on_done, .owner = asker}, .status = 1};
    CHECK(ip_parse(span_str(address), &ip));
    return world->ops->name_find(world, &asker->naming, &ip, limit);
}

static void test_facts(void)
{
    struct fixture f;
    struct asker asker = {.f = &f};

    fixture_start(&f);
    for (size_t i = 0; i < FACTS; i++) {
        const struct fact *fact = &facts[i];
        unsigned before = asked_back;
        CHECK(ask(&asker, fact->ip, 5000) == 0 && asker.calls == 0);
        loop_run(&f.loop);
        if (asker.calls != 1 || asker.status != fact->status)
            fprintf(stderr, "%s: %u calls, status %d\n", fact->ip, asker.calls, asker.status);
        CHECK(asker.calls == 1 && asker.status == fact->status);
        CHECK_SPAN(span_str(asker.naming.name), span_str(fact->status == 0 ? fact->name : ""));
        if (i >= 10 && fact->status != 0)
            CHECK(asked_back == before);
    }
    fixture_end(&f);
}

static void test_no_time(void)
{
    struct fixture f;
    struct asker asker = {.f = &f};

    fixture_start(&f);
    for (int which = 0; which < 2; which++) {
        uint64_t begun = world_now(&f.loop.world);
        slow_name = which == 0;
        slow_address = which == 1;
        CHECK(ask(&asker, "192.0.2.1", 100) == 0);
        loop_run(&f.loop);
        CHECK(asker.calls == 1 && asker.status == -EAGAIN && asker.naming.name[0] == '\0');
        CHECK(world_now(&f.loop.world) - begun >= 100);
    }
    slow_name = slow_address = false;
    fixture_end(&f); /* waits for the answer that nobody wants any more */
    CHECK(asker.calls == 1);
}

/* At once, while the first and while the second question is being asked. */
static void test_cancel(void)
{
    for (int rounds = 0; rounds < 3; rounds++) {
        struct fixture f;
        struct asker asker = {.f = &f};
        unsigned before = asked_back;

        fixture_start(&f);
        slow_name = rounds == 1;
        slow_address = rounds == 2;
        CHECK(ask(&asker, "192.0.2.1", 5000) == 0);
        for (int i = 0; i < 1000 && rounds == 2 && asked_back == before; i++) {
            uv_run(&f.loop.uv, UV_RUN_NOWAIT);
            usleep(1000);
        }
        if (rounds == 1)
            usleep(50000);
        f.loop.world.ops->name_cancel(&f.loop.world, &asker.naming);
        f.loop.world.ops->name_cancel(&f.loop.world, &asker.naming);
        CHECK(asker.naming.handle == NULL);
        fixture_end(&f);
        CHECK(asker.calls == 0);
    }
    slow_name = slow_address = false;
}

static unsigned left;

static bool some(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return left > 0 && left-- > 0;
}

static void test_no_memory(void)
{
    for (unsigned n = 0; n < 4; n++) {
        struct fixture f;
        struct asker asker = {.f = &f};
        int error;

        fixture_start(&f);
        left = n;
        mem_set_gate(some, NULL);
        error = ask(&asker, "192.0.2.1", 5000);
        if (error == 0)
            loop_run(&f.loop);
        mem_set_gate(NULL, NULL);
        CHECK(n >= 2 || error == -ENOMEM);
        CHECK(n < 2 || (asker.calls == 1 && asker.status == (n == 2 ? -EAGAIN : 0)));
        fixture_end(&f);
    }
}

int main(void)
{
    memset(long_name, 'a', sizeof(long_name) - 1);
    test_facts();
    test_no_time();
    test_cancel();
    test_no_memory();
    return test_end("net_naming");
}
