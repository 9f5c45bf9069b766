/* schema.c: proxy.yaml's own keys: type, default, range and help of each; reading is left to decode.c. */
#include "config/schema.h"

#include "chain/chain.h"
#include "session/settings.h"
#include "tls/tls_server.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define DAY (INT64_C(24) * 3600 * 1000)
#define LINE_MAX_OCTETS                                                                                      \
    (16 * KIB) /* half a block: a line must fit into one beside what is left of the last */
#define COUNT_MAX INT64_C(1000000)

#define KEY(struct_, member, type_, fallback_, min_, max_, help_)                                            \
    {                                                                                                        \
        .key = #member, .type = (type_), .offset = offsetof(struct struct_, member),                         \
        .fallback = (fallback_), .min = (min_), .max = (max_), .help = (help_)                               \
    }
#define TEXT_KEY(struct_, member, fallback_, help_)                                                          \
    {                                                                                                        \
        .key = #member, .type = OPTION_STRING, .offset = offsetof(struct struct_, member),                   \
        .fallback = (fallback_), .help = (help_)                                                             \
    }
#define WORD_KEY(struct_, member, words_, fallback_, help_)                                                  \
    {                                                                                                        \
        .key = #member, .type = OPTION_ENUM, .offset = offsetof(struct struct_, member),                     \
        .fallback = (fallback_), .words = (words_), .help = (help_)                                          \
    }

#define LIST_KEY(struct_, member, type_, help_)                                                              \
    {                                                                                                        \
        .key = #member, .type = (type_), .offset = offsetof(struct struct_, member), .help = (help_)         \
    }

/* A server must take at least so many octets and recipients: RFC 5321 4.5.3.1, RFC 4954 4.3. */
#define LIMIT_SIZE(member, fallback_, min_, max_, help_)                                                     \
    KEY(settings_limits, member, OPTION_SIZE, fallback_, min_, max_, help_)
#define LIMIT_COUNT(member, fallback_, min_, max_, help_)                                                    \
    KEY(settings_limits, member, OPTION_INT, fallback_, min_, max_, help_)
static const struct option limit_keys[] = {
    LIMIT_SIZE(local_part, "64", 64, 384, "Octets of the local part of an address."),
    LIMIT_SIZE(domain, "255", 255, 512, "Octets of a domain."),
    LIMIT_SIZE(path, "256", 256, 900, "Octets of a path, angle brackets included."),
    LIMIT_SIZE(command_line, "512", 512, LINE_MAX_OCTETS,
               "Octets of a command line with CRLF, before what the extensions in use add."),
    LIMIT_SIZE(auth_line, "12288", 12288, LINE_MAX_OCTETS, "Octets of a line of an AUTH exchange with CRLF."),
    LIMIT_SIZE(
        text_line, "0", 0, GIB,
        "Octets of a line of a message with CRLF; 0: no limit, as much real mail exceeds the 1000 of the "
        "standard."),
    LIMIT_COUNT(recipients, "1000", 100, COUNT_MAX, "Recipients of a message; 452 beyond."),
    LIMIT_COUNT(transactions, "0", 0, COUNT_MAX, "Messages in a session; 0: no limit."),
    LIMIT_SIZE(message_size, "0", 0, 0,
               "Octets of a message, offered as SIZE and enforced; 0: only the upstream's limit holds."),
    LIMIT_SIZE(min_data_rate, "100", 0, MIB,
               "Octets per second that a client must send of a message, on average over timeouts.data_block; "
               "0: no limit."),
    LIMIT_SIZE(header_size, "1MiB", 1, GIB, "Octets of the header section of a message."),
    LIMIT_SIZE(header_field, "256KiB", 1, GIB, "Octets of one header field."),
    LIMIT_COUNT(header_count, "10000", 1, COUNT_MAX, "Header fields of a message."),
    LIMIT_COUNT(part_depth, "50", 1, 1000,
                "Parts in parts of a message that are taken apart; what is deeper is read as it is."),
    LIMIT_COUNT(parts, "10000", 1, COUNT_MAX,
                "Parts of a message that are taken apart; the rest is read as it is."),
    LIMIT_COUNT(
        hops, "100", 0, COUNT_MAX,
        "Received fields from which on a message is taken to be in a loop and refused; 0: not checked."),
    LIMIT_COUNT(reply_lines, "128", 1, COUNT_MAX, "Lines of one reply of the upstream."),
    LIMIT_SIZE(transaction_memory, "1MiB", 4 * KIB, GIB,
               "Octets of bookkeeping for a message (addresses, replies, what filters keep); 452 beyond."),
    LIMIT_SIZE(spool_memory, "1MiB", 0, GIB,
               "Octets of a message that is held back which stay in memory before a file is used."),
    LIMIT_COUNT(sessions, "0", 0, COUNT_MAX, "Sessions at once in each worker, 421 beyond; 0: no limit."),
    LIMIT_COUNT(sessions_per_client, "0", 0, COUNT_MAX,
                "Sessions of one address at once in each worker, 421 beyond; 0: no limit."),
    LIMIT_SIZE(memory, "0", 0, INT64_MAX,
               "Octets of buffers in use in each worker beyond which new clients are told 421; 0: no limit."),
    {0},
};

