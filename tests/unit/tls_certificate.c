/* Which names a certificate is for, and what is said about those that are not as they should be. */
#include "tls/tls_certificate.h"

#include "tls_pair.h"

static void test_fit(void)
{
    static const struct {
        const char *pattern, *name;
        enum tls_fit fit;
    } cases[] = {
        {"mail.example.org", "mail.example.org", TLS_FIT_EXACT},
        {"mail.example.org", "MAIL.Example.ORG", TLS_FIT_EXACT},
        {"mail.example.org", "mail.example.or", TLS_FIT_NOT},
        {"mail.example.org", "", TLS_FIT_NOT},
        {"*.example.org", "mail.example.org", TLS_FIT_WILDCARD},
        {"*.EXAMPLE.org", "mail.example.ORG", TLS_FIT_WILDCARD},
        {"*.example.org", "a.mail.example.org", TLS_FIT_NOT},
        {"*.example.org", "example.org", TLS_FIT_NOT},
        {"*.example.org", ".example.org", TLS_FIT_NOT},
        {"*.example.org", "*.example.org", TLS_FIT_EXACT},
        {"*", "example", TLS_FIT_NOT},
        {"*.", "mail.", TLS_FIT_WILDCARD},
        {"m*.example.org", "mail.example.org", TLS_FIT_NOT},
        {"mail.*.org", "mail.example.org", TLS_FIT_NOT},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (tls_name_fit(span_str(cases[i].pattern), span_str(cases[i].name)) != cases[i].fit) {
            fprintf(stderr, "%s for %s\n", cases[i].pattern, cases[i].name);
            FAIL("fits otherwise");
        }
}

static bool load(struct tls_certificate *certificate, const struct tls_certificate_files *files)
{
    pair_said[0] = '\0';
    return tls_certificate_load(certificate, files, 3, &pair_complaints);
}

static void test_names(void)
{
    static const char *own[] = {"other.example"};
    const struct tls_certificate_files files[] = {
        CERTIFICATE("ecdsa"),
        CERTIFICATE("proxy"),
        CERTIFICATE("client"),
        {.chain = TEST_CERTIFICATES "/proxy.pem",
         .key = TEST_CERTIFICATES "/proxy.key",
         .names = {own, 1, NULL}},
    };
    struct tls_certificate c[4];
    char name[TLS_NAME_OCTETS];

    for (size_t i = 0; i < 4; i++)
        CHECK(load(&c[i], &files[i]));
    CHECK_SPAN(span_str(pair_said), SPAN("names[3]: warning: the certificate is not for other.example\n"));
    CHECK(tls_certificate_serves(&c[0], SPAN("mail.example.org")) == TLS_FIT_EXACT);
    CHECK(tls_certificate_serves(&c[0], SPAN("a.mail.example.org")) == TLS_FIT_WILDCARD);
    CHECK(tls_certificate_serves(&c[0], SPAN("proxy.example")) == TLS_FIT_NOT);
    CHECK(tls_certificate_serves(&c[0], SPAN("")) == TLS_FIT_NOT);
    CHECK(tls_certificate_serves(&c[2], SPAN("client.example.org")) == TLS_FIT_EXACT); /* common name */
    CHECK(tls_certificate_serves(&c[3], SPAN("other.example")) == TLS_FIT_EXACT);
    CHECK(tls_certificate_serves(&c[3], SPAN("proxy.example")) == TLS_FIT_NOT);
    CHECK(tls_certificate_covers(&c[3], SPAN("proxy.example")));
    CHECK(!tls_certificate_covers(&c[3], SPAN("other.example")));
    CHECK(tls_certificate_akin(&c[0], &c[0]) && !tls_certificate_akin(&c[0], &c[1]));
    CHECK(!tls_certificate_akin(&c[1], &c[3]));
    tls_certificate_name(&c[0].chain, name, sizeof(name));
    CHECK_SPAN(span_str(name), SPAN("mail.example.org"));
    tls_certificate_name(&c[0].chain, name, 5);
    CHECK_SPAN(span_str(name), SPAN("mail"));
    for (size_t i = 0; i < 4; i++)
        tls_certificate_free(&c[i]);
}

#define AT TEST_CERTIFICATES "/"

static void test_complaints(void)
{
    static const struct {
        const char *chain, *key;
        bool good;
        const char *said; /* begins so */
    } cases[] = {
        {AT "rsa.pem", AT "rsa.key", true, ""},
        {AT "ecdsa.pem", AT "ecdsa.key", true, ""},
        {AT "joint.pem", NULL, true, ""},
        {AT "stranger.pem", AT "stranger.key", true, ""},
        {AT "mismatched.pem", AT "mismatched.key", false, "key[3]: is not the key of the certificate\n"},
        {AT "rsa.pem", AT "ecdsa.key", false, "key[3]: is not the key of the certificate\n"},
        {AT "disordered.pem", AT "intermediate.key", false,
         "chain[3]: certificate 2 in the file did not issue the one before it; allowed: "},
        {AT "unrelated.pem", AT "rsa.key", false,
         "chain[3]: certificate 2 in the file did not issue the one before it; allowed: "},
        {AT "expired.pem", AT "expired.key", true, "chain[3]: warning: expired on 2021-01-01\n"},
        {AT "early.pem", AT "early.key", true, "chain[3]: warning: is not valid before 2090-01-01\n"},
        {AT "soon.pem", AT "soon.key", true, "chain[3]: warning: expires on 20"},
        {AT "none.pem", AT "none.key", false,
         "chain[3]: " AT "none.pem cannot be read: No such file or directory\n"
         "key[3]: " AT "none.key cannot be read: No such file or directory\n"},
        {AT "none.pem", NULL, false, "chain[3]: " AT "none.pem cannot be read: No such file or directory\n"},
        {AT "garbage.pem", AT "rsa.key", false,
         "chain[3]: " AT "garbage.pem holds no certificate; allowed: "},
        {AT "rsa.key", AT "rsa.key", false, "chain[3]: " AT "rsa.key holds no certificate; allowed: "},
        {AT "rsa.pem", NULL, false, "key[3]: " AT "rsa.pem holds no key; allowed: "},
        {AT "rsa.pem", AT, false, "key[3]: " AT " cannot be read: "},
        {AT "ecdsa.pem", AT "sealed.key", false, "key[3]: " AT "sealed.key is behind a password; allowed: "},
        {AT "ecdsa.pem", AT "open.key", true,
         "key[3]: warning: " AT "open.key can be read by others than its owner and group\n"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct tls_certificate_files files = {.chain = cases[i].chain, .key = cases[i].key};
        struct tls_certificate certificate;
        bool good = load(&certificate, &files);
        CHECK(good == cases[i].good);
        CHECK_SPAN(span_first(span_str(pair_said), strlen(cases[i].said)), span_str(cases[i].said));
        CHECK((pair_said[0] == '\0') == (cases[i].said[0] == '\0'));
        tls_certificate_free(&certificate);
    }
}

static void test_authorities(void)
{
    mbedtls_x509_crt ca;

    mbedtls_x509_crt_init(&ca);
    pair_said[0] = '\0';
    CHECK(tls_authorities_load(&ca, AT "ca.pem", "ca", &pair_complaints));
    CHECK_SPAN(span_str(pair_said), SPAN(""));
    mbedtls_x509_crt_free(&ca);
    CHECK(!tls_authorities_load(&ca, AT "garbage.pem", "ca", &pair_complaints));
    CHECK(!tls_authorities_load(&ca, AT "none.pem", "ca", &pair_complaints));
    CHECK_SPAN(span_str(pair_said),
               SPAN("ca[0]: " AT "garbage.pem holds no certificate; allowed: PEM, one authority or many\n"
                    "ca[0]: " AT "none.pem cannot be read: No such file or directory\n"));
    mbedtls_x509_crt_free(&ca);
}

int main(void)
{
    REQUIRE(tls_library_begin());
    test_fit();
    test_names();
    test_complaints();
    test_authorities();
    return test_end("tls_certificate");
}
