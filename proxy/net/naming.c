/* naming.c: finds the name of an address and confirms it; what a name is good for is left to the session
 * core. */
#include "net/naming.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netdb.h>

#include "base/mem.h"
#include "net/address.h"
#include "net/loop.h"

struct finding;

/* A request of libuv's cannot be recalled, only disowned: it lives until its callback and points to the
 * finding that still waits for it, or to nothing. */
struct question {
    union {
        uv_req_t any;
        uv_getnameinfo_t name;
        uv_getaddrinfo_t addresses;
    } request;
    struct finding *finding;
};

/* A lookup under way: it has a question, and its alarm is set. */
struct finding {
    struct loop *loop;
    struct naming *naming;
    struct question *question;
    struct alarm limit;
    struct ip ip;
};

static void finding_free(struct finding *finding)
{
    if (finding->question != NULL) {
        finding->question->finding = NULL;
        uv_cancel(&finding->question->request.any);
    }
    alarms_clear(&finding->loop->alarms, &finding->limit);
    finding->naming->handle = NULL;
    mem_free(finding);
}

static void finish(struct finding *finding, int status)
{
    struct naming *naming = finding->naming;

    finding_free(finding);
    if (status != 0)
        naming->name[0] = '\0';
    naming->done(naming->owner, status);
}

static void on_limit(void *owner)
{
    finish(owner, -EAGAIN);
}

static struct question *question_new(struct finding *finding)
{
    struct question *question = mem_alloc(sizeof(*question));

    if (question != NULL) {
        question->finding = finding;
        question->request.any.data = question;
    }
    finding->question = question;
    return question;
}

/* The finding whose question has been answered; NULL: nobody waits for it any more. */
static struct finding *question_over(struct question *question)
{
    struct finding *finding = question->finding;

    if (finding != NULL)
        finding->question = NULL;
    mem_free(question);
    return finding;
}

static int status_of(int answer)
{
    return answer == UV_EAI_AGAIN || answer == UV_EAI_MEMORY ? -EAGAIN : -ENOENT;
}

/* Letters, digits, hyphens and underscores in labels that are not empty. What getaddrinfo() would take for
 * the spelling of an address confirms itself, so it is no name. */
static bool is_name(const char *s)
{
    struct in_addr number;
    size_t label = 0;
    const char *at = s;

    for (; *at != '\0'; at++) {
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (*at == '.' && label != 0)
            label = 0;
        else if (letter || (*at >= '0' && *at <= '9') || *at == '-' || *at == '_')
            label++;
        else
            return false;
    }
    return label != 0 && at - s < NAMING_OCTETS && inet_aton(s, &number) == 0;
}

static void on_addresses(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct finding *finding = question_over(request->data);
    int answer = status != 0 ? status_of(status) : -ENOENT;

    for (const struct addrinfo *at = list; at != NULL && finding != NULL && answer != 0; at = at->ai_next) {
        struct ip ip = address_to_ip(at->ai_addr);
        if (ip.family == finding->ip.family && memcmp(ip.bytes, finding->ip.bytes, sizeof(ip.bytes)) == 0)
            answer = 0;
    }
    uv_freeaddrinfo(list);
    if (finding != NULL)
        finish(finding, answer);
}

/* 0 or a negative errno for the asker. */
static int confirm(struct finding *finding, const char *name)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct question *question;

    if (!is_name(name))
        return -ENOENT;
    memcpy(finding->naming->name, name, strlen(name) + 1);
    question = question_new(finding);
    if (question == NULL)
        return -EAGAIN;
    if (uv_getaddrinfo(&finding->loop->uv, &question->request.addresses, on_addresses, name, NULL, &hints) ==
        0)
        return 0;
    (void)question_over(question);
    return -EAGAIN;
}

static void on_name(uv_getnameinfo_t *request, int status, const char *name, const char *service)
{
    struct question *question = request->data;
    struct finding *finding = question->finding;

    (void)service;
    if (finding != NULL) { /* the name is the request's own */
        finding->question = NULL;
        status = status != 0 ? status_of(status) : confirm(finding, name);
    }
    mem_free(question);
    if (finding != NULL && status != 0)
        finish(finding, status);
}

static int ask(struct finding *finding, uint64_t limit)
{
    struct loop *loop = finding->loop;
    struct sockaddr_storage address;
    struct question *question;
    int error;

    if (!alarms_set(&loop->alarms, &finding->limit, uv_now(&loop->uv) + limit))
        return -ENOMEM;
    question = question_new(finding);
    if (question == NULL)
        return -ENOMEM;
    address_of_ip(&finding->ip, &address);
    error =
        uv_getnameinfo(&loop->uv, &question->request.name, on_name, (struct sockaddr *)&address, NI_NAMEREQD);
    if (error != 0)
        (void)question_over(question);
    return error;
}

int naming_begin(struct loop *loop, struct naming *naming, const struct ip *ip, uint64_t limit)
{
    struct finding *finding;
    int error;

    assert(naming->handle == NULL);
    if (ip->family == 0)
        return -EAFNOSUPPORT;
    finding = mem_alloc(sizeof(*finding));
    if (finding == NULL)
        return -ENOMEM;
    *finding = (struct finding){.loop = loop, .naming = naming, .ip = *ip};
    finding->limit = (struct alarm){.ring = on_limit, .owner = finding};
    naming->handle = finding;
    naming->name[0] = '\0';
    error = ask(finding, limit);
    if (error != 0)
        finding_free(finding);
    return error;
}

void naming_cancel(struct naming *naming)
{
    if (naming->handle != NULL)
        finding_free(naming->handle);
}