/* Defaults from RFC 5321 4.5.3.2. */
#define TIMEOUT(member, fallback_, help_)                                                                    \
    KEY(settings_timeouts, member, OPTION_DURATION, fallback_, 1, DAY, help_)
static const struct option timeout_keys[] = {
    TIMEOUT(command, "5m", "How long a client may take for its next command."),
    TIMEOUT(data_block, "3m",
            "How long a client may take for the next piece of a message, or send slower than "
            "limits.min_data_rate."),
    TIMEOUT(write, "5m", "How long a client may take no octet of what it is sent."),
    TIMEOUT(connect, "30s", "How long connecting to one address of the upstream may take."),
    TIMEOUT(greeting, "5m", "How long the upstream may take to greet."),
    TIMEOUT(helo, "5m", "How long the upstream may take to answer EHLO and HELO."),
    TIMEOUT(mail, "5m", "How long the upstream may take to answer MAIL."),
    TIMEOUT(rcpt, "5m", "How long the upstream may take to answer RCPT."),
    TIMEOUT(data, "2m", "How long the upstream may take to answer DATA."),
    TIMEOUT(upstream_block, "3m", "How long the upstream may take no octet of a message."),
    TIMEOUT(end_of_data, "10m", "How long the upstream may take to answer the end of a message."),
    TIMEOUT(reply, "5m", "How long the upstream may take to answer any other command."),
    KEY(settings_timeouts, drain, OPTION_DURATION, "30s", 0, DAY,
        "How long messages under way may take to end when Postern is told to stop."),
    TIMEOUT(handshake, "30s",
            "How long a peer may take from STARTTLS, or from connecting where TLS is implicit, until the "
            "connection is encrypted, and a balancer to send its PROXY header."),
    {0},
};

static const char *const log_levels[] = {"error", "warn", "info", "debug", NULL}; /* enum log_level */
static const char *const log_formats[] = {"kv", "json", NULL};                    /* enum log_format */
static const struct option log_keys[] = {
    WORD_KEY(settings_log, level, log_levels, "info", "The least important lines that are written."),
    WORD_KEY(settings_log, format, log_formats, "kv", "key=value pairs, or one JSON object in a line."),
    TEXT_KEY(settings_log, to, "stderr",
             "stderr, syslog, or the absolute path of a file that is appended to."),
    {0},
};

