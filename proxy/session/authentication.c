/* authentication.c: reads the name of the client out of PLAIN (RFC 4616) and LOGIN, and nothing else. What
 * else their responses hold is wiped here as soon as it has been decoded. */
#include "session/authentication.h"

#include "base/mem.h"
#include "mail/decode.h"
#include "smtp/address.h"

#define MECHANISM_MAX 20   /* octets, RFC 4422 3.1 */
#define IDENTITY_MAX  255  /* octets, RFC 4616 2: authcid */
#define RESPONSE_MAX  1024 /* octets decoded: authzid, authcid and passwd, with what is between */

struct authentication {
    char mechanism[MECHANISM_MAX + 1];
    char identity[IDENTITY_MAX + 1]; /* empty: the mechanism does not show it */
    bool answered;                   /* the first response has been seen: others hold no name */
    bool accepted;
};

/* message = [authzid] UTF8NUL authcid UTF8NUL passwd */
static struct span plain(struct span message)
{
    const char *first = message.len != 0 ? memchr(message.ptr, '\0', message.len) : NULL;
    struct span rest =
        first != NULL ? span_skip(message, (size_t)(first - message.ptr) + 1) : span_of(NULL, 0);
    const char *second = rest.len != 0 ? memchr(rest.ptr, '\0', rest.len) : NULL;

    return second != NULL ? span_first(rest, (size_t)(second - rest.ptr)) : span_of(NULL, 0);
}

/* Its first response is the name of the user, and nothing else. */
static struct span login(struct span message)
{
    return message;
}

static const struct {
    const char *mechanism;
    struct span (*identity)(struct span message); /* of the first response */
} shown[] = {{"PLAIN", plain}, {"LOGIN", login}};

static bool harmless(struct span identity)
{
    for (size_t i = 0; i < identity.len; i++)
        if ((unsigned char)identity.ptr[i] < ' ' || identity.ptr[i] == 0x7f)
            return false;
    return identity.len != 0 && identity.len <= IDENTITY_MAX && address_utf8_valid(identity);
}

/* The octets that base64 stands for; absent when there are too many. */
static struct span decoded(struct span base64, char *bytes, size_t size)
{
    struct decode decode = {.encoding = DECODE_BASE64};
    size_t len = 0, made = 0, used;

    do {
        used = decode_feed(&decode, base64, bytes + len, size - len, &made);
        base64 = span_skip(base64, used);
        len += made;
    } while (base64.len != 0 && (used != 0 || made != 0) && size - len >= DECODE_FINISH_MAX);
    if (base64.len != 0 || size - len < DECODE_FINISH_MAX)
        return span_of(NULL, 0);
    len += decode_finish(&decode, bytes + len);
    return span_of(bytes, len);
}

void authentication_response(struct session *session, struct span response)
{
    struct authentication *known = session->authentication;
    char bytes[RESPONSE_MAX];
    struct span identity = {NULL, 0};
    struct text kept;

    if (known == NULL || known->answered)
        return;
    known->answered = true;
    kept = (struct text){known->identity, 0, IDENTITY_MAX, false}; /* zeroed behind it */
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (strcmp(shown[i].mechanism, known->mechanism) == 0)
            identity = shown[i].identity(decoded(response, bytes, sizeof(bytes)));
    if (harmless(identity))
        text_add(&kept, identity);
    explicit_bzero(bytes, sizeof(bytes));
}

static char upper(char c)
{
    if (c >= 'a' && c <= 'z')
        return (char)(c & ~0x20);
    return c;
}

void authentication_begin(struct session *session, struct span mechanism, struct span initial)
{
    struct authentication *known;

    authentication_forget(session);
    known = mem_alloc(sizeof(*known));
    if (known == NULL || mechanism.len > MECHANISM_MAX) {
        mem_free(known); /* not known then: nothing depends on it but what filters are told */
        return;
    }
    for (size_t i = 0; i < mechanism.len; i++)
        known->mechanism[i] = upper(mechanism.ptr[i]);
    session->authentication = known;
    if (initial.len != 0)
        authentication_response(session, initial);
}

void authentication_end(struct session *session, bool accepted)
{
    if (!accepted)
        authentication_forget(session);
    else if (session->authentication != NULL)
        session->authentication->accepted = true;
}

void authentication_forget(struct session *session)
{
    mem_free(session->authentication);
    session->authentication = NULL;
}

void authentication_facts(const struct session *session, struct filter_facts *out)
{
    const struct authentication *known = session->authentication;

    if (known == NULL || !known->accepted)
        return;
    out->authentication = span_str(known->mechanism);
    if (known->identity[0] != '\0')
        out->identity = span_str(known->identity);
}
