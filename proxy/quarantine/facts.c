/* facts.c: facts become JSON and are read back, both by one table; the JSON itself is left to jansson. */
#include "quarantine/facts.h"

#include <errno.h>
#include <jansson.h>

#include "base/mem.h"

enum kind { SPAN_FACT, NUMBER_FACT, FLAG_FACT };

struct row {
    const char *group; /* NULL: at the top */
    const char *key;
    size_t offset;
    enum kind kind;
    bool needed;
};

#define ROW(group_, key_, member_, kind_)                                                                    \
    {                                                                                                        \
        (group_), (key_), offsetof(struct facts, member_), kind_##_FACT, false                               \
    }
#define NEEDED(key_, member_)                                                                                \
    {                                                                                                        \
        NULL, (key_), offsetof(struct facts, member_), SPAN_FACT, true                                       \
    }

/* In the order in which they are written. */
static const struct row rows[] = {
    NEEDED("id", id),
    ROW(NULL, "time", time, SPAN),
    ROW(NULL, "session", session, SPAN),
    ROW("client", "address", client, SPAN),
    ROW("client", "port", client_port, NUMBER),
    ROW("client", "name", client_name, SPAN),
    ROW(NULL, "helo", helo, SPAN),
    ROW(NULL, "extended", extended, FLAG),
    ROW(NULL, "listener", listener, SPAN),
    ROW("tls", "version", tls_version, SPAN),
    ROW("tls", "cipher", tls_cipher, SPAN),
    ROW("tls", "subject", tls_subject, SPAN),
    ROW("authentication", "mechanism", authentication, SPAN),
    ROW("authentication", "identity", identity, SPAN),
    NEEDED("reverse_path", reverse_path),
    ROW(NULL, "reverse_path_given", reverse_path_given, SPAN),
    ROW(NULL, "parameters", parameters, SPAN),
    ROW(NULL, "smtputf8", smtputf8, FLAG),
    ROW(NULL, "binary", binary, FLAG),
    ROW(NULL, "filter", filter, SPAN),
    ROW(NULL, "reason", reason, SPAN),
    ROW(NULL, "size", size, NUMBER),
    ROW("upstream", "address", upstream, SPAN),
    ROW("upstream", "destination", destination, SPAN),
};
#define ROWS       (sizeof(rows) / sizeof(*rows))
#define RECIPIENTS "recipients"

/* --- printing ------------------------------------------------------------------------------------------- */

/* What JSON cannot say, or what could not be read back, as it is: octets that are no UTF-8, and NUL. */
static json_t *latin1(struct span s)
{
    char *utf8 = mem_alloc(2 * s.len + 1);
    size_t len = 0;
    json_t *value;

    if (utf8 == NULL)
        return NULL;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x80) {
            utf8[len++] = (char)(c != '\0' ? c : '?');
        } else {
            utf8[len++] = (char)(0xC0 | c >> 6);
            utf8[len++] = (char)(0x80 | (c & 0x3F));
        }
    }
    value = json_stringn(utf8, len);
    mem_free(utf8);
    return value;
}

static json_t *string(struct span s)
{
    json_t *value = memchr(s.ptr, '\0', s.len) == NULL ? json_stringn(s.ptr, s.len) : NULL;

    return value != NULL ? value : latin1(s);
}

/* False: no memory. An absent fact is not written. */
static bool put(json_t *object, const char *key, struct span s)
{
    return s.ptr == NULL || json_object_set_new(object, key, string(s)) == 0;
}

static json_t *group_of(json_t *root, const char *name)
{
    json_t *group = json_object_get(root, name);

    if (group != NULL)
        return group;
    return json_object_set_new(root, name, json_object()) == 0 ? json_object_get(root, name) : NULL;
}

static bool present(const struct row *row, const void *fact)
{
    if (row->kind == SPAN_FACT)
        return ((const struct span *)fact)->ptr != NULL;
    return row->kind == FLAG_FACT || *(const uint64_t *)fact != 0;
}

static bool put_row(json_t *root, const struct row *row, const struct facts *facts)
{
    const void *fact = (const char *)facts + row->offset;
    json_t *object;

    if (!present(row, fact))
        return true;
    object = row->group != NULL ? group_of(root, row->group) : root;
    if (object == NULL)
        return false;
    if (row->kind == SPAN_FACT)
        return put(object, row->key, *(const struct span *)fact);
    if (row->kind == FLAG_FACT)
        return json_object_set_new(object, row->key, json_boolean(*(const bool *)fact)) == 0;
    return json_object_set_new(object, row->key, json_integer((json_int_t) * (const uint64_t *)fact)) == 0;
}