/* enum settings_client_tls, tls_ask, settings_transparent */
static const char *const client_tls[] = {"none", "starttls", "required", "implicit", NULL};
static const char *const asks[] = {"none", "request", "require", NULL};
static const char *const transparents[] = {"none", "redirect", "tproxy", NULL};
static const struct option listener_keys[] = {
    {.key = "address",
     .type = OPTION_STRING,
     .offset = offsetof(struct settings_listener, address),
     .required = true,
     .help = "host:port, [IPv6]:port, or a port alone for every IPv4 address of the machine."},
    TEXT_KEY(settings_listener, name, NULL, "What logs and filters call it; the address when absent."),
    KEY(settings_listener, backlog, OPTION_INT, "1024", 1, 65535,
        "Connections that may wait to be accepted."),
    WORD_KEY(settings_listener, tls, client_tls, "none",
             "Whether STARTTLS is offered, required before mail, or TLS begins with the first octet."),
    WORD_KEY(settings_listener, client_certificates, asks, "none",
             "Whether clients are asked for a certificate, and turned away without a good one."),
    KEY(settings_listener, auth_without_tls, OPTION_BOOL, "false", 0, 0,
        "Whether AUTH is offered before STARTTLS, too; with `tls: none` it always is."),
    WORD_KEY(settings_listener, transparent, transparents, "none",
             "How the firewall brings connections here that were meant for others."),
    LIST_KEY(settings_listener, proxy_from, OPTION_NETWORKS,
             "Balancers whose PROXY header (version 1 or 2) says who the client is."),
    KEY(settings_listener, proxy_required, OPTION_BOOL, "false", 0, 0,
        "Whether nobody else may connect, and none of those without the header."),
    LIST_KEY(settings_listener, xclient_from, OPTION_NETWORKS,
             "Who may say by XCLIENT and XFORWARD who the client is."),
    {0},
};

/* enum settings_upstream_tls, settings_identity */
static const char *const upstream_tls[] = {"none",     "opportunistic", "required", "verified",
                                           "implicit", "mirror",        NULL};
static const char *const identities[] = {"none",     "xclient",        "xforward", "proxy-v1",
                                         "proxy-v2", "source-address", NULL};
static const struct option upstream_keys[] = {
    {.key = "address",
     .type = OPTION_STRING,
     .offset = offsetof(struct settings_upstream, address),
     .required = true,
     .help = "host:port, [IPv6]:port, a host alone for port 25, or original-destination: where the client of "
             "a transparent listener wanted to go."},
    WORD_KEY(settings_upstream, tls, upstream_tls, "none",
             "Whether STARTTLS is used when offered (opportunistic), insisted on (required), insisted on "
             "with a good certificate (verified), TLS begins with the first octet (implicit), or is "
             "insisted on exactly when the client's side is encrypted (mirror)."),
    KEY(settings_upstream, tls_verify, OPTION_BOOL, "false", 0, 0,
        "Whether the certificate must be good; `tls: verified` implies it."),
    TEXT_KEY(settings_upstream, tls_name, NULL,
             "The name to ask for and to find in the certificate; the host of the address when absent."),
    TEXT_KEY(settings_upstream, tls_ca, NULL,
             "PEM file of the authorities trusted; " SCHEMA_SYSTEM_CA " when absent."),
    LIST_KEY(settings_upstream, tls_fingerprints, OPTION_STRINGS,
             "sha256:HEX of certificates; with any given, only these are good, whoever signed them."),
    TEXT_KEY(settings_upstream, tls_certificate, NULL,
             "PEM file of the certificate, and its issuers, that is shown when the upstream asks for one."),
    TEXT_KEY(settings_upstream, tls_key, NULL, "PEM file of its key."),
    WORD_KEY(settings_upstream, identity, identities, "none", "How the upstream is told who the client is."),
    KEY(settings_upstream, identity_required, OPTION_BOOL, "false", 0, 0,
        "Whether an upstream that does not offer XCLIENT or XFORWARD is left alone."),
    KEY(settings_upstream, mark, OPTION_INT, "0", 0, UINT32_MAX,
        "The firewall's mark on packets to it; 0: none."),
    {0},
};

