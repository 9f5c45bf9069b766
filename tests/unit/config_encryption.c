/* TLS, transparency and identity in proxy.yaml: what is filled in, what makes no sense together, what is only
 * a warning, and what is loaded again. */
#include "config/encryption.h"

#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "test.h"
#include "tls/tls_server.h"

static char *said;
static size_t said_len;

static struct settings *load(const char *yaml)
{
    FILE *file = fopen("proxy.yaml", "w"), *out;
    struct settings *settings;

    REQUIRE(file != NULL && fputs(yaml, file) >= 0 && fclose(file) == 0);
    free(said);
    out = open_memstream(&said, &said_len);
    settings = config_load("proxy.yaml", out);
    fclose(out);
    return settings;
}

static bool refresh(struct settings *settings)
{
    FILE *out;
    bool changed;

    free(said);
    out = open_memstream(&said, &said_len);
    changed = config_refresh(settings, out);
    fclose(out);
    return changed;
}

#define HOST  "hostname: mail.example.org\n"
#define BOTH  HOST "listeners: 2525\nupstreams: mail.example.com\n"
#define ECDSA "tls:\n  certificates:\n    - {chain: certificates/ecdsa.pem, key: certificates/ecdsa.key}\n"

static void test_defaults(void)
{
    struct settings *s = load(BOTH);
    const struct settings_listener *listener;
    const struct settings_upstream *upstream;

    REQUIRE(s != NULL);
    CHECK_SPAN(span_str(said), SPAN(""));
    listener = s->listeners.items;
    upstream = s->upstreams.items;
    CHECK(listener->tls == CLIENT_TLS_NONE && listener->client_certificates == TLS_ASK_NONE);
    CHECK(listener->transparent == TRANSPARENT_NO && !listener->auth_without_tls);
    CHECK(listener->proxy_from.count == 0 && !listener->proxy_required && listener->xclient_from.count == 0);
    CHECK(listener->tls_server == NULL && upstream->tls_client == NULL);
    CHECK(upstream->tls == UPSTREAM_TLS_NONE && !upstream->tls_verify && upstream->tls_name == NULL);
    CHECK(upstream->identity == IDENTITY_NONE && !upstream->identity_required && upstream->mark == 0);
    CHECK(s->tls.certificates.count == 0 && s->tls.client_ca == NULL && s->tls.tickets);
    CHECK(s->tls.policy.min_version == TLS_VERSION_12 && s->tls.policy.curves == 7);
    CHECK(s->tls.policy.ciphers == TLS_CIPHERS_INTERMEDIATE && s->timeouts.handshake == 30000);
    CHECK(!refresh(s));
    s->release(s);
}

static void check_listeners(const struct settings_listener *l)
{
    CHECK(l[0].tls == CLIENT_TLS_STARTTLS && l[0].tls_server != NULL && l[0].auth_without_tls);
    CHECK(l[0].proxy_from.count == 2 && l[0].proxy_required && l[0].xclient_from.count == 1);
    CHECK(l[1].tls == CLIENT_TLS_IMPLICIT && l[1].client_certificates == TLS_ASK_REQUIRE);
    CHECK(l[1].tls_server != NULL && l[1].tls_server != l[0].tls_server);
    CHECK(l[2].transparent == TRANSPARENT_TPROXY && l[2].tls_server == NULL);
}

static void check_upstreams(const struct settings_upstream *u)
{
    CHECK(u[0].original && u[0].host == NULL && u[0].tls == UPSTREAM_TLS_MIRROR && u[0].tls_client != NULL);
    CHECK(u[0].identity == IDENTITY_SOURCE_ADDRESS && u[0].mark == 4294967295);
    CHECK(!u[1].original && u[1].tls == UPSTREAM_TLS_VERIFIED && u[1].tls_verify);
    CHECK_SPAN(span_str(u[1].tls_ca), SPAN("./certificates/ca.pem"));
    CHECK(u[1].identity == IDENTITY_XCLIENT && u[1].identity_required);
    CHECK(u[2].tls_fingerprints.count == 1 && u[2].tls == UPSTREAM_TLS_IMPLICIT && u[2].tls_client != NULL);
    CHECK_SPAN(span_str(u[2].tls_certificate), SPAN("./certificates/client.pem"));
    CHECK(u[3].tls == UPSTREAM_TLS_OPPORTUNISTIC && u[3].identity == IDENTITY_PROXY_V2);
}

