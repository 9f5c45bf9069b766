/* Whole files: defaults, every complaint beyond the tables, all at once and in the order of the file. */
#include "config/config.h"

#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "test.h"

static char *said;
static size_t said_len;

static struct settings *load_path(const char *path)
{
    struct settings *settings;
    FILE *out;

    free(said);
    out = open_memstream(&said, &said_len);
    settings = config_load(path, out);
    fclose(out);
    CHECK((settings == NULL) == (said_len > 0));
    return settings;
}

static struct settings *load(const char *yaml)
{
    FILE *file = fopen("proxy.yaml", "w");

    CHECK(file != NULL && fputs(yaml, file) >= 0);
    if (file != NULL)
        fclose(file);
    return load_path("proxy.yaml");
}

#define HOST "hostname: mx.example.com\n"

static void check_defaults(const struct settings *s)
{
    const struct settings_listener *listener = s->listeners.items;
    const struct settings_upstream *upstream = s->upstreams.items;

    CHECK(s->listeners.count == 1 && s->upstreams.count == 1);
    CHECK_SPAN(span_str(listener->host), SPAN("*"));
    CHECK_SPAN(span_str(listener->name), SPAN("25"));
    CHECK(listener->port == 25 && listener->backlog == 1024);
    CHECK_SPAN(span_str(upstream->host), SPAN("mail.example.com"));
    CHECK(upstream->port == 25);
    CHECK(s->connect == CONNECT_EARLY && s->trace == TRACE_NONE && s->line_endings == DOT_REJECT);
    CHECK(s->chunking == CHUNKING_RELAY && !s->upstream_greeting && s->workers == 0 && s->user == NULL);
    CHECK_SPAN(span_str(s->greeting), SPAN("ESMTP Postern"));
    CHECK(s->limits.local_part == 64 && s->limits.domain == 255 && s->limits.path == 256);
    CHECK(s->limits.command_line == 512 && s->limits.auth_line == 12288 && s->limits.text_line == 0);
    CHECK(s->limits.recipients == 1000 && s->limits.header_size == 1048576 && s->limits.hops == 100);
    CHECK(s->timeouts.command == 300000 && s->timeouts.end_of_data == 600000);
    CHECK(s->timeouts.connect == 30000 && s->timeouts.data == 120000 && s->timeouts.drain == 30000);
    CHECK(s->log.level == LOG_LEVEL_INFO && s->log.format == LOG_FORMAT_KV);
    CHECK_SPAN(span_str(s->log.to), SPAN("stderr"));
    CHECK(s->chain != NULL && atomic_load(&s->references) == 1);
}

static void test_good(void)
{
    struct settings *s = load(HOST "listeners: 25\nupstreams: mail.example.com\n");
    const struct settings_listener *listeners;

    CHECK_SPAN(span_str(said), SPAN(""));
    if (s == NULL)
        return;
    check_defaults(s);
    s->release(s);

    s = load("listeners:\n  - '[::1]:2525'\n  - {address: 127.0.0.1:2525, name: inside, backlog: 5}\n"
             "upstreams: [127.0.0.1:25, {address: '::1'}]\nline_endings: normalise\nlog: {format: json}\n"
             "connect: rcpt\ntimeouts: {command: 90s}\nlimits: {text_line: 1000}\n");
    CHECK_SPAN(span_str(said), SPAN(""));
    if (s == NULL)
        return;
    listeners = s->listeners.items;
    CHECK(s->hostname != NULL && s->line_endings == DOT_NORMALISE && s->log.format == LOG_FORMAT_JSON);
    CHECK(s->connect == CONNECT_RCPT && s->timeouts.command == 90000 && s->limits.text_line == 1000);
    CHECK_SPAN(span_str(listeners[0].host), SPAN("::1"));
    CHECK_SPAN(span_str(listeners[1].name), SPAN("inside"));
    CHECK(listeners[1].backlog == 5 && s->upstreams.count == 2);
    s->release(s);
}

#define LISTENERS_ALLOWED                                                                                    \
    "allowed: a list of maps with address, name, backlog, tls, client_certificates, "                        \
    "auth_without_tls, transparent, proxy_from, proxy_required, xclient_from\n"
#define UPSTREAMS_ALLOWED                                                                                    \
    "allowed: a list of maps with address, tls, tls_verify, tls_name, tls_ca, tls_fingerprints, "            \
    "tls_certificate, tls_key, identity, identity_required, mark\n"
#define LISTENER_ALLOWED "cannot be listened on; allowed: host:port, [IPv6]:port, a port from 1 to 65535\n"
#define UPSTREAM_ALLOWED                                                                                     \
    "cannot be connected to; allowed: host:port, [IPv6]:port, a host alone for port 25, "                    \
    "original-destination\n"

