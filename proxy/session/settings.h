/* settings.h: everything of proxy.yaml that a session reads; immutable while sessions use it. Reading YAML is
 * left to config/. */
#ifndef SESSION_SETTINGS_H
#define SESSION_SETTINGS_H

#include <stdatomic.h>

#include "postern/option.h"
#include "smtp/address.h"
#include "smtp/dot.h"
#include "tls/tls_policy.h"

struct quarantine;
struct tls_client;
struct tls_server;

/* Sizes and counts, RFC 5321 4.5.3.1; config/README.md gives each key. */
struct settings_limits {
    uint64_t local_part;         /* octets */
    uint64_t domain;             /* octets */
    uint64_t path;               /* octets */
    uint64_t command_line;       /* octets with CRLF, before the extensions' allowances */
    uint64_t auth_line;          /* octets with CRLF (RFC 4954 4.3) */
    uint64_t text_line;          /* octets with CRLF; 0: no limit */
    int64_t recipients;          /* per transaction; 452 4.5.3 beyond */
    int64_t transactions;        /* MAIL commands per session; 0: no limit */
    uint64_t message_size;       /* octets; 0: no limit of ours */
    uint64_t min_data_rate;      /* octets per second of a message for its time limit to be renewed; 0: any */
    uint64_t header_size;        /* octets of the header section */
    uint64_t header_field;       /* octets of one field */
    int64_t header_count;        /* fields */
    int64_t part_depth;          /* parts in parts that are taken apart */
    int64_t parts;               /* of a message that are taken apart */
    int64_t hops;                /* Received fields before a loop is assumed; 0: not checked (RFC 5321 6.3) */
    int64_t reply_lines;         /* of one upstream reply */
    uint64_t transaction_memory; /* octets of bookkeeping per transaction */
    uint64_t spool_memory;       /* octets of a held message kept in memory before a file is used */
    int64_t sessions;            /* at once, per worker; 421 beyond; 0: no limit */
    int64_t sessions_per_client; /* of one address at once, per worker; 421 beyond; 0: no limit */
    uint64_t memory; /* octets of buffers in use, per worker; new clients 421 beyond; 0: no limit */
};

/* Milliseconds. Client's side as a server (RFC 5321 4.5.3.2), upstream's side as a client. */
struct settings_timeouts {
    uint64_t command;        /* client: next command */
    uint64_t data_block;     /* client: next piece of a message */
    uint64_t write;          /* client: takes no bytes */
    uint64_t connect;        /* upstream: one address */
    uint64_t greeting;       /* upstream: 220 */
    uint64_t helo;           /* upstream: EHLO, HELO */
    uint64_t mail;           /* upstream: MAIL */
    uint64_t rcpt;           /* upstream: RCPT */
    uint64_t data;           /* upstream: 354 */
    uint64_t upstream_block; /* upstream: takes a piece of a message */
    uint64_t end_of_data;    /* upstream: after the dot */
    uint64_t reply;          /* upstream: any other command */
    uint64_t drain;          /* SIGTERM: transactions under way */
    uint64_t handshake;      /* either side: STARTTLS or the first octet until TLS is up; PROXY header */
};

enum settings_trace { TRACE_NONE, TRACE_RECEIVED };
enum settings_connect { CONNECT_EARLY, CONNECT_LATE, CONNECT_RCPT };
enum settings_chunking { CHUNKING_RELAY, CHUNKING_ALWAYS, CHUNKING_NEVER };

/* How a listener's clients may or must encrypt. */
enum settings_client_tls { CLIENT_TLS_NONE, CLIENT_TLS_STARTTLS, CLIENT_TLS_REQUIRED, CLIENT_TLS_IMPLICIT };

/* How an upstream is spoken to. VERIFIED: REQUIRED, and the certificate must be good. MIRROR: REQUIRED
 * exactly when the client's side is encrypted, else NONE. */
enum settings_upstream_tls {
    UPSTREAM_TLS_NONE,
    UPSTREAM_TLS_OPPORTUNISTIC,
    UPSTREAM_TLS_REQUIRED,
    UPSTREAM_TLS_VERIFIED,
    UPSTREAM_TLS_IMPLICIT,
    UPSTREAM_TLS_MIRROR
};