#define HEX64 "00000000000000000000000000000000000000000000000000000000000000ff"

static void test_everything(void)
{
    struct settings *s = load(
        HOST "listeners:\n"
             "  - {address: 2525, tls: starttls, auth_without_tls: true, proxy_required: true,\n"
             "     proxy_from: [10.0.0.1, 'fd00::/8'], xclient_from: 10.0.0.0/8}\n"
             "  - {address: 2526, tls: implicit, client_certificates: require}\n"
             "  - {address: 2527, transparent: tproxy}\n"
             "upstreams:\n"
             "  - {address: original-destination, tls: mirror, identity: source-address, mark: 4294967295}\n"
             "  - {address: mx.example.com, tls: verified, tls_ca: certificates/ca.pem, identity: xclient,\n"
             "     identity_required: true}\n"
             "  - {address: 192.0.2.1:465, tls: implicit, tls_fingerprints: sha256:" HEX64 ",\n"
             "     tls_certificate: certificates/client.pem, tls_key: certificates/client.key}\n"
             "  - {address: mx.example.net, tls: opportunistic, identity: proxy-v2}\n"
             "tls:\n"
             "  certificates:\n"
             "    - certificates/joint.pem\n"
             "    - {chain: certificates/rsa.pem, key: certificates/rsa.key, names: [mail.example.org]}\n"
             "  client_ca: certificates/ca.pem\n"
             "  min_version: 1.3\n"
             "  ciphers: modern\n"
             "  curves: [secp384r1, x25519]\n"
             "  tickets: false\n"
             "timeouts: {handshake: 5s}\n");

    CHECK_SPAN(span_str(said), SPAN(""));
    REQUIRE(s != NULL && s->listeners.count == 3 && s->upstreams.count == 4);
    check_listeners(s->listeners.items);
    check_upstreams(s->upstreams.items);
    CHECK(s->tls.policy.min_version == TLS_VERSION_13 && s->tls.policy.ciphers == TLS_CIPHERS_MODERN);
    CHECK(s->tls.policy.curves == 5 && !s->tls.tickets && s->timeouts.handshake == 5000);
    CHECK(!refresh(s));
    s->release(s);
}

#define LISTENER(keys) HOST "listeners: [{address: 2525, " keys "}]\nupstreams: mx.example.com\n"
#define UPSTREAM(keys) HOST "listeners: 2525\nupstreams: [{" keys "}]\n"

