/* map.c: the table of macros. */
#include "filters/milter/map.h"

#include <arpa/inet.h>
#include <stdio.h>

#define VALUE_OCTETS 320

static const struct span absent = {NULL, 0};

/* A value: printed into bytes[VALUE_OCTETS], or somewhere else that lasts as long as the scene. Absent: the
 * macro is not sent. */
typedef struct span map_value(const struct map_scene *scene, char *bytes);

static struct span number(char *bytes, unsigned n)
{
    return span_of(bytes, (size_t)snprintf(bytes, VALUE_OCTETS, "%u", n));
}

/* --- values --------------------------------------------------------------------------------------------- */

static struct span hostname(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->hostname;
}

static struct span version(const struct map_scene *scene, char *bytes)
{
    (void)scene, (void)bytes;
    return SPAN("Postern");
}

struct span map_client(const struct filter_facts *facts, char *bytes, size_t size)
{
    struct span name = facts->client_name.len != 0 ? facts->client_name : facts->client;
    int n = snprintf(bytes, size, facts->client_name.len != 0 ? "%.*s" : "[%.*s]", (int)name.len,
                     name.len != 0 ? name.ptr : "");

    return n < 0 || (size_t)n >= size ? SPAN("unknown") : span_of(bytes, (size_t)n);
}

static struct span client(const struct map_scene *scene, char *bytes)
{
    return map_client(scene->facts, bytes, VALUE_OCTETS);
}

/* Name and address, as a Received field has them. */
static struct span identity(const struct map_scene *scene, char *bytes)
{
    struct span name = scene->facts->client_name, address = scene->facts->client;
    int n = snprintf(bytes, VALUE_OCTETS, "%.*s%s[%.*s]", (int)name.len, name.len != 0 ? name.ptr : "",
                     name.len != 0 ? " " : "", (int)address.len, address.len != 0 ? address.ptr : "");

    return n < 0 || n >= VALUE_OCTETS ? absent : span_of(bytes, (size_t)n);
}

static struct span client_ptr(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->client_name.len != 0 ? scene->facts->client_name : SPAN("unknown");
}

static struct span client_addr(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->client;
}

static struct span client_port(const struct map_scene *scene, char *bytes)
{
    return scene->facts->client_family != 0 ? number(bytes, scene->facts->client_port) : absent;
}

static struct span daemon_name(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->listener;
}

static struct span daemon_addr(const struct map_scene *scene, char *bytes)
{
    const struct filter_facts *facts = scene->facts;
    int family = facts->server_family == 4 ? AF_INET : AF_INET6;

    if (facts->server_family == 0 || inet_ntop(family, facts->server_address, bytes, VALUE_OCTETS) == NULL)
        return absent;
    return span_str(bytes);
}

static struct span daemon_port(const struct map_scene *scene, char *bytes)
{
    return scene->facts->server_family != 0 ? number(bytes, scene->facts->server_port) : absent;
}

static struct span tls_version(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->tls_version;
}

static struct span cipher(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->tls_cipher;
}

static struct span cipher_bits(const struct map_scene *scene, char *bytes)
{
    return scene->facts->tls_version.len != 0 ? number(bytes, scene->facts->tls_bits) : absent;
}

static struct span tls_sni(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->tls_name;
}

static struct span cert_subject(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->tls_subject;
}

static struct span cert_issuer(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->tls_issuer;
}

static struct span cert_fp(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->tls_fingerprint;
}

/* Whether the client's certificate was found to be good: the words of STARTTLS in sendmail's documentation.
 */
static struct span verify(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    if (scene->facts->tls_version.len == 0)
        return absent;
    if (scene->facts->tls_subject.len == 0)
        return SPAN("NO");
    return scene->facts->tls_verified ? SPAN("OK") : SPAN("FAIL");
}

static struct span transaction(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->transaction;
}

static struct span path_address(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->path != NULL ? scene->path->address : absent;
}

static struct span path_host(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->path != NULL ? scene->path->domain : absent;
}

