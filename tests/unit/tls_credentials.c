/* Credentials that are replaced: when files change, for whom, and while others take them. */
#include "tls/tls_credentials.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "tls/tls_certificate.h"
#include "tls_pair.h"

static const struct tls_policy policy = PAIR_POLICY;
static const struct tls_certificate_files files = {.chain = "chain.pem", .key = "key.pem"};
static char folder[] = "/tmp/tls_credentials.XXXXXX";

/* Puts one file in the place of another, at once. */
static void replace(const char *with, const char *kind, const char *name)
{
    char from[512], bytes[16384];
    size_t len;
    FILE *file;

    (void)snprintf(from, sizeof(from), TEST_CERTIFICATES "/%s.%s", with, kind);
    file = fopen(from, "r");
    REQUIRE(file != NULL);
    len = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    file = fopen("new", "w");
    REQUIRE(file != NULL && fchmod(fileno(file), 0600) == 0 && fwrite(bytes, 1, len, file) == len &&
            fclose(file) == 0);
    REQUIRE(rename("new", name) == 0);
}

static void use(const char *name)
{
    replace(name, "pem", "chain.pem");
    replace(name, "key", "key.pem");
}

static const char *shown(struct tls_credentials *credentials, struct tls_client *client)
{
    static char name[64];
    struct pair *pair = pair_new(credentials, tls_client_credentials(client));

    REQUIRE(pair_shake(pair));
    tls_certificate_name(mbedtls_ssl_get_peer_cert(&pair->client), name, sizeof(name));
    pair_free(pair);
    return name;
}

static void test_server(struct tls_server *server, struct tls_client *client)
{
    struct tls_credentials *old = tls_server_credentials(server);

    CHECK(!tls_server_refresh(server, &pair_complaints));
    use("proxy");
    CHECK(tls_server_refresh(server, &pair_complaints));
    CHECK(!tls_server_refresh(server, &pair_complaints));
    CHECK_SPAN(span_str(shown(tls_server_credentials(server), client)), SPAN("proxy.example"));
    CHECK_SPAN(span_str(shown(old, client)), SPAN("mail.example.org")); /* those it was begun with */
    CHECK_SPAN(span_str(pair_said), SPAN(""));

    replace("rsa", "pem", "chain.pem");
    CHECK(!tls_server_refresh(server, &pair_complaints));
    CHECK_SPAN(span_str(pair_said), SPAN("key[0]: is not the key of the certificate\n"));
    CHECK(!tls_server_refresh(server, &pair_complaints)); /* said once */
    CHECK_SPAN(span_str(pair_said), SPAN("key[0]: is not the key of the certificate\n"));
    CHECK_SPAN(span_str(shown(tls_server_credentials(server), client)), SPAN("proxy.example"));
    replace("rsa", "key", "key.pem");
    CHECK(tls_server_refresh(server, &pair_complaints));
    CHECK_SPAN(span_str(shown(tls_server_credentials(server), client)), SPAN("mail.example.org"));
}

/* Sessions begun with the old certificate are resumed with the new one. */
static void test_tickets(struct tls_server *server, struct tls_client *client)
{
    struct pair *pair = pair_new(tls_server_credentials(server), tls_client_credentials(client));
    mbedtls_ssl_session session;

    REQUIRE(pair_shake(pair) && pair_tickets(pair) == 1);
    mbedtls_ssl_session_init(&session);
    REQUIRE(mbedtls_ssl_get_session(&pair->client, &session) == 0);
    pair_free(pair);
    use("proxy");
    REQUIRE(tls_server_refresh(server, &pair_complaints));
    pair = pair_new(tls_server_credentials(server), tls_client_credentials(client));
    REQUIRE(mbedtls_ssl_set_session(&pair->client, &session) == 0);
    CHECK(pair_shake(pair) && !pair->certified);
    pair_free(pair);
    mbedtls_ssl_session_free(&session);
}

static void test_client(void)
{
    const struct tls_client_terms terms = {
        .name = "mail.example.org", .verify = true, .ca = "ca.pem", .policy = &policy};
    struct tls_client *client;

    replace("stranger", "pem", "ca.pem");
    client = tls_client_new(&terms, &pair_complaints);
    REQUIRE(client != NULL);
    CHECK(!tls_client_refresh(client, &pair_complaints));
    replace("ca", "pem", "ca.pem");
    CHECK(tls_client_refresh(client, &pair_complaints));
    pair_said[0] = '\0';
    CHECK(unlink("ca.pem") == 0);
    CHECK(!tls_client_refresh(client, &pair_complaints));
    CHECK_SPAN(span_str(pair_said), SPAN("ca[0]: ca.pem cannot be read: No such file or directory\n"));
    tls_client_unref(client);
}

/* --- threads -------------------------------------------------------------------------------------------- */

#define TAKES 20000

static void *take(void *server)
{
    for (int i = 0; i < TAKES; i++) {
        struct tls_credentials *credentials = tls_server_credentials(server);
        REQUIRE(credentials->config.MBEDTLS_PRIVATE(endpoint) == MBEDTLS_SSL_IS_SERVER);
        tls_credentials_unref(credentials);
    }
    return NULL;
}

static void test_threads(struct tls_server *server)
{
    pthread_t threads[2];

    for (size_t i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, take, tls_server_ref(server)) == 0);
    for (int i = 0; i < 20; i++) {
        use(i % 2 == 0 ? "ecdsa" : "proxy");
        CHECK(tls_server_refresh(server, &pair_complaints));
    }
    for (size_t i = 0; i < 2; i++) {
        REQUIRE(pthread_join(threads[i], NULL) == 0);
        tls_server_unref(server);
    }
}

/* --- memory --------------------------------------------------------------------------------------------- */

static size_t allocations_left;

static bool gate(void *arg, size_t size)
{
    (void)arg;
    (void)size;
    return allocations_left-- > 0;
}

/* Every allocation fails once: a complaint, no leak, no server; until none is left to fail. */
static void test_memory(const struct tls_server_terms *terms)
{
    struct tls_server *server = NULL;
    size_t n = 0;

    while (server == NULL && n < 10000) {
        allocations_left = n++;
        pair_said[0] = '\0';
        mem_set_gate(gate, NULL);
        server = tls_server_new(terms, &pair_complaints);
        mem_set_gate(NULL, NULL);
        CHECK((server == NULL) == (pair_said[0] != '\0'));
    }
    REQUIRE(server != NULL && n > 10);
    tls_server_unref(server);
}

int main(void)
{
    const struct tls_server_terms terms = {
        .certificates = &files, .count = 1, .policy = &policy, .tickets = true};
    const struct tls_client_terms any = {.policy = &policy};
    struct tls_server *server;
    struct tls_client *client;

    REQUIRE(mkdtemp(folder) != NULL && chdir(folder) == 0);
    use("ecdsa");
    server = tls_server_new(&terms, &pair_complaints);
    client = tls_client_new(&any, &pair_complaints);
    REQUIRE(server != NULL && client != NULL);
    test_server(server, client);
    test_tickets(server, client);
    test_threads(server);
    test_client();
    test_memory(&terms);
    use("rsa");
    test_memory(&terms);
    tls_server_unref(server);
    tls_client_unref(client);
    CHECK(unlink("chain.pem") == 0 && unlink("key.pem") == 0 && chdir("/") == 0 && rmdir(folder) == 0);
    return test_end("tls_credentials");
}