static void test_bad(void)
{
    static const struct {
        const char *yaml, *said;
    } cases[] = {
        {"", "proxy.yaml:1:1: listeners: is missing; " LISTENERS_ALLOWED
             "proxy.yaml:1:1: upstreams: is missing; " UPSTREAMS_ALLOWED},
        {HOST "listeners:\nupstreams: []\n",
         "proxy.yaml:2:11: listeners: is empty; allowed: at least one address\n"
         "proxy.yaml:3:12: upstreams: is empty; allowed: at least one address\n"},
        {HOST "listeners: 0\nupstreams: ''\n",
         "proxy.yaml:2:12: listeners[0].address: \"0\" " LISTENER_ALLOWED
         "proxy.yaml:3:12: upstreams[0].address: \"\" " UPSTREAM_ALLOWED},
        {HOST "listeners: [127.0.0.1, 'a b:25', 127.0.0.1:65536]\nupstreams: ['25', '[x]:25']\n",
         "proxy.yaml:2:13: listeners[0].address: \"127.0.0.1\" " LISTENER_ALLOWED
         "proxy.yaml:2:24: listeners[1].address: \"a b:25\" " LISTENER_ALLOWED
         "proxy.yaml:2:34: listeners[2].address: \"127.0.0.1:65536\" " LISTENER_ALLOWED
         "proxy.yaml:3:13: upstreams[0].address: \"25\" " UPSTREAM_ALLOWED
         "proxy.yaml:3:19: upstreams[1].address: \"[x]:25\" " UPSTREAM_ALLOWED},
        {HOST "listeners: [25, 10.0.0.1:26, 'example.com:27', '[::1]:28']\n"
              "upstreams: [localhost, 10.0.0.1:26, 'EXAMPLE.com:27', '[0::1]:28', '10.0.0.1:25', '::1']\n",
         "proxy.yaml:3:13: upstreams[0].address: localhost is Postern's own listener 25: a loop; allowed: "
         "another server\n"
         "proxy.yaml:3:24: upstreams[1].address: 10.0.0.1:26 is Postern's own listener 10.0.0.1:26: a loop; "
         "allowed: another server\n"
         "proxy.yaml:3:37: upstreams[2].address: EXAMPLE.com:27 is Postern's own listener example.com:27: a "
         "loop; allowed: another server\n"
         "proxy.yaml:3:55: upstreams[3].address: [0::1]:28 is Postern's own listener [::1]:28: a loop; "
         "allowed: "
         "another server\n"},
        {HOST "listeners: ['[::]:25', 26, 26]\nupstreams: ['::1']\n",
         "proxy.yaml:2:28: listeners[2].address: 26 is listened on already; allowed: once\n"
         "proxy.yaml:3:13: upstreams[0].address: ::1 is Postern's own listener [::]:25: a loop; allowed: "
         "another "
         "server\n"},
        {"hostname: a b\nlisteners: 2525\nupstreams: 127.0.0.1\ngreeting: \"x\\ty\"\nlog: {to: file.log}\n"
         "limits: {text_line: 999, recipients: 99}\n",
         "proxy.yaml:1:11: hostname: \"a b\" is no host name; allowed: a domain name or an address literal\n"
         "proxy.yaml:4:11: greeting: holds more than printable ASCII; allowed: one line of it\n"
         "proxy.yaml:5:11: log.to: \"file.log\" is no place for a log; allowed: stderr, syslog, an absolute "
         "path\n"
         "proxy.yaml:6:21: limits.text_line: 999 is less than any server must take; allowed: 0, 1000 or "
         "more\n"
         "proxy.yaml:6:38: limits.recipients: 99 is out of range; allowed: a whole number, 100 to 1000000\n"},
        {HOST "listners: 2525\nupstreams: 127.0.0.1\n",
         "proxy.yaml:1:1: listeners: is missing; " LISTENERS_ALLOWED
         "proxy.yaml:2:1: listners: is not a key; allowed: hostname, listeners, upstreams, connect, trace, "
         "line_endings, chunking, upstream_greeting, greeting, limits, timeouts, tls, quarantine, log, "
         "workers, user, "
         "group, "
         "filters; did you mean \"listeners\"?\n"},
        {"- a\n",
         "proxy.yaml:1:1: is a list, not a map; allowed: hostname, listeners, upstreams, connect, trace, "
         "line_endings, chunking, upstream_greeting, greeting, limits, timeouts, tls, quarantine, log, "
         "workers, user, "
         "group, filters\n"},
        {HOST "listeners: [2525\n", "proxy.yaml:3:1: listeners: while parsing a flow sequence: did not find "
                                    "expected ',' or ']'; allowed: well-formed YAML\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct settings *settings = load(cases[i].yaml);
        CHECK(settings == NULL);
        CHECK_SPAN(span_str(said), span_str(cases[i].said));
    }
    CHECK(load_path("nowhere.yaml") == NULL);
    CHECK_SPAN(span_str(said), SPAN("nowhere.yaml:1:1: cannot be read: No such file or directory\n"));
}

static unsigned allocations_left;

static bool gate(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return allocations_left-- > 0;
}

/* Every allocation fails once: a complaint, no leak, no settings; until none is left to fail. */
static void test_memory(void)
{
    for (unsigned n = 0; n < 100; n++) {
        struct settings *settings;
        allocations_left = n;
        mem_set_gate(gate, NULL);
        settings = load(HOST "listeners: 2525\nupstreams: 127.0.0.1\n");
        mem_set_gate(NULL, NULL);
        if (settings != NULL) {
            settings->release(settings);
            CHECK(n > 3);
            return;
        }
        CHECK(strstr(said, "memory") != NULL);
    }
    FAIL("it does not load with a hundred allocations");
}

int main(void)
{
    char directory[] = "/tmp/postern-config-XXXXXX";

    if (mkdtemp(directory) == NULL || chdir(directory) != 0)
        return 1;
    test_good();
    test_bad();
    test_memory();
    free(said);
    CHECK(unlink("proxy.yaml") == 0 && rmdir(directory) == 0);
    return test_end("config_config");
}
