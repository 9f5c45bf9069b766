/* faults.h: what can go wrong, and when: kinds, points of a session, and the table of which kind makes sense
 * at which point. What must hold all the same is left to the ledger. */
#ifndef SIM_FAULTS_H
#define SIM_FAULTS_H

#include <stdbool.h>

struct client;
struct sim;

/* Points of a session, numbered as mail people number them on a wall chart: from accept to QUIT. */
enum point {
    POINT_ACCEPT,   /* the connection stands */
    POINT_CONNECT,  /* the upstream is being dialled */
    POINT_BANNER,   /* the upstream connection stands, nothing said */
    POINT_EHLO,     /* the command has been sent, as at all that follow up to DATA */
    POINT_STARTTLS, /* the client has asked for it */
    POINT_SECURING, /* the upstream has been asked for it */
    POINT_AUTH,     /* in the dialogue */
    POINT_MAIL,
    POINT_RCPT,
    POINT_DATA,     /* or the first BDAT */
    POINT_HEADER,   /* the header section is on its way */
    POINT_BODY,     /* part of the body has been sent */
    POINT_LAST,     /* all but the end of data */
    POINT_VERDICT,  /* a filter thinks about the whole message */
    POINT_END,      /* the upstream has got the end of data, and has not answered */
    POINT_ACCEPTED, /* it has answered */
    POINT_TOLD,     /* the client has been told */
    POINT_RESET,    /* RSET, or the next transaction */
    POINT_QUIT,
    POINTS
};

/* Who sees that a point is reached. */
enum side { SIDE_CLIENT, SIDE_UPSTREAM, SIDE_FILTER };

enum fault_kind {
    FAULT_NONE,
    FAULT_CLIENT_FIN,
    FAULT_CLIENT_RST,
    FAULT_CLIENT_HALF,
    FAULT_CLIENT_STALL,
    FAULT_CLIENT_DEAF,
    FAULT_CLIENT_EARLY,
    FAULT_CLIENT_TORN,
    FAULT_CLIENT_BROKEN,
    FAULT_UPSTREAM_FIN,
    FAULT_UPSTREAM_RST,
    FAULT_UPSTREAM_STALL,
    FAULT_UPSTREAM_DEAF,
    FAULT_UPSTREAM_SLOW,
    FAULT_UPSTREAM_421,
    FAULT_UPSTREAM_GARBAGE,
    FAULT_UPSTREAM_EXTRA,
    FAULT_UPSTREAM_TORN,
    FAULT_UPSTREAM_BROKEN,
    FAULT_DIAL_REFUSED,
    FAULT_DIAL_HANGS,
    FAULT_MEMORY_ONCE,
    FAULT_MEMORY_FROM,
    FAULT_DISK_FULL,
    FAULT_DISK_BROKEN,
    FAULT_DRAIN,
    FAULT_RELOAD,
    FAULT_KINDS
};

/* One thing that will go wrong, once. */
struct fault {
    enum fault_kind kind;
    enum point point;
    unsigned client; /* in whose session */
    unsigned after;  /* how often the point is passed before */
    bool fired;
};

/* A client, its upstream or a filter has come to a point: faults that were waiting for it happen. */
void faults_point(struct sim *sim, struct client *client, enum point point, enum side side);
bool fault_applies(enum fault_kind kind, enum point point);
/* "client-rst", "P12"; for people. */
const char *fault_name(enum fault_kind kind);
const char *point_name(enum point point);
/* It hits every session, not one. */
bool fault_is_global(enum fault_kind kind);
/* It is about TLS, or happens where only TLS comes to. */
bool fault_is_of_tls(enum fault_kind kind, enum point point);

#endif
