/* peer.h: the upstream of the session fuzzer: reads strictly, answers as it should or as it was told, keeps
 * each message that was ended. What sessions may do is left to session.c. */
#ifndef PEER_H
#define PEER_H

#include "lab.h"

struct peer {
    struct lab_pipe *pipe;
    size_t read;     /* octets of pipe->from */
    uint64_t left;   /* octets of a chunk that are yet to come */
    bool data, last; /* inside DATA; the chunk under way is the last */
    bool opaque;     /* the next line is the client's part of an AUTH dialogue */
    bool more;       /* the last answer asked for more: 3yz */
    bool quit;
    struct span *next;        /* the next answer, instead of a proper one; emptied by it */
    struct lab_bytes message; /* under way, unstuffed */
    unsigned ended;           /* messages whose end has come */
    unsigned kept;            /* of them answered properly: 250 */
};

/* Greets a proxy that has just connected. */
void peer_greet(struct peer *peer, struct lab_pipe *pipe, struct span *next);
/* Reads and answers what has come. True: there was something. ended(arg, message) is told of each message. */
bool peer_step(struct peer *peer, void (*ended)(void *arg, struct span message), void *arg);
void peer_free(struct peer *peer);

/* Takes an unstuffed message off text that begins behind the line end of DATA: what follows its end, or an
 * absent span when it has none. */
struct span peer_unstuff(struct span s, struct lab_bytes *message);

#endif