/* How an upstream is told who the client is. */
enum settings_identity {
    IDENTITY_NONE,
    IDENTITY_XCLIENT,
    IDENTITY_XFORWARD,
    IDENTITY_PROXY_V1,
    IDENTITY_PROXY_V2,
    IDENTITY_SOURCE_ADDRESS
};

/* How a listener gets connections that were meant for others. */
enum settings_transparent { TRANSPARENT_NO, TRANSPARENT_REDIRECT, TRANSPARENT_TPROXY };

/* One upstream server; tried in the order of the list. */
struct settings_upstream {
    const char *host; /* name or literal without brackets; filled from address by config/; NULL: `original` */
    int64_t port;
    const char *address;                    /* as written: host:port, [v6]:port, original-destination */
    bool original;                          /* where the client meant to connect to; only transparent
                                               listeners have that */
    int tls;                                /* enum settings_upstream_tls */
    bool tls_verify;                        /* IMPLICIT, MIRROR: the certificate must be good */
    const char *tls_name;                   /* to ask for and to verify; the host name when absent */
    const char *tls_ca;                     /* PEM file of the authorities to trust */
    struct option_strings tls_fingerprints; /* sha256:HEX */
    const char *tls_certificate, *tls_key;  /* our own */
    int identity;                           /* enum settings_identity */
    bool identity_required;                 /* an upstream that offers no XCLIENT or XFORWARD is no good */
    int64_t mark;                           /* of the packets sent to it; 0: none */
    struct tls_client *tls_client;          /* made by config/; NULL: NONE */
};

/* One address to listen on. */
struct settings_listener {
    const char *address;
    const char *name; /* for logs and filters; the address when absent */
    const char *host;
    int64_t port;
    int64_t backlog;
    int tls;                             /* enum settings_client_tls */
    int client_certificates;             /* enum tls_ask */
    bool auth_without_tls;               /* AUTH is offered before STARTTLS, too */
    int transparent;                     /* enum settings_transparent */
    struct option_networks proxy_from;   /* balancers whose PROXY header is believed */
    bool proxy_required;                 /* others may not connect */
    struct option_networks xclient_from; /* who may use XCLIENT and XFORWARD */
    struct tls_server *tls_server;       /* made by config/; NULL: NONE */
};

/* TLS on the client's side. */
struct settings_tls {
    struct option_rows certificates; /* struct tls_certificate_files */
    struct tls_policy policy;        /* of both sides */
    const char *client_ca;
    bool tickets;
};

enum settings_quarantined { QUARANTINED_ACCEPT, QUARANTINED_REJECT };

/* Where messages are kept. */
struct settings_quarantine {
    const char *directory;    /* NULL: nowhere */
    uint64_t retention;       /* milliseconds; 0: for ever */
    uint64_t max_size;        /* octets; 0: no bound */
    int64_t max_messages;     /* 0: no bound */
    int reply;                /* enum settings_quarantined */
    const char *text;         /* of the reply; NULL: a fitting one */
    struct quarantine *store; /* made by config/; NULL: none */
};

struct settings_log {
    int level;      /* enum log_level */
    int format;     /* enum log_format */
    const char *to; /* stderr | syslog | a path */
};

/* One configuration generation. */
struct settings {
    const char *hostname;
    struct option_rows listeners; /* struct settings_listener */
    struct option_rows upstreams; /* struct settings_upstream */
    int connect;                  /* enum settings_connect */
    int trace;                    /* enum settings_trace */
    int line_endings;             /* enum dot_policy */
    int chunking;                 /* enum settings_chunking */
    bool upstream_greeting;       /* show the upstream's greeting text */
    const char *greeting;         /* text behind our name in the banner */
    struct settings_limits limits;
    struct settings_timeouts timeouts;
    struct settings_tls tls;
    struct settings_quarantine quarantine;
    struct settings_log log;
    int64_t workers; /* 0: number of cores */
    const char *user, *group;
    struct chain *chain;                        /* built by config/ from `filters` */
    atomic_uint references;                     /* sessions and workers that use this generation */
    void *memory;                               /* config/'s own: everything above */
    void (*release)(struct settings *settings); /* called by the last settings_unref() */
};

#endif
