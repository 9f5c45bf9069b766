/* script.c: reads a session script: comment, configuration, dialogue; macros become the lines they stand for.
 */
#include "script.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lab_tls_keys.h"

static const struct {
    const char *name;
    const char *lines[12];
} macros[] = {
    {"connect", {"U connect", "U> 220 mx.example ESMTP", "S: 220 proxy.example *"}},
    {"starttls", {"C: STARTTLS", "S: 220 *", "C tls"}},
    {"envelope",
     {"C: MAIL FROM:<a@example.com>", "U< MAIL FROM:<a@example.com>", "U> 250 2.1.0 Ok", "S: 250 2.1.0 Ok",
      "C: RCPT TO:<b@example.org>", "U< RCPT TO:<b@example.org>", "U> 250 2.1.5 Ok", "S: 250 2.1.5 Ok"}},
    {"data", {"C: DATA", "U< DATA", "U> 354 Go ahead", "S: 354 Go ahead"}},
    {"quit", {"C: QUIT", "U< QUIT", "U> 221 Bye", "S: 221 Bye", "S closed", "U closed"}},
};

/* Octets of the line's word: "C:", "time", or two for a side and what it does: "U connect". */
static size_t word_length(struct span s)
{
    bool side = s.len > 2 && s.ptr[1] == ' ' &&
                (s.ptr[0] == 'C' || s.ptr[0] == 'S' || s.ptr[0] == 'U' || s.ptr[0] == 'M');
    size_t from = side ? 2 : 0;
    const char *blank = memchr(s.ptr + from, ' ', s.len - from);

    return blank != NULL ? (size_t)(blank - s.ptr) : s.len;
}

static void add_line(struct script *script, unsigned number, struct span s)
{
    size_t n = word_length(s);
    struct span text = n < s.len ? span_skip(s, n + 1) : span_of("", 0);
    struct line *line;

    script->lines = realloc(script->lines, (script->count + 1) * sizeof(*script->lines));
    line = &script->lines[script->count++];
    line->number = number;
    line->word = strndup(s.ptr, n);
    line->octets = strndup(text.ptr, text.len);
    line->text = span_of(line->octets, text.len);
}

/* hello KEYWORD|KEYWORD: the upstream answers EHLO with these. */
static void add_hello(struct script *script, unsigned number, struct span keywords)
{
    char bytes[1024];

    add_line(script, number, SPAN("C: EHLO client.example"));
    add_line(script, number, SPAN("U< EHLO client.example"));
    add_line(script, number, keywords.len != 0 ? SPAN("U> 250-mx.example") : SPAN("U> 250 mx.example"));
    while (keywords.len != 0) {
        const char *bar = memchr(keywords.ptr, '|', keywords.len);
        size_t n = bar != NULL ? (size_t)(bar - keywords.ptr) : keywords.len;
        (void)snprintf(bytes, sizeof(bytes), "U> 250%c%.*s", bar != NULL ? '-' : ' ', (int)n, keywords.ptr);
        add_line(script, number, span_str(bytes));
        keywords = span_skip(keywords, bar != NULL ? n + 1 : n);
    }
    add_line(script, number, SPAN("S reply 250"));
}

/* False: no macro of that name. */
static bool add_macro(struct script *script, unsigned number, struct span name)
{
    for (size_t i = 0; i < sizeof(macros) / sizeof(*macros); i++) {
        if (!span_eq(name, span_str(macros[i].name)))
            continue;
        for (size_t n = 0; n < 12 && macros[i].lines[n] != NULL; n++)
            add_line(script, number, span_str(macros[i].lines[n]));
        return true;
    }
    return false;
}

static void add_dialogue(struct script *script, unsigned number, struct span s)
{
    struct span word = span_first(s, word_length(s)), keywords = span_trim(span_skip(s, word.len));

    if (span_eq(word, SPAN("open")))
        (void)add_macro(script, number, SPAN("connect"));
    if (span_eq(word, SPAN("open")) || span_eq(word, SPAN("hello")))
        add_hello(script, number, keywords);
    else if (!add_macro(script, number, s))
        add_line(script, number, s);
}

/* A line of proxy.yaml; $certificates is the folder that holds some. */
static void add_config(struct lab_bytes *config, struct span s)
{
    static const struct span folder = SPAN("$certificates");
    const char *found;

    while ((found = memmem(s.ptr, s.len, folder.ptr, folder.len)) != NULL) {
        lab_bytes_add(config, span_first(s, (size_t)(found - s.ptr)));
        lab_bytes_add(config, span_str(lab_tls_folder()));
        s = span_skip(s, (size_t)(found - s.ptr) + folder.len);
    }
    lab_bytes_add(config, s);
}

static bool gives(const struct lab_bytes *config, const char *key)
{
    size_t n = strlen(key);

    for (size_t at = 0; at + n <= config->len; at++)
        if ((at == 0 || config->ptr[at - 1] == '\n') && memcmp(config->ptr + at, key, n) == 0)
            return true;
    return false;
}

