/* client.h: one session of the load generator: writes the steps of a script and checks the replies. How many
 * sessions there are, and when they begin, is left to load. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "carrier.h"
#include "sample.h"
#include "script.h"

/* What all sessions share. */
struct client_run {
    const struct script *script;
    struct sockaddr_in address;
    int epoll;
    struct secrecy *secrecy; /* NULL: nothing is encrypted */
    bool implicit;           /* TLS before the greeting (RFC 8314 3.3) */
    bool quickack;           /* acknowledge at once, after every read */
    uint64_t every;          /* nanoseconds from one message of a session to the next; 0: no pause */
    uint64_t stagger;        /* nanoseconds between the first messages of two sessions, with `every` */
    size_t opened;           /* sessions that came as far as that, with `every` */
    size_t messages;
    size_t complaints;           /* printed so far; the first few only */
    struct sample message_times; /* from when it was due, or else the message before or the EHLO reply, to
                                    its own reply */
};

struct client {
    struct carrier carrier;
    bool blocked;   /* the socket takes no more for now */
    uint64_t due;   /* when the next message begins, while that is awaited; else 0 */
    uint64_t paced; /* when the latest was due */
    size_t step;
    size_t sent;    /* octets of the step */
    size_t replies; /* to the step, so far */
    uint64_t began, message_began;
    size_t line_length; /* of the reply line under way */
    char line[512];     /* RFC 5321 4.5.3.1.5 */
};

enum client_state { CLIENT_WAITS, CLIENT_DONE, CLIENT_FAILED };

/* Begins a session from `source` (host order; 0: any). False when no connection could be begun. */
bool client_open(struct client *client, struct client_run *run, in_addr_t source);

/* Goes on after epoll reported `client`. CLIENT_DONE: the script is through and the connection still open. */
enum client_state client_ready(struct client *client, struct client_run *run);

/* The message that was awaited is due. */
enum client_state client_resume(struct client *client, struct client_run *run);

void client_close(struct client *client);

#endif