static const struct option certificate_keys[] = {
    {.key = "chain",
     .type = OPTION_STRING,
     .offset = offsetof(struct tls_certificate_files, chain),
     .required = true,
     .help = "PEM file: the certificate first, then its issuers, each before its own."},
    TEXT_KEY(tls_certificate_files, key, NULL, "PEM file of its key; in the file of the chain when absent."),
    LIST_KEY(tls_certificate_files, names, OPTION_STRINGS,
             "Server names it is for, also *.domain; those in the certificate when absent."),
    {0},
};

#define POLICY(member) (offsetof(struct settings_tls, policy) + offsetof(struct tls_policy, member))
static const struct option tls_keys[] = {
    {.key = "certificates",
     .type = OPTION_ROWS,
     .offset = offsetof(struct settings_tls, certificates),
     .row = certificate_keys,
     .row_size = sizeof(struct tls_certificate_files),
     .help = "What clients are shown, chosen by the name they ask for; the first also serves any other name. "
             "An entry may be a chain alone."},
    {.key = "min_version",
     .type = OPTION_ENUM,
     .offset = POLICY(min_version),
     .fallback = "1.2",
     .words = tls_policy_versions,
     .help = "The oldest TLS spoken, on either side."},
    {.key = "ciphers",
     .type = OPTION_ENUM,
     .offset = POLICY(ciphers),
     .fallback = "intermediate",
     .words = tls_policy_ciphers,
     .help = "Mozilla's list of that name, on either side; modern is TLS 1.3 alone."},
    {.key = "curves",
     .type = OPTION_WORDS,
     .offset = POLICY(curves),
     .fallback = "[x25519, secp256r1, secp384r1]",
     .words = tls_policy_curves,
     .help = "Curves of the key exchange, on either side; preferred in the order given here, whatever the "
             "order they are written in."},
    TEXT_KEY(settings_tls, client_ca, NULL,
             "PEM file of the authorities that clients' certificates are verified against."),
    KEY(settings_tls, tickets, OPTION_BOOL, "true", 0, 0,
        "Whether clients may resume a session with the listener it was begun on."),
    {0},
};

static const char *const quarantine_replies[] = {"accept", "reject", NULL}; /* enum settings_quarantined */
static const struct option quarantine_keys[] = {
    TEXT_KEY(settings_quarantine, directory, NULL,
             "Where messages are kept, by the user that Postern runs as and for it alone; made when only its "
             "last part is missing. When absent there is no quarantine, and its messages are put off (451)."),
    KEY(settings_quarantine, retention, OPTION_DURATION, "30d", 0, 36500 * DAY,
        "After how long a kept message is removed; 0: never."),
    KEY(settings_quarantine, max_size, OPTION_SIZE, "1GiB", 0, INT64_MAX,
        "Octets of all files there together. What exceeds it is put off (452) rather than room made by "
        "removing others; 0: no bound."),
    KEY(settings_quarantine, max_messages, OPTION_INT, "0", 0, INT64_MAX,
        "Messages there, likewise; 0: no bound."),
    WORD_KEY(settings_quarantine, reply, quarantine_replies, "accept",
             "What a client hears when its message has been kept: 250, or 550."),
    TEXT_KEY(settings_quarantine, text, NULL,
             "The text of this reply, with \": ID\" behind it; \"Held for review\", or \"Refused by local "
             "policy\", when absent."),
    {0},
};

static const char *const connects[] = {"early", "late", "rcpt", NULL};     /* enum settings_connect */
static const char *const traces[] = {"none", "received", NULL};            /* enum settings_trace */
static const char *const line_endings[] = {"reject", "normalise", NULL};   /* enum dot_policy */
static const char *const chunkings[] = {"relay", "always", "never", NULL}; /* enum settings_chunking */

#define SECTION(member, table, help_)                                                                        \
    {                                                                                                        \
        .key = #member, .type = OPTION_MAP, .offset = offsetof(struct settings, member), .row = (table),     \
        .help = (help_)                                                                                      \
    }
