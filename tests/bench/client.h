/* client.h: one session of the load generator: writes the steps of a script and checks the replies. How many
 * sessions there are, and when they begin, is left to load. */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample.h"
#include "script.h"

/* What all sessions share. */
struct client_run {
    const struct script *script;
    struct sockaddr_in address;
    int epoll;
    bool quickack; /* acknowledge at once, after every read */
    size_t messages;
    size_t complaints;           /* printed so far; the first few only */
    struct sample message_times; /* from the message before, or the EHLO reply, to its own reply */
};

struct client {
    int fd;
    bool blocked; /* the socket takes no more for now */
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

void client_close(struct client *client);

#endif