static bool put_recipients(json_t *root, const struct facts *facts)
{
    json_t *list;

    if (json_object_set_new(root, RECIPIENTS, json_array()) != 0)
        return false;
    list = json_object_get(root, RECIPIENTS);
    for (size_t i = 0; i < facts->recipient_count; i++) {
        const struct facts_recipient *recipient = &facts->recipients[i];
        json_t *object = json_object();
        if (json_array_append_new(list, object) != 0 || !put(object, "address", recipient->address) ||
            !put(object, "parameters", recipient->parameters) || !put(object, "given", recipient->given))
            return false;
    }
    return true;
}

static char *dump(const json_t *root, bool line, size_t *len)
{
    const size_t flags = line ? JSON_COMPACT : JSON_INDENT(2);
    size_t size = json_dumpb(root, NULL, 0, flags);
    char *out = size != 0 ? mem_alloc(size + 2) : NULL;

    if (out == NULL)
        return NULL;
    *len = json_dumpb(root, out, size, flags);
    if (*len != size) {
        mem_free(out);
        return NULL;
    }
    if (!line)
        out[(*len)++] = '\n';
    return out;
}

char *facts_print(const struct facts *facts, bool line, size_t *len)
{
    json_t *root = json_object();
    bool good = root != NULL;
    char *out = NULL;

    for (size_t i = 0; good && i < ROWS; i++)
        good = put_row(root, &rows[i], facts);
    if (good && put_recipients(root, facts))
        out = dump(root, line, len);
    json_decref(root);
    return out;
}

/* --- reading -------------------------------------------------------------------------------------------- */

/* An absent value leaves the span absent. */
static bool get(const json_t *object, const char *key, struct span *out)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL)
        return true;
    if (!json_is_string(value))
        return false;
    *out = span_of(json_string_value(value), json_string_length(value));
    return true;
}

static bool get_row(const json_t *root, const struct row *row, struct facts *facts)
{
    const json_t *object = row->group != NULL ? json_object_get(root, row->group) : root;
    void *fact = (char *)facts + row->offset;
    const json_t *value;

    if (object == NULL)
        return true;
    if (!json_is_object(object))
        return false;
    if (row->kind == SPAN_FACT)
        return get(object, row->key, fact) && (!row->needed || ((const struct span *)fact)->ptr != NULL);
    value = json_object_get(object, row->key);
    if (value == NULL)
        return true;
    if (row->kind == FLAG_FACT) {
        *(bool *)fact = json_is_true(value);
        return json_is_boolean(value);
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *(uint64_t *)fact = (uint64_t)json_integer_value(value);
    return true;
}

static int get_recipients(const json_t *root, struct facts_file *file)
{
    const json_t *list = json_object_get(root, RECIPIENTS);
    size_t count = json_array_size(list); /* 0 of what is no array */

    if (count == 0)
        return -EBADMSG;
    file->recipients = mem_alloc(count * sizeof(*file->recipients));
    if (file->recipients == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(list, i);
        struct facts_recipient *recipient = &file->recipients[i];
        if (!json_is_object(object) || !get(object, "address", &recipient->address) ||
            !get(object, "parameters", &recipient->parameters) || !get(object, "given", &recipient->given) ||
            recipient->address.len == 0)
            return -EBADMSG;
    }
    file->facts.recipients = file->recipients;
    file->facts.recipient_count = count;
    return 0;
}

int facts_open(struct facts_file *file, struct span json)
{
    json_error_t why;
    json_t *root = json_loadb(json.ptr, json.len, JSON_REJECT_DUPLICATES, &why);
    int error;

    *file = (struct facts_file){.document = root};
    if (root == NULL)
        return json_error_code(&why) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
    error = json_is_object(root) ? 0 : -EBADMSG;
    for (size_t i = 0; error == 0 && i < ROWS; i++)
        if (!get_row(root, &rows[i], &file->facts))
            error = -EBADMSG;
    if (error == 0)
        error = get_recipients(root, file);
    if (error != 0)
        facts_close(file);
    return error;
}

void facts_close(struct facts_file *file)
{
    json_decref(file->document);
    mem_free(file->recipients);
    *file = (struct facts_file){0};
}