const struct option schema_settings[] = {
    TEXT_KEY(settings, hostname, NULL, "The name Postern greets with; the machine's own name when absent."),
    {.key = "listeners",
     .type = OPTION_ROWS,
     .offset = offsetof(struct settings, listeners),
     .row = listener_keys,
     .row_size = sizeof(struct settings_listener),
     .required = true,
     .help = "Where clients connect; an entry may be an address alone."},
    {.key = "upstreams",
     .type = OPTION_ROWS,
     .offset = offsetof(struct settings, upstreams),
     .row = upstream_keys,
     .row_size = sizeof(struct settings_upstream),
     .required = true,
     .help = "The mail servers behind, tried in this order; an entry may be an address alone."},
    WORD_KEY(settings, connect, connects, "early",
             "When to connect to the upstream: before the client is greeted, at its EHLO, or at the first "
             "recipient that the filters let through."),
    WORD_KEY(settings, trace, traces, "none", "Whether a Received field is added to each message."),
    WORD_KEY(settings, line_endings, line_endings, "reject",
             "What becomes of a message sent by DATA with CR or LF alone or NUL: it is refused, or made CRLF "
             "and the NUL dropped. By BDAT it is relayed octet for octet, or, where the upstream takes no "
             "chunks, always refused."),
    WORD_KEY(settings, chunking, chunkings, "relay",
             "Whether CHUNKING (BDAT) is offered: when the upstream does, always, or never."),
    KEY(settings, upstream_greeting, OPTION_BOOL, "false", 0, 0,
        "Whether the text of the upstream's greeting is shown to clients."),
    TEXT_KEY(settings, greeting, "ESMTP Postern", "The text behind the name in the greeting."),
    SECTION(limits, limit_keys, "Sizes and counts."),
    SECTION(timeouts, timeout_keys, "How long to wait."),
    SECTION(tls, tls_keys, "Encryption on the client's side, and how strong it must be on both."),
    SECTION(quarantine, quarantine_keys, "Where messages are kept that filters want kept, not delivered."),
    SECTION(log, log_keys, "What is written about the work, and where."),
    KEY(settings, workers, OPTION_INT, "0", 0, 1024, "Threads; 0: one for each processor."),
    TEXT_KEY(settings, user, NULL,
             "The user to run as once the listeners are open; only root can change it."),
    TEXT_KEY(settings, group, NULL, "The group to run as; the user's own when absent."),
    {0},
};

const struct option schema_filters[] = {
    {.key = "filters",
     .type = OPTION_ROWS,
     .help = "The filters, asked in this order; each entry is one name."},
    {0},
};

static const char *const modes[] = {"enforce", "observe", NULL}; /* enum chain_mode */
static const char *const failures[] = {"tempfail",   "pass",     "reject",
                                       "quarantine", "shutdown", NULL}; /* enum chain_failure */
static const char *const rejects[] = {"reject", "quarantine", NULL};    /* enum chain_reject */
const struct option schema_common[] = {
    TEXT_KEY(schema_common, name, NULL, "What logs call it; the filter's own name when absent."),
    WORD_KEY(schema_common, mode, modes, "enforce",
             "Whether its verdicts count, or are only logged as what they would have been."),
    WORD_KEY(schema_common, on_failure, failures, "tempfail",
             "What happens when it cannot decide or is too slow; quarantine is tempfail for what is no "
             "message: a client, a command, a single recipient; shutdown is 421 and the end of the session."),
    WORD_KEY(schema_common, on_reject, rejects, "reject",
             "What becomes of a message that it rejects: it is refused, or received and kept. A recipient "
             "that it rejects is refused in any case."),
    KEY(schema_common, time_limit, OPTION_DURATION, "10s", 1, DAY,
        "How long it may take to answer a question."),
    {0},
};

const struct option schema_plugin[] = {
    {.key = "path",
     .type = OPTION_STRING,
     .offset = offsetof(struct schema_plugin, path),
     .required = true,
     .help = "The shared object; a relative path starts from the directory of proxy.yaml."},
    {0},
};
