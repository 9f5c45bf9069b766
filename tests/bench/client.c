/* client.c: one session of the load generator. */
#include "client.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "peer.h"

enum { COMPLAINTS = 5, CODE = 3 };

static enum client_state client_fail(const struct client *client, struct client_run *run, const char *what)
{
    if (run->complaints++ < COMPLAINTS)
        fprintf(stderr, "load: step %zu: %s%s%.*s\n", client->step, what, client->line_length > 0 ? ": " : "",
                (int)client->line_length, client->line);
    return CLIENT_FAILED;
}

/* Writability is asked for only while the socket refuses octets. */
static void client_watch(struct client *client, const struct client_run *run, bool blocked)
{
    if (client->blocked == blocked)
        return;
    client->blocked = blocked;
    struct epoll_event event = {.events = blocked ? EPOLLIN | EPOLLOUT : EPOLLIN, .data.ptr = client};
    if (epoll_ctl(run->epoll, EPOLL_CTL_MOD, client->carrier.fd, &event) != 0)
        peer_die("epoll_ctl");
}

static enum client_state client_shake(struct client *client, struct client_run *run)
{
    int result = carrier_shake(&client->carrier);
    if (result < 0 && errno != EAGAIN)
        return client_fail(client, run, "TLS handshake");
    client_watch(client, run, result < 0);
    return CLIENT_WAITS;
}

void client_close(struct client *client)
{
    carrier_close(&client->carrier);
}

bool client_open(struct client *client, struct client_run *run, in_addr_t source)
{
    *client = (struct client){.began = peer_now()};
    int fd = client->carrier.fd = peer_connect(&run->address, source);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (fd < 0 || epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        client_fail(client, run, strerror(errno));
        client_close(client);
        return false;
    }
    if (run->quickack)
        peer_tcp_on(fd, TCP_QUICKACK);
    if (!run->implicit)
        return true;
    carrier_encrypt(&client->carrier, run->secrecy);
    bool open = client_shake(client, run) != CLIENT_FAILED;
    if (!open) /* a greeting in plaintext may be here already: no event may come for what has failed */
        client_close(client);
    return open;
}

static enum client_state client_write(struct client *client, struct client_run *run)
{
    const struct step *step = &run->script->steps[client->step];
    while (client->sent < step->length && client->due == 0) {
        ssize_t count =
            carrier_send(&client->carrier, step->text + client->sent, step->length - client->sent);
        if (count < 0 && errno != EAGAIN)
            return client_fail(client, run, strerror(errno));
        client_watch(client, run, count < 0);
        if (count < 0)
            return CLIENT_WAITS;
        client->sent += (size_t)count;
    }
    return CLIENT_WAITS;
}

/* A complete reply line is in client->line. Reply-line = *( Reply-code "-" [ textstring ] CRLF )
 * Reply-code [ SP textstring ] CRLF (RFC 5321 4.2). CLIENT_DONE: the step has all its replies. */
static enum client_state client_reply_line(struct client *client, struct client_run *run)
{
    const struct step *step = &run->script->steps[client->step];
    unsigned code = 0;
    for (size_t i = 0; i < CODE && i < client->line_length; i++)
        code = code * 10 + (unsigned)(client->line[i] - '0');
    if (code != step->expect[client->replies])
        return client_fail(client, run, "unexpected reply");
    bool goes_on = client->line_length > CODE && client->line[CODE] == '-';
    client->line_length = 0;
    if (goes_on)
        return CLIENT_WAITS;
    uint64_t now = step->delivers || step->opens ? peer_now() : 0;
    if (step->opens)
        client->message_began = now;
    if (step->delivers && client->replies == 0) {
        sample_add(&run->message_times, now - client->message_began);
        client->message_began = now;
        run->messages++;
    }
    return step->expect[++client->replies] == 0 ? CLIENT_DONE : CLIENT_WAITS;
}

/* Takes one line, or what there is of it, from the octets; the rest stays with the caller. */
static enum client_state client_take(struct client *client, struct client_run *run, const char **at,
                                     const char *end)
{
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    size_t length = (size_t)((newline != NULL ? newline : end) - *at);
    size_t room = sizeof(client->line) - client->line_length;
    if (length > room)
        return client_fail(client, run, "reply line too long");
    memcpy(client->line + client->line_length, *at, length);
    client->line_length += length;
    *at += length;
    if (newline == NULL)
        return CLIENT_WAITS;
    *at += 1;
    if (client->line_length <= CODE || client->line[--client->line_length] != '\r')
        return client_fail(client, run, "malformed reply");
    return client_reply_line(client, run);
}

static enum client_state client_read(struct client *client, struct client_run *run)
{
    static char octets[16384];
    ssize_t count = carrier_receive(&client->carrier, octets, sizeof(octets));
    if (count == 0 || (count < 0 && errno != EAGAIN))
        return client_fail(client, run, count < 0 ? strerror(errno) : "connection closed");
    if (run->quickack) /* what was of TLS alone, too */
        peer_tcp_on(client->carrier.fd, TCP_QUICKACK);
    if (count < 0)
        return CLIENT_WAITS;
    enum client_state state = CLIENT_WAITS;
    const char *at = octets, *end = octets + count;
    while (at < end && state == CLIENT_WAITS)
        state = client_take(client, run, &at, end);
    if (state == CLIENT_DONE && (at < end || client->sent < run->script->steps[client->step].length))
        return client_fail(client, run, "unsolicited reply");
    return state;
}

/* Sessions that opened together do not send together. A message that is late is measured from when it was
 * due. */
static void client_pause(struct client *client, struct client_run *run, bool opens)
{
    if (opens)
        client->message_began += run->stagger * run->opened++;
    else
        client->message_began = client->paced + run->every;
    client->due = client->paced = client->message_began;
}

/* All replies to a step have come. */
static enum client_state client_step(struct client *client, struct client_run *run)
{
    const struct step *done = &run->script->steps[client->step++];
    client->sent = client->replies = 0;
    if (client->step == run->script->count)
        return CLIENT_DONE;
    if (run->every != 0 && (done->opens || done->delivers))
        client_pause(client, run, done->opens);
    if (!done->encrypts)
        return CLIENT_WAITS;
    carrier_encrypt(&client->carrier, run->secrecy);
    return client_shake(client, run);
}

enum client_state client_resume(struct client *client, struct client_run *run)
{
    client->due = 0;
    return client_write(client, run);
}

/* The script is through: there is nothing to come but what TLS has to say by itself. */
static enum client_state client_hold(struct client *client, struct client_run *run)
{
    static char octets[16384];
    ssize_t count = carrier_receive(&client->carrier, octets, sizeof(octets));
    return count < 0 && errno == EAGAIN ? CLIENT_WAITS : client_fail(client, run, "held session ended");
}

enum client_state client_ready(struct client *client, struct client_run *run)
{
    if (client->carrier.shaking && client_shake(client, run) == CLIENT_FAILED)
        return CLIENT_FAILED;
    if (client->carrier.shaking)
        return CLIENT_WAITS;
    if (client->step == run->script->count)
        return client_hold(client, run);
    enum client_state state = client_read(client, run);
    if (state == CLIENT_DONE)
        state = client_step(client, run);
    return state != CLIENT_WAITS || client->carrier.shaking ? state : client_write(client, run);
}
