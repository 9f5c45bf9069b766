/* Every way to write where to listen or connect. */
#include "config/endpoint.h"

#include "test.h"

int main(void)
{
    static const struct {
        const char *text, *host; /* host NULL: refused */
        int64_t port;
    } cases[] = {
        {"127.0.0.1:2525", "127.0.0.1", 2525},
        {"mail.example.com:25", "mail.example.com", 25},
        {"[::1]:25", "::1", 25},
        {"[::1]", "::1", 0},
        {"::1", "::1", 0},
        {"192.0.2.1", "192.0.2.1", 0},
        {"mail.example.com", "mail.example.com", 0},
        {"25", "", 25},
        {":25", "", 25},
        {"*:25", "*", 25},
        {"65535", "", 65535},
        {"65536", NULL, 0},
        {"0", NULL, 0},
        {"host:0", NULL, 0},
        {"host:", NULL, 0},
        {"host:smtp", NULL, 0},
        {"host:25:25", NULL, 0},
        {"host:-25", NULL, 0},
        {"[::1]25", NULL, 0},
        {"[::1", NULL, 0},
        {"[127.0.0.1]:25", NULL, 0},
        {"[host]:25", NULL, 0},
        {"", NULL, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct endpoint endpoint;
        bool ok = endpoint_parse(span_str(cases[i].text), &endpoint);
        if (ok != (cases[i].host != NULL))
            fprintf(stderr, "\"%s\"\n", cases[i].text);
        CHECK(ok == (cases[i].host != NULL));
        if (!ok || cases[i].host == NULL)
            continue;
        CHECK_SPAN(endpoint.host, span_str(cases[i].host));
        CHECK(endpoint.port == cases[i].port);
    }
    return test_end("config_endpoint");
}