static struct span mail_mailer(const struct map_scene *scene, char *bytes)
{
    (void)scene, (void)bytes;
    return SPAN("smtp");
}

static struct span auth_type(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->authentication;
}

static struct span auth_authen(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->identity;
}

/* Whom the client says that the message is from (RFC 4954 5), as it has written it. */
static struct span auth_author(const struct map_scene *scene, char *bytes)
{
    struct span rest = scene->path != NULL ? scene->path->parameters : absent;

    (void)bytes;
    while ((rest = span_trim(rest)).len != 0) {
        const char *space = memchr(rest.ptr, ' ', rest.len);
        struct span parameter = span_first(rest, space != NULL ? (size_t)(space - rest.ptr) : rest.len);
        if (span_starts_nocase(parameter, SPAN("AUTH=")) && !span_eq(parameter, SPAN("AUTH=<>")))
            return span_skip(parameter, strlen("AUTH="));
        rest = span_skip(rest, parameter.len);
    }
    return absent;
}

/* No mechanism that passes through us has a security layer of its own. */
static struct span auth_ssf(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->facts->authentication.len != 0 ? SPAN("0") : absent;
}

/* What a refusal is told as: its code stands for the host, its text for the address. */
static struct span rcpt_addr(const struct map_scene *scene, char *bytes)
{
    return scene->refusal != NULL ? scene->refusal->text : path_address(scene, bytes);
}

static struct span rcpt_host(const struct map_scene *scene, char *bytes)
{
    return scene->refusal != NULL ? number(bytes, scene->refusal->code) : path_host(scene, bytes);
}

static struct span rcpt_mailer(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->refusal != NULL ? SPAN("error") : SPAN("smtp");
}

static struct span nrcpts(const struct map_scene *scene, char *bytes)
{
    return number(bytes, scene->facts->recipients);
}

static struct span msg_id(const struct map_scene *scene, char *bytes)
{
    (void)bytes;
    return scene->message_id;
}

/* --- the table ------------------------------------------------------------------------------------------ */

#define AT(stage) (1u << MILTER_AT_##stage)
#define ALWAYS    (AT(MAIL) | AT(RCPT) | AT(DATA) | AT(EOH) | AT(EOM))

static const struct {
    const char *name; /* without braces */
    unsigned stages;  /* at which it is sent by default */
    map_value *value;
} rows[] = {
    {"j", AT(CONNECT), hostname},
    {"_", AT(CONNECT), identity},
    {"v", AT(CONNECT), version},
    {"daemon_name", AT(CONNECT), daemon_name},
    {"daemon_addr", AT(CONNECT), daemon_addr},
    {"daemon_port", AT(CONNECT), daemon_port},
    {"if_name", AT(CONNECT), hostname},
    {"if_addr", AT(CONNECT), daemon_addr},
    {"client_addr", AT(CONNECT), client_addr},
    {"client_name", AT(CONNECT), client},
    {"client_ptr", AT(CONNECT), client_ptr},
    {"client_port", AT(CONNECT), client_port},
    {"tls_version", AT(HELO), tls_version},
    {"cipher", AT(HELO), cipher},
    {"cipher_bits", AT(HELO), cipher_bits},
    {"tls_sni", AT(HELO), tls_sni},
    {"cert_subject", AT(HELO), cert_subject},
    {"cert_issuer", AT(HELO), cert_issuer},
    {"cert_fp", AT(HELO), cert_fp},
    {"verify", AT(HELO), verify},
    {"i", ALWAYS, transaction},
    {"mail_addr", AT(MAIL), path_address},
    {"mail_host", AT(MAIL), path_host},
    {"mail_mailer", AT(MAIL), mail_mailer},
    {"auth_type", AT(MAIL), auth_type},
    {"auth_authen", AT(MAIL), auth_authen},
    {"auth_author", AT(MAIL), auth_author},
    {"auth_ssf", AT(MAIL), auth_ssf},
    {"rcpt_addr", AT(RCPT), rcpt_addr},
    {"rcpt_host", AT(RCPT), rcpt_host},
    {"rcpt_mailer", AT(RCPT), rcpt_mailer},
    {"nrcpts", 0, nrcpts},
    {"msg_id", AT(EOM), msg_id},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(ROWS + MAP_OWN_MAX <= 64, "a set holds one bit for each macro");

static const struct map_own *own_of(const struct map *map, struct span name)
{
    for (size_t i = 0; i < map->count; i++)
        if (span_eq(map->own[i].name, name))
            return &map->own[i];
    return NULL;
}

/* The bit of a macro of this name; -1: there is none. */
static int bit_of(const struct map *map, struct span name)
{
    const struct map_own *own = own_of(map, name);

    for (size_t i = 0; i < ROWS; i++)
        if (span_eq(span_str(rows[i].name), name))
            return (int)i;
    return own != NULL ? (int)(ROWS + (size_t)(own - map->own)) : -1;
}

static struct span without_braces(struct span name)
{
    if (name.len > 2 && name.ptr[0] == '{' && name.ptr[name.len - 1] == '}')
        return span_of(name.ptr + 1, name.len - 2);
    return name;
}

bool map_own_add(struct map *map, const char *written)
{
    const char *equals = strchr(written, '=');
    struct span name;

    if (equals == NULL || map->count == MAP_OWN_MAX)
        return false;
    name = without_braces(span_trim(span_of(written, (size_t)(equals - written))));
    if (name.len == 0 || name.len > 64)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] <= ' ' || name.ptr[i] >= 0x7f || name.ptr[i] == '{' || name.ptr[i] == '}')
            return false;
    map->own[map->count++] = (struct map_own){name, span_trim(span_str(equals + 1))};
    return true;
}

