/* play.h: plays a script once: the session core in a world in memory, the script at both other ends. */
#ifndef PLAY_H
#define PLAY_H

#include <stdio.h>

#include "script.h"
#include "session/server.h"

struct tls_cache;

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

/* How a script is played. */
struct play_manner {
    const char *name;
    struct lab_manner client, upstream; /* how their connections carry octets */
    bool count_writes;                  /* "write-count" is checked */
    bool client_tls, upstream_tls;      /* on these legs TLS comes beneath all that is said */
    size_t record;                      /* octets in one record there; 0: as many as there are */
};

/* What came of it. Zeroed: nothing yet. */
struct play_outcome {
    struct lab_bytes said;  /* every octet that either side was sent, connection by connection */
    struct lab_bytes heard; /* likewise milters, */
    bool encrypted;         /* who are told of this: the client's leg was */
    size_t client_octets;   /* that a client has sent at most */
    size_t upstream_octets; /* and an upstream */
    bool varies;            /* the script says that the octets depend on the manner */
};

struct play {
    struct lab lab;
    const struct script *script;
    const struct play_manner *manner;
    const struct line *line; /* under way */
    struct settings *settings;
    struct server *server;
    struct side clients, upstreams, milters;
    struct lab_bytes reply;      /* the last one that "S reply" has read */
    struct lab_bytes transcript; /* what was said, in order */
    struct tls_cache *cache;     /* TLS sessions of clients that resume them; NULL: none yet */
    unsigned kept;               /* kept messages that have been looked at */
    bool emptied;                /* the server has said so */
    bool failed;
    bool varies; /* the script says that the octets depend on the manner */
};

/* The script's proxy.yaml, loaded; settings_unref() it. NULL: it does not load, and why has been said. */
struct settings *play_settings(const struct script *script);
/* Plays; false: it failed, and said where and why. */
bool play_script(const struct script *script, struct settings *settings, const struct play_manner *manner,
                 struct play_outcome *outcome);
void play_outcome_free(struct play_outcome *outcome);

/* --- between play.c and the files of lines
 * ---------------------------------------------------------------------------- */

/* Does what one line says. */
void play_line(struct play *play, const struct line *line);
/* The line failed. */
void play_fail(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For the transcript: who, and what. */
void play_tell(struct play *play, const char *who, struct span text);
/* A client connects: "192.0.2.10 original 198.51.100.7:25 on NAME", all of it optional. */
void play_client(struct play *play, struct span text);

#endif
