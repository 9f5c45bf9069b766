/* Fingerprints as people write them. */
#include "tls/tls_fingerprint.h"

#include "test.h"

#define HEX     "0123456789abcdef"
#define COLONS  "01:23:45:67:89:ab:cd:ef"
#define UPPER   "0123456789ABCDEF"
#define DIGITS4 HEX HEX HEX HEX

static void test_read(void)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"sha256:" DIGITS4, true},
        {"SHA256:" UPPER UPPER HEX HEX, true},
        {"sha256:" COLONS ":" COLONS ":" COLONS ":" COLONS, true},
        {"sha256:" COLONS COLONS COLONS COLONS, true},
        {"", false},
        {"sha256:", false},
        {DIGITS4, false},
        {"sha1:" DIGITS4, false},
        {"sha256:" HEX HEX HEX "0123456789abcde", false},
        {"sha256:" DIGITS4 "0", false},
        {"sha256:" DIGITS4 ":", false},
        {"sha256::" DIGITS4, false},
        {"sha256:0:123456789abcdef" HEX HEX HEX, false},
        {"sha256:" HEX HEX HEX "0123456789abcdeg", false},
        {"sha256: " DIGITS4, false},
    };
    struct tls_fingerprint read;
    char printed[2 * TLS_FINGERPRINT_OCTETS + 1];

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (tls_fingerprint_read(span_str(cases[i].text), &read) != cases[i].good)
            FAIL(cases[i].text);
        if (!cases[i].good)
            continue;
        tls_fingerprint_print(&read, printed);
        CHECK_SPAN(span_str(printed), SPAN(DIGITS4));
    }
}

int main(void)
{
    test_read();
    return test_end("tls_fingerprint");
}
