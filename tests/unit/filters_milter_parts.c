/* filters_milter_parts.c: the small parts of the filter milter: spellings of addresses, macros and who asks
 * for which, when an address is left alone. */
#include "chain_lab.h"
#include "filters/milter/address.h"
#include "filters/milter/circuit.h"
#include "filters/milter/map.h"
#include "lab_milter.h"

static void test_addresses(void)
{
    static const struct {
        const char *written, *is;
    } cases[] = {
        {"unix:/run/m", "unix:/run/m"},
        {"local:/run/m", "unix:/run/m"},
        {"LOCAL:/run/m", "unix:/run/m"},
        {"inet:8891@localhost", "localhost:8891"},
        {"inet:8891@192.0.2.1", "192.0.2.1:8891"},
        {"inet6:8891@::1", "[::1]:8891"},
        {"inet6:8891@[2001:db8::1]", "[2001:db8::1]:8891"},
        {"inet6:8891@mx.example", "mx.example:8891"},
        {"inet:mx.example:8891", "inet:mx.example:8891"},
        {"mx.example:8891", "mx.example:8891"},
        {"[::1]:8891", "[::1]:8891"},
        {"unix:run/m", NULL},
        {"local:", NULL},
        {"inet:8891", NULL},
        {"inet:@localhost", NULL},
        {"inet:0@localhost", NULL},
        {"inet:70000@localhost", NULL},
        {"inet:8891@", NULL},
        {"/run/m", NULL},
        {"8891@localhost", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char to[256], tight[16];
        bool is = milter_address(cases[i].written, to, sizeof(to));
        if (is != (cases[i].is != NULL) || (is && strcmp(to, cases[i].is) != 0))
            FAIL(cases[i].written);
        CHECK(!milter_address("inet6:8891@[2001:db8::1]", tight, sizeof(tight)));
    }
}

static void test_circuit(void)
{
    const struct circuit_rule rule = {3, 1000}, never = {0, 1000};
    struct circuit circuit = {0};

    for (unsigned i = 0; i < 3; i++) {
        CHECK(circuit_try(&circuit, &rule, 10));
        circuit_failed(&circuit, &rule, 10);
    }
    CHECK(!circuit_try(&circuit, &rule, 10) && !circuit_try(&circuit, &rule, 1009));
    CHECK(circuit_try(&circuit, &never, 10));
    CHECK(circuit_try(&circuit, &rule, 1010));
    CHECK(!circuit_try(&circuit, &rule, 1010)); /* one of them is enough */
    circuit_failed(&circuit, &rule, 1500);
    CHECK(!circuit_try(&circuit, &rule, 2499) && circuit_try(&circuit, &rule, 2500));
    CHECK(circuit_worked(&circuit, &rule));
    CHECK(!circuit_worked(&circuit, &rule));
    CHECK(circuit_try(&circuit, &rule, 2500) && circuit_try(&circuit, &rule, 2500));
    circuit_failed(&circuit, &rule, 3000);
    CHECK(circuit_try(&circuit, &rule, 3000) &&
          !circuit_worked(&circuit, &rule)); /* had not been left alone */
    CHECK(!circuit_worked(&circuit, &never));
}

/* The packet as a line; "" when there is none. */
static void check_macros(const struct map *map, map_set set, const struct map_scene *scene,
                         const char *wanted)
{
    struct milter_writer writer = {0};
    struct lab_bytes line = {0};

    map_write(&writer, map, set, MILTER_MAIL, scene);
    CHECK(lab_milter_read(milter_written(&writer), &line) == (long)writer.len);
    CHECK_SPAN(lab_bytes_from(&line, 0), span_str(wanted));
    lab_bytes_free(&line);
    milter_writer_free(&writer);
}

static void test_defaults(void)
{
    struct filter_facts facts = {.hostname = SPAN("mx.example"), .client = SPAN("2001:db8::7")};
    struct filter_path path = {.address = SPAN("ann@example.org"), .domain = SPAN("example.org")};
    struct filter_reply refusal = {SPAN("RCPT"), 550, SPAN("5.1.1 Nobody"), false};
    struct map_scene scene = {.facts = &facts, .path = &path};
    const struct map map = {.count = 0};

    facts.transaction = SPAN("t1");
    check_macros(
        &map, map_default(&map, MILTER_AT_CONNECT), &scene,
        "MACRO M|j|mx.example|_|[2001:db8::7]|v|Postern|{if_name}|mx.example|{client_addr}|2001:db8::7|"
        "{client_name}|[2001:db8::7]|{client_ptr}|unknown");
    check_macros(&map, map_default(&map, MILTER_AT_HELO), &scene, "");
    check_macros(&map, map_default(&map, MILTER_AT_MAIL), &scene,
                 "MACRO M|i|t1|{mail_addr}|ann@example.org|{mail_host}|example.org|{mail_mailer}|smtp");
    check_macros(&map, map_default(&map, MILTER_AT_EOM), &scene, "MACRO M|i|t1");
    scene.message_id = SPAN("<1@x>");
    check_macros(&map, map_default(&map, MILTER_AT_EOM), &scene, "MACRO M|i|t1|{msg_id}|<1@x>");
    scene.refusal = &refusal;
    check_macros(&map, map_default(&map, MILTER_AT_RCPT), &scene,
                 "MACRO M|i|t1|{rcpt_addr}|5.1.1 Nobody|{rcpt_host}|550|{rcpt_mailer}|error");
}

static void check_author(const char *parameters, const char *wanted)
{
    const struct filter_facts facts = {.client_family = 0};
    const struct filter_path path = {.parameters = span_str(parameters)};
    const struct map_scene scene = {.facts = &facts, .path = &path};
    const struct map map = {.count = 0};

    check_macros(&map, map_select(&map, SPAN("{auth_author}")), &scene, wanted);
}

static void test_facts(void)
{
    struct filter_facts facts = {.client = SPAN("192.0.2.7"),
                                 .client_family = 4,
                                 .client_port = 1234,
                                 .client_name = SPAN("client.example"),
                                 .listener = SPAN("front"),
                                 .server_family = 4,
                                 .server_address = {192, 0, 2, 1},
                                 .server_port = 25,
                                 .tls_version = SPAN("TLSv1.3"),
                                 .tls_cipher = SPAN("TLS_AES_128_GCM_SHA256"),
                                 .tls_bits = 128,
                                 .tls_name = SPAN("mx.example"),
                                 .tls_subject = SPAN("CN=client"),
                                 .tls_issuer = SPAN("CN=ca"),
                                 .tls_fingerprint = SPAN("ab12"),
                                 .tls_verified = true,
                                 .authentication = SPAN("PLAIN"),
                                 .identity = SPAN("ann"),
                                 .recipients = 2};
    const struct map_scene scene = {.facts = &facts};
    const struct map map = {.count = 0};

    check_macros(&map, map_default(&map, MILTER_AT_CONNECT), &scene,
                 "MACRO M|_|client.example [192.0.2.7]|v|Postern|{daemon_name}|front|{daemon_addr}|192.0.2.1|"
                 "{daemon_port}|25|{if_addr}|192.0.2.1|{client_addr}|192.0.2.7|{client_name}|client.example|"
                 "{client_ptr}|client.example|{client_port}|1234");
    check_macros(&map, map_default(&map, MILTER_AT_HELO), &scene,
                 "MACRO M|{tls_version}|TLSv1.3|{cipher}|TLS_AES_128_GCM_SHA256|{cipher_bits}|128|{tls_sni}|"
                 "mx.example|{cert_subject}|CN=client|{cert_issuer}|CN=ca|{cert_fp}|ab12|{verify}|OK");
    check_macros(&map, map_default(&map, MILTER_AT_MAIL), &scene,
                 "MACRO M|{mail_mailer}|smtp|{auth_type}|PLAIN|{auth_authen}|ann|{auth_ssf}|0");
    check_author("SIZE=1 AUTH=bob+40example.org X=y", "MACRO M|{auth_author}|bob+40example.org");
    check_author("auth=x", "MACRO M|{auth_author}|x");
    check_author("AUTH=<>", "");
    check_author("", "");
    check_macros(&map, map_select(&map, SPAN("nrcpts {verify}\t{none},v")), &scene,
                 "MACRO M|v|Postern|{verify}|OK|{nrcpts}|2");
    facts.tls_verified = false;
    check_macros(&map, map_select(&map, SPAN("{verify}")), &scene, "MACRO M|{verify}|FAIL");
    facts.tls_subject = (struct span){0};
    check_macros(&map, map_select(&map, SPAN(" {verify} ")), &scene, "MACRO M|{verify}|NO");
    CHECK(map_select(&map, SPAN("")) == 0 && map_select(&map, SPAN("{} {{i}} , {")) == 0);
}

static void test_own(void)
{
    static const char *const wrong[] = {"", "name", "=value", " = x", "{a b}=c", "{}=x", "a{b=c", "\x01=x"};
    const struct filter_facts facts = {.hostname = SPAN("mx.example")};
    const struct map_scene scene = {.facts = &facts};
    struct map map = {.count = 0};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (map_own_add(&map, wrong[i]))
            FAIL(wrong[i]);
    CHECK(map_own_add(&map, "daemon_name=ORIGINATING") && map_own_add(&map, "{site} = north = south "));
    CHECK(map_own_add(&map, "j=") && map_own_add(&map, "s=short"));
    check_macros(&map, map_default(&map, MILTER_AT_CONNECT), &scene,
                 "MACRO M|_|[]|v|Postern|{daemon_name}|ORIGINATING|{if_name}|mx.example|{client_name}|[]|"
                 "{client_ptr}|unknown|{site}|north = south|s|short");
    check_macros(&map, map_select(&map, SPAN("site j")), &scene, "MACRO M|{site}|north = south");
    while (map.count < MAP_OWN_MAX)
        CHECK(map_own_add(&map, "more=x"));
    CHECK(!map_own_add(&map, "more=x"));
}

int main(void)
{
    test_addresses();
    test_circuit();
    test_defaults();
    test_facts();
    test_own();
    return test_end("filters_milter_parts");
}
