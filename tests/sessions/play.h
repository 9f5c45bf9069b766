/* play.h: plays a script once: the session core in a world in memory, the script at both other ends. */
#ifndef PLAY_H
#define PLAY_H

#include <stdio.h>

#include "script.h"
#include "session/server.h"

#define PARTIES_MAX 8

/* One connection as the script sees it. */
struct party {
    struct lab_pipe *pipe;
    size_t read;     /* octets of pipe->from that the script has read */
    unsigned writes; /* of pipe->writes that it has counted */
};

/* Connections of one side; the one that lines speak of is `current`. */
struct side {
    struct party parties[PARTIES_MAX];
    unsigned count, current;
};

struct play {
    struct lab lab;
    const struct script *script;
    const struct line *line; /* under way */
    const char *manner_name;
    struct lab_manner manner;
    struct settings *settings;
    struct server *server;
    struct side clients, upstreams;
    struct lab_bytes reply;      /* the last one that "S reply" has read */
    struct lab_bytes transcript; /* what was said, in order */
    bool count_writes;           /* "write-count" is checked in this manner */
    bool emptied;                /* the server has said so */
    bool failed;
    bool varies; /* the script says that the octets depend on the manner */
};

/* Plays; false: it failed, and said where and why. *digest sums up every octet that was said to either side.
 */
bool play_script(const struct script *script, const char *manner_name, struct lab_manner manner,
                 bool count_writes, uint64_t *digest, bool *varies);

/* --- between play.c and directives.c
 * ---------------------------------------------------------------------------- */

/* Does what one line says. */
void play_line(struct play *play, const struct line *line);
/* The line failed. */
void play_fail(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For the transcript: who, and what. */
void play_tell(struct play *play, const char *who, struct span text);
/* A client connects from an address. */
void play_client(struct play *play, struct span address);

#endif
