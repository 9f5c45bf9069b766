/* sink.c: an SMTP server that accepts and counts everything, as fast as it can be read: one epoll, one
 * thread. README.md has the options and what it prints. */
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "outbox.h"
#include "peer.h"
#include "serve.h"

enum { EVENTS = 256, READ_SIZE = 1 << 18 };

struct sink {
    int epoll, listener, signals;
    bool quickack;
    struct secrecy *secrecy; /* NULL: nothing is encrypted */
    struct outbox outbox;
    struct serve_tally tally;
    uint64_t broken; /* sessions given up */
    char octets[READ_SIZE];
};

struct sink_session {
    struct carrier carrier;
    struct serve serve;
};

static struct secrecy *sink_secrecy(const char *file)
{
    static struct secrecy secrecy;
    secrecy_server(&secrecy, file);
    return &secrecy;
}

static struct sockaddr_in sink_options(struct sink *sink, int argc, char **argv)
{
    static const struct option options[] = {
        {"each", no_argument, NULL, 'e'},
        {"quickack", no_argument, NULL, 'q'},
        {"refuse", required_argument, NULL, 'r'},
        {"tls", required_argument, NULL, 't'},
        {NULL, 0, NULL, 0},
    };
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'e')
            sink->outbox.each = true;
        else if (option == 'q')
            sink->quickack = true;
        else if (option == 'r')
            sink->tally.refuse = optarg;
        else if (option == 't')
            sink->secrecy = sink_secrecy(optarg);
        else
            exit(2);
    }
    errno = 0;
    if (optind + 1 != argc)
        peer_die("one address is needed: sink [options] 127.0.0.1:2525");
    return peer_address(argv[optind]);
}

static void sink_watch(const struct sink *sink, int fd, void *who)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = who};
    if (epoll_ctl(sink->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        peer_die("epoll_ctl");
}

static void sink_end(struct sink *sink, struct sink_session *session)
{
    if (sink->outbox.broken)
        sink->broken++;
    carrier_close(&session->carrier);
    free(session);
}

/* The outbox is empty between two events and serves whichever session has its turn. */
static void sink_turn(struct sink *sink, struct sink_session *session)
{
    sink->outbox.carrier = &session->carrier;
    sink->outbox.broken = false;
}

static void sink_greet(struct sink *sink, struct sink_session *session)
{
    sink_turn(sink, session);
    serve_greet(&session->serve, &sink->outbox);
    outbox_flush(&sink->outbox);
}

/* The flights of a handshake fit into an empty socket buffer. */
static void sink_shake(struct sink *sink, struct sink_session *session)
{
    int result = carrier_shake(&session->carrier);
    if (result > 0)
        sink_greet(sink, session);
    if (result >= 0)
        return;
    sink_turn(sink, session);
    sink->outbox.broken = true;
    sink_end(sink, session);
}

static void sink_accept(struct sink *sink)
{
    for (int fd; (fd = accept4(sink->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        struct sink_session *session = calloc(1, sizeof(*session));
        if (session == NULL)
            peer_die("memory for a session");
        session->carrier.fd = fd;
        sink->tally.sessions++;
        sink_watch(sink, fd, session);
        if (sink->secrecy != NULL)
            carrier_encrypt(&session->carrier, sink->secrecy);
        else
            sink_greet(sink, session);
    }
    if (errno != EAGAIN && errno != ECONNABORTED)
        peer_die("accept");
}

static void sink_read(struct sink *sink, struct sink_session *session)
{
    ssize_t count = carrier_receive(&session->carrier, sink->octets, sizeof(sink->octets));
    if (count < 0 && errno == EAGAIN)
        return;
    sink_turn(sink, session);
    if (count > 0) {
        if (sink->quickack)
            peer_tcp_on(session->carrier.fd, TCP_QUICKACK);
        serve_octets(&session->serve, sink->octets, (size_t)count, &sink->outbox, &sink->tally);
        outbox_flush(&sink->outbox);
    }
    if (count <= 0 || sink->outbox.broken || session->serve.stage == SERVE_END)
        sink_end(sink, session);
}

static void sink_ready(struct sink *sink, struct sink_session *session)
{
    if (session->carrier.shaking)
        sink_shake(sink, session);
    else
        sink_read(sink, session);
}

/* Until a signal comes. */
static void sink_run(struct sink *sink)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(sink->epoll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &sink->signals)
                return;
            if (events[i].data.ptr == &sink->listener)
                sink_accept(sink);
            else
                sink_ready(sink, events[i].data.ptr);
        }
    }
}

int main(int argc, char **argv)
{
    static struct sink sink;
    struct sockaddr_in address = sink_options(&sink, argc, argv);
    peer_raise_files(0);
    sink.listener = peer_listen(&address);
    peer_tcp_on(sink.listener, TCP_NODELAY); /* accepted sockets inherit it */
    sink.signals = peer_signals();
    sink.epoll = epoll_create1(EPOLL_CLOEXEC);
    sink_watch(&sink, sink.listener, &sink.listener);
    sink_watch(&sink, sink.signals, &sink.signals);
    printf("port=%u\n", ntohs(address.sin_port));
    fflush(stdout);
    sink_run(&sink);
    printf("sessions=%lu messages=%lu bytes=%lu broken=%lu\n", sink.tally.sessions, sink.tally.messages,
           sink.tally.bytes, sink.broken);
    return sink.broken == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