/* What every configuration needs and few scripts care about. */
static void complete_config(struct lab_bytes *config)
{
    static const struct {
        const char *key, *line;
        const char *when; /* only if the configuration has this */
    } rows[] = {
        {"hostname:", "hostname: proxy.example\n", ""},
        {"listeners:", "listeners: [\"127.0.0.1:2525\"]\n", ""},
        {"upstreams:", "upstreams: [\"192.0.2.1:25\"]\n", ""},
        {"tls:", "tls: {certificates: [{chain: $certificates/proxy.pem, key: $certificates/proxy.key}]}\n",
         " tls: "},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (!gives(config, rows[i].key) &&
            (*rows[i].when == '\0' || memmem(config->ptr, config->len, rows[i].when, strlen(rows[i].when))))
            add_config(config, span_str(rows[i].line));
}

bool script_read(struct script *script, const char *path)
{
    FILE *file = fopen(path, "r");
    char *bytes = NULL;
    size_t size = 0;
    ssize_t n;
    unsigned number = 0;
    enum { COMMENT, CONFIG, DIALOGUE } part = COMMENT;

    *script = (struct script){.path = path};
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    while ((n = getline(&bytes, &size, file)) > 0) {
        struct span s = span_of(bytes, (size_t)n);
        number++;
        if (span_eq(s, SPAN("--- config\n"))) {
            part = CONFIG;
        } else if (span_eq(s, SPAN("--- dialogue\n"))) {
            part = DIALOGUE;
        } else if (part == CONFIG) {
            add_config(&script->config, s);
        } else if (part == DIALOGUE && s.ptr[0] != '#' && s.ptr[0] != '\n') {
            s.len -= s.ptr[s.len - 1] == '\n';
            add_dialogue(script, number, s);
        }
    }
    free(bytes);
    (void)fclose(file);
    complete_config(&script->config);
    if (script->count == 0)
        fprintf(stderr, "%s: no dialogue\n", path);
    return script->count != 0;
}

void script_free(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        free(script->lines[i].word);
        free(script->lines[i].octets);
    }
    free(script->lines);
    lab_bytes_free(&script->config);
}

/* "[N text]" behind a backslash; the octets used up, 0 when malformed. */
static size_t repeat(struct span text, bool pattern, struct lab_bytes *out)
{
    struct lab_bytes once = {0};
    size_t at = 1, end, times = 0, depth = 1;

    while (at < text.len && isdigit((unsigned char)text.ptr[at]))
        times = times * 10 + (size_t)(text.ptr[at++] - '0');
    if (at >= text.len || text.ptr[at] != ' ')
        return 0;
    at++;
    for (end = at; end < text.len; end++) {
        depth += text.ptr[end] == '[' ? 1 : 0;
        depth -= text.ptr[end] == ']' ? 1 : 0;
        if (depth == 0)
            break;
    }
    if (end == text.len || !script_decode(span_of(text.ptr + at, end - at), pattern, &once))
        return 0;
    for (size_t i = 0; i < times; i++)
        lab_bytes_add(out, lab_bytes_from(&once, 0));
    lab_bytes_free(&once);
    return end + 1;
}

/* What stands behind a backslash; the octets used up, 0 when malformed. */
static size_t escape(struct span text, bool pattern, struct lab_bytes *out)
{
    static const char names[] = "rnt0\\", values[] = "\r\n\t\0\\";
    char hex[3] = {0}, *end, octet;
    const char *name;

    if (text.len == 0)
        return 0;
    if (text.ptr[0] == '[')
        return repeat(text, pattern, out);
    if (pattern && text.ptr[0] == '*') {
        lab_bytes_add(out, SPAN("\\*"));
        return 1;
    }
    if (text.ptr[0] == 'x' && text.len >= 3) {
        memcpy(hex, text.ptr + 1, 2);
        octet = (char)strtoul(hex, &end, 16);
        lab_bytes_add(out, span_of(&octet, 1));
        return end == hex + 2 ? 3 : 0;
    }
    name = strchr(names, text.ptr[0]);
    if (name == NULL && pattern) { /* for regular expressions */
        lab_bytes_add(out, SPAN("\\"));
        lab_bytes_add(out, span_first(text, 1));
        return 1;
    }
    if (name == NULL)
        return 0;
    if (pattern && *name == '\\')
        lab_bytes_add(out, SPAN("\\"));
    lab_bytes_add(out, span_of(values + (name - names), 1));
    return 1;
}

bool script_decode(struct span text, bool pattern, struct lab_bytes *out)
{
    while (text.len != 0) {
        size_t n = 1;
        if (text.ptr[0] == '\\') {
            text = span_skip(text, 1);
            n = escape(text, pattern, out);
            if (n == 0)
                return false;
        } else {
            lab_bytes_add(out, span_first(text, 1));
        }
        text = span_skip(text, n);
    }
    return true;
}