static void test_bad(void)
{
    static const struct {
        const char *yaml, *said;
    } cases[] = {
        {LISTENER("tls: starttls"), "proxy.yaml:2:34: listeners[0].tls: is nothing without a certificate; "
                                    "allowed: none, or tls.certificates\n"},
        {LISTENER("tls: startls"),
         "proxy.yaml:2:34: listeners[0].tls: \"startls\" is not known; allowed: none, "
         "starttls, required, implicit; did you mean \"starttls\"?\n"},
        {LISTENER("client_certificates: request"),
         "proxy.yaml:2:50: listeners[0].client_certificates: is nothing without encryption; allowed: none, "
         "or tls other than none\n"},
        {LISTENER("tls: required, client_certificates: require") ECDSA,
         "proxy.yaml:2:65: listeners[0].client_certificates: is nothing without authorities to trust; "
         "allowed: none, or tls.client_ca\n"},
        {LISTENER("proxy_required: true"),
         "proxy.yaml:2:45: listeners[0].proxy_required: leaves nobody who may connect; allowed: false, or "
         "proxy_from with the balancers\n"},
        {UPSTREAM("address: original-destination"),
         "proxy.yaml:3:23: upstreams[0].address: original-destination is known of transparent listeners "
         "only; allowed: host:port, or a listener with transparent: redirect or tproxy\n"},
        {UPSTREAM("address: a.example, tls_ca: x, tls_verify: true"),
         "proxy.yaml:3:42: upstreams[0].tls_ca: is nothing without encryption; allowed: with tls\n"
         "proxy.yaml:3:57: upstreams[0].tls_verify: is nothing without encryption; allowed: false, or "
         "tls\n"},
        {UPSTREAM("address: a.example, tls: opportunistic, tls_fingerprints: sha256:" HEX64),
         "proxy.yaml:3:72: upstreams[0].tls_fingerprints: is nothing where plaintext will do, too; allowed: "
         "with tls: verified\n"},
        {UPSTREAM("address: a.example, tls: required, tls_ca: x"),
         "proxy.yaml:3:57: upstreams[0].tls_ca: is nothing unless certificates are verified; allowed: with "
         "tls: verified, or with tls_verify\n"},
        {UPSTREAM("address: 192.0.2.1, tls: verified, tls_ca: certificates/ca.pem"),
         "proxy.yaml:3:13: upstreams[0].tls_name: is missing, and 192.0.2.1 is no name that a certificate "
         "could be for; allowed: a domain name, or tls_fingerprints\n"},
        {UPSTREAM("address: 192.0.2.1, tls: verified, tls_name: '::1', tls_ca: certificates/ca.pem"),
         "proxy.yaml:3:59: upstreams[0].tls_name: \"::1\" is no host name; allowed: a domain name\n"},
        {UPSTREAM("address: a.example, tls: required, tls_certificate: certificates/client.pem"),
         "proxy.yaml:3:13: upstreams[0].tls_key: is missing; allowed: the file of the key of "
         "tls_certificate\n"},
        {UPSTREAM("address: a.example, tls: required, tls_key: certificates/client.key"),
         "proxy.yaml:3:13: upstreams[0].tls_certificate: is missing; allowed: the file that tls_key is "
         "for\n"},
        {UPSTREAM("address: a.example, tls: required, tls_fingerprints: [sha256:" HEX64 ", sha1:00]"),
         "proxy.yaml:3:141: upstreams[0].tls_fingerprints[1]: \"sha1:00\" is no fingerprint; allowed: "
         "sha256: and 64 hexadecimal digits\n"},
        {UPSTREAM("address: a.example, tls: verified, tls_ca: none.pem"),
         "proxy.yaml:3:57: upstreams[0].tls_ca: ./none.pem cannot be read: No such file or directory\n"},
        {UPSTREAM("address: a.example, identity: proxy-v1, identity_required: true"),
         "proxy.yaml:3:73: upstreams[0].identity_required: is nothing that could be missing; allowed: "
         "false, or identity: xclient or xforward\n"},
        {UPSTREAM("address: a.example, mark: 4294967296"),
         "proxy.yaml:3:40: upstreams[0].mark: 4294967296 is out of range; allowed: a whole number, 0 to "
         "4294967295\n"},
        {BOTH "tls: {curves: []}\n", "proxy.yaml:4:15: tls.curves: is empty; allowed: at least one of "
                                     "x25519, secp256r1, secp384r1\n"},
        {LISTENER("tls: starttls") "tls: {certificates: [{key: x}]}\n",
         "proxy.yaml:4:22: tls.certificates[0].chain: is missing; allowed: text\n"},
        {HOST
         "listeners: [{address: 2525, tls: starttls}, {address: 2526, tls: implicit}]\n"
         "upstreams: mx.example.com\n"
         "tls: {certificates: [{chain: certificates/mismatched.pem, key: certificates/mismatched.key}]}\n",
         "proxy.yaml:4:64: tls.certificates[0].key: is not the key of the certificate\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        CHECK(load(cases[i].yaml) == NULL);
        CHECK_SPAN(span_str(said), span_str(cases[i].said));
    }
}

/* They are said once, however many listeners there are, and refuse nothing. */
static void test_warnings(void)
{
    struct settings *s =
        load("hostname: mx.example.com\n"
             "listeners: [{address: 2525, tls: starttls}, {address: 2526, tls: implicit}]\n"
             "upstreams: mx.example.net\n"
             "tls:\n"
             "  certificates:\n"
             "    - {chain: certificates/expired.pem, key: certificates/expired.key}\n"
             "    - {chain: certificates/ecdsa.pem, key: certificates/open.key, names: [a.example]}\n");

    REQUIRE(s != NULL);
    CHECK_SPAN(
        span_str(said),
        SPAN("proxy.yaml:6:15: tls.certificates[0].chain: warning: expired on 2021-01-01\n"
             "proxy.yaml:6:15: tls.certificates[0].chain: warning: the certificate is for mail.example.org, "
             "not for mx.example.com\n"
             "proxy.yaml:7:44: tls.certificates[1].key: warning: ./certificates/open.key can be read by "
             "others than its owner and group\n"
             "proxy.yaml:7:74: tls.certificates[1].names: warning: the certificate is not for a.example\n"));
    s->release(s);
}

/* Only root can be told what another user may read. */
static void test_unreadable(void)
{
    struct settings *s =
        load("listeners: [{address: 2525, tls: starttls}]\nupstreams: mx.example.net\nuser: nobody\n" ECDSA);

    REQUIRE(s != NULL);
    if (geteuid() == 0)
        CHECK(strstr(said, "key: warning: user nobody cannot read it") != NULL);
    else
        CHECK_SPAN(span_str(said), SPAN(""));
    s->release(s);
}

/* Nothing is expected of a certificate for a server without a name of its own. */
static void test_nameless(void)
{
    static const char *const hostnames[] = {"", "hostname: '[192.0.2.1]'\n"};

    for (size_t i = 0; i < 2; i++) {
        char yaml[512];
        struct settings *s;
        (void)snprintf(yaml, sizeof(yaml),
                       "%slisteners: [{address: 2525, tls: starttls}]\nupstreams: mx.example.net\n" ECDSA,
                       hostnames[i]);
        s = load(yaml);
        REQUIRE(s != NULL);
        CHECK_SPAN(span_str(said), SPAN(""));
        s->release(s);
    }
}

static void put(const char *name, const char *target)
{
    char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", TEST_CERTIFICATES, target);
    (void)unlink(name);
    REQUIRE(symlink(path, name) == 0);
}

/* Certificates are often links that are changed, as certbot's are. */
static void test_refresh(void)
{
    struct settings *s;

    put("chain.pem", "ecdsa.pem");
    put("key.pem", "ecdsa.key");
    put("ca.pem", "ca.pem");
    s = load(HOST "listeners: [{address: 2525, tls: starttls}]\n"
                  "upstreams: [{address: mx.example.net, tls: verified, tls_ca: ca.pem}]\n"
                  "tls: {certificates: [{chain: chain.pem, key: key.pem}]}\n");
    REQUIRE(s != NULL);
    CHECK(!refresh(s));
    put("chain.pem", "rsa.pem");
    put("key.pem", "rsa.key");
    CHECK(refresh(s));
    CHECK_SPAN(span_str(said), SPAN(""));
    put("key.pem", "ecdsa.key");
    CHECK(!refresh(s));
    CHECK_SPAN(span_str(said),
               SPAN("proxy.yaml:4:46: tls.certificates[0].key: is not the key of the certificate\n"));
    CHECK(!refresh(s));
    CHECK_SPAN(span_str(said), SPAN(""));
    put("ca.pem", "stranger.pem");
    CHECK(refresh(s));
    put("ca.pem", "none.pem");
    CHECK(!refresh(s));
    CHECK_SPAN(span_str(said),
               SPAN("proxy.yaml:3:62: upstreams[0].tls_ca: ./ca.pem cannot be read: No such file or "
                    "directory\n"));
    s->release(s);
    CHECK(unlink("chain.pem") == 0 && unlink("key.pem") == 0 && unlink("ca.pem") == 0);
}

int main(void)
{
    char directory[] = "/tmp/postern-encryption-XXXXXX";

    REQUIRE(mkdtemp(directory) != NULL && chdir(directory) == 0);
    REQUIRE(symlink(TEST_CERTIFICATES, "certificates") == 0);
    test_defaults();
    test_everything();
    test_bad();
    test_warnings();
    test_nameless();
    test_unreadable();
    test_refresh();
    free(said);
    CHECK(unlink("certificates") == 0 && unlink("proxy.yaml") == 0 && rmdir(directory) == 0);
    return test_end("config_encryption");
}
