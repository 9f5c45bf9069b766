/* schema.c: proxy.yaml's own keys: type, default, range and help of each; reading is left to decode.c. */
#include "config/schema.h"

#include "chain/chain.h"
#include "session/settings.h"

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

static const struct option listener_keys[] = {
    {.key = "address",
     .type = OPTION_STRING,
     .offset = offsetof(struct settings_listener, address),
     .required = true,
     .help = "host:port, [IPv6]:port, or a port alone for every IPv4 address of the machine."},
    TEXT_KEY(settings_listener, name, NULL, "What logs and filters call it; the address when absent."),
    KEY(settings_listener, backlog, OPTION_INT, "1024", 1, 65535,
        "Connections that may wait to be accepted."),
    {0},
};

static const struct option upstream_keys[] = {
    {.key = "address",
     .type = OPTION_STRING,
     .offset = offsetof(struct settings_upstream, address),
     .required = true,
     .help = "host:port, [IPv6]:port, or a host alone for port 25."},
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

static const char *const modes[] = {"enforce", "observe", NULL};            /* enum chain_mode */
static const char *const failures[] = {"tempfail", "pass", "reject", NULL}; /* enum chain_failure */
const struct option schema_common[] = {
    TEXT_KEY(schema_common, name, NULL, "What logs call it; the filter's own name when absent."),
    WORD_KEY(schema_common, mode, modes, "enforce",
             "Whether its verdicts count, or are only logged as what they would have been."),
    WORD_KEY(schema_common, on_failure, failures, "tempfail",
             "What happens when it cannot decide or is too slow."),
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