/* Macros of the administrator that we do not have are sent first of all, and so are known at all stages. */
map_set map_default(const struct map *map, enum milter_stage stage)
{
    map_set set = 0;

    for (size_t i = 0; i < ROWS; i++)
        if ((rows[i].stages >> stage & 1u) != 0)
            set |= (map_set)1 << i;
    for (size_t i = 0; i < map->count && stage == MILTER_AT_CONNECT; i++)
        set |= (map_set)1 << bit_of(map, map->own[i].name);
    return set;
}

static bool separates(char c)
{
    return c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n';
}

map_set map_select(const struct map *map, struct span names)
{
    map_set set = 0;

    for (size_t at = 0; at < names.len;) {
        size_t begin = at;
        while (at < names.len && !separates(names.ptr[at]))
            at++;
        int bit = bit_of(map, without_braces(span_of(names.ptr + begin, at - begin)));
        if (bit >= 0)
            set |= (map_set)1 << bit;
        at++;
    }
    return set;
}

/* name = OCTET / "{" 2*OCTET "}" */
static void add_name(struct milter_writer *writer, struct span name)
{
    char braced[80];
    int n = snprintf(braced, sizeof(braced), name.len == 1 ? "%.*s" : "{%.*s}", (int)name.len, name.ptr);

    (void)milter_add_string(writer, span_of(braced, (size_t)n));
}

void map_write(struct milter_writer *writer, const struct map *map, map_set set, char command,
               const struct map_scene *scene)
{
    struct milter_writer list = {0};

    for (size_t bit = 0; bit < ROWS + map->count; bit++) {
        char bytes[VALUE_OCTETS];
        struct span name, value;
        if ((set >> bit & 1) == 0)
            continue;
        name = bit < ROWS ? span_str(rows[bit].name) : map->own[bit - ROWS].name;
        const struct map_own *own = own_of(map, name);
        value = own != NULL ? own->value : rows[bit].value(scene, bytes);
        if (value.len == 0)
            continue;
        add_name(&list, name);
        (void)milter_add_string(&list, value);
    }
    if (list.starved)
        writer->starved = true;
    else if (list.len != 0)
        (void)milter_write(writer, MILTER_OF_MTA,
                           &(struct milter_packet){.command = MILTER_MACRO,
                                                   .numbers = {(unsigned char)command},
                                                   .rest = milter_written(&list)});
    milter_writer_free(&list);
}
