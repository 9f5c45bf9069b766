/* Tests filters/libmilter/inlet.c: every way to say where a filter listens. */
#include "filters/libmilter/inlet.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "test.h"

static const struct {
    const char *conn;
    int family; /* 0: refused; -1: inherited */
    int port;
    const char *address; /* or path */
} cases[] = {
    {"unix:/run/x", AF_UNIX, 0, "/run/x"},
    {"local:/run/x", AF_UNIX, 0, "/run/x"},
    {"Local:x", AF_UNIX, 0, "x"},
    {"/run/x", AF_UNIX, 0, "/run/x"},
    {":/run/x", AF_UNIX, 0, "/run/x"},
    {"unix:a:b", AF_UNIX, 0, "a:b"},
    {"inet:8891", AF_INET, 8891, "0.0.0.0"},
    {"inet:8891@127.0.0.1", AF_INET, 8891, "127.0.0.1"},
    {"INET:8891@[127.0.0.1]", AF_INET, 8891, "127.0.0.1"},
    {"inet:0@127.0.0.1", AF_INET, 0, "127.0.0.1"},
    {"inet:65535@127.0.0.1", AF_INET, 65535, "127.0.0.1"},
    {"inet6:8891", AF_INET6, 8891, "::"},
    {"inet6:8891@::1", AF_INET6, 8891, "::1"},
    {"inet6:8891@[::1]", AF_INET6, 8891, "::1"},
    {"fd:3", -1, 3, ""},
    {"unix:", 0, 0, NULL},
    {"", 0, 0, NULL},
    {"inet:", 0, 0, NULL},
    {"inet:@127.0.0.1", 0, 0, NULL},
    {"inet:65536@127.0.0.1", 0, 0, NULL},
    {"inet:1x@127.0.0.1", 0, 0, NULL},
    {"inet:8891@", 0, 0, NULL},
    {"inet:8891@[::1]", 0, 0, NULL},
    {"inet:8891@[localhost]", 0, 0, NULL},
    {"inet6:8891@[127.0.0.1]", 0, 0, NULL},
    {"inet:8891@[]", 0, 0, NULL},
    {"frob:x", 0, 0, NULL},
    {"unixx:x", 0, 0, NULL},
    {"fd:", 0, 0, NULL},
    {"fd:-1", 0, 0, NULL},
    {"fd:x", 0, 0, NULL},
};

static void check_address(const struct inlet *inlet, int port, const char *address)
{
    char printed[sizeof(struct sockaddr_un)] = "";

    if (inlet->address.ss_family == AF_INET) {
        struct sockaddr_in inet;
        memcpy(&inet, &inlet->address, sizeof(inet));
        CHECK(ntohs(inet.sin_port) == port && inlet->len == sizeof(inet));
        inet_ntop(AF_INET, &inet.sin_addr, printed, sizeof(printed));
    } else if (inlet->address.ss_family == AF_INET6) {
        struct sockaddr_in6 inet6;
        memcpy(&inet6, &inlet->address, sizeof(inet6));
        CHECK(ntohs(inet6.sin6_port) == port && inlet->len == sizeof(inet6));
        inet_ntop(AF_INET6, &inet6.sin6_addr, printed, sizeof(printed));
    } else {
        struct sockaddr_un local;
        memcpy(&local, &inlet->address, sizeof(local));
        (void)snprintf(printed, sizeof(printed), "%s", local.sun_path);
    }
    CHECK(strcmp(printed, address) == 0);
}

int main(void)
{
    char path[128];
    struct inlet inlet;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *error = inlet_parse(cases[i].conn, &inlet);
        if ((error == NULL) != (cases[i].family != 0)) {
            fprintf(stderr, "%s: %s\n", cases[i].conn, error != NULL ? error : "taken");
            FAIL("inlet");
        } else if (cases[i].family == -1) {
            CHECK(inlet.inherited == cases[i].port);
        } else if (error == NULL) {
            CHECK(inlet.inherited == -1 && inlet.address.ss_family == cases[i].family);
            check_address(&inlet, cases[i].port, cases[i].address);
        }
    }
    memset(path, 'p', sizeof(path));
    path[107] = '\0';
    CHECK(inlet_parse(path, &inlet) == NULL);
    path[107] = 'p';
    path[108] = '\0';
    CHECK(inlet_parse(path, &inlet) != NULL);
    return test_end("libmilter_inlet");
}
