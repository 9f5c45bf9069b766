/* ehlo.c: the capabilities of an EHLO reply: parsed, kept, printed. What a client is offered is left to
 * ehlo_offer.c. */
#include "smtp/ehlo.h"

#include <assert.h>

#include "smtp/chars.h"
#include "smtp/words.h"

#define LINE_OCTETS 512 /* RFC 5321 4.5.3.1.5: code, separator and CRLF included */

/* What may follow a keyword. */
enum arguments { ARGUMENTS_NONE, ARGUMENTS_WORDS, ARGUMENTS_SIZE, ARGUMENTS_LIMITS };

static const struct {
    const char *name;
    enum treatment treatment;
    enum arguments arguments;
} KEYWORDS[KEYWORD_COUNT] = {
    [KEYWORD_PIPELINING] = {"PIPELINING", TREATMENT_OWN, ARGUMENTS_NONE},
    [KEYWORD_SIZE] = {"SIZE", TREATMENT_REWRITE, ARGUMENTS_SIZE},
    [KEYWORD_8BITMIME] = {"8BITMIME", TREATMENT_PASS, ARGUMENTS_NONE},
    [KEYWORD_SMTPUTF8] = {"SMTPUTF8", TREATMENT_PASS, ARGUMENTS_NONE},
    [KEYWORD_DSN] = {"DSN", TREATMENT_PASS, ARGUMENTS_NONE},
    [KEYWORD_ENHANCEDSTATUSCODES] = {"ENHANCEDSTATUSCODES", TREATMENT_PASS, ARGUMENTS_NONE},
    [KEYWORD_CHUNKING] = {"CHUNKING", TREATMENT_PASS, ARGUMENTS_NONE},
    [KEYWORD_BINARYMIME] = {"BINARYMIME", TREATMENT_PASS, ARGUMENTS_NONE},
    [KEYWORD_AUTH] = {"AUTH", TREATMENT_PASS, ARGUMENTS_WORDS},
    [KEYWORD_STARTTLS] = {"STARTTLS", TREATMENT_NEVER, ARGUMENTS_NONE},
    [KEYWORD_LIMITS] = {"LIMITS", TREATMENT_REWRITE, ARGUMENTS_LIMITS},
    [KEYWORD_DELIVERBY] = {"DELIVERBY", TREATMENT_PASS, ARGUMENTS_WORDS},
    [KEYWORD_MT_PRIORITY] = {"MT-PRIORITY", TREATMENT_STRIP, ARGUMENTS_WORDS},
    [KEYWORD_RRVS] = {"RRVS", TREATMENT_PASS, ARGUMENTS_NONE},
    [KEYWORD_REQUIRETLS] = {"REQUIRETLS", TREATMENT_NEVER, ARGUMENTS_NONE},
    [KEYWORD_NO_SOLICITING] = {"NO-SOLICITING", TREATMENT_PASS, ARGUMENTS_WORDS},
    [KEYWORD_FUTURERELEASE] = {"FUTURERELEASE", TREATMENT_STRIP, ARGUMENTS_WORDS},
    [KEYWORD_MTRK] = {"MTRK", TREATMENT_STRIP, ARGUMENTS_NONE},
    [KEYWORD_XVERP] = {"XVERP", TREATMENT_STRIP, ARGUMENTS_NONE},
    [KEYWORD_VRFY] = {"VRFY", TREATMENT_STRIP, ARGUMENTS_NONE},
    [KEYWORD_EXPN] = {"EXPN", TREATMENT_STRIP, ARGUMENTS_NONE},
    [KEYWORD_ETRN] = {"ETRN", TREATMENT_STRIP, ARGUMENTS_NONE},
    [KEYWORD_XCLIENT] = {"XCLIENT", TREATMENT_NEVER, ARGUMENTS_WORDS},
    [KEYWORD_XFORWARD] = {"XFORWARD", TREATMENT_NEVER, ARGUMENTS_WORDS},
    [KEYWORD_HELP] = {"HELP", TREATMENT_OWN, ARGUMENTS_NONE},
};

static const struct {
    const char *name;
    size_t offset;
} LIMIT_NAMES[] = {
    {"MAILMAX", offsetof(struct ehlo_limits, mail_max)},
    {"RCPTMAX", offsetof(struct ehlo_limits, rcpt_max)},
    {"RCPTDOMAINMAX", offsetof(struct ehlo_limits, rcpt_domain_max)},
};
#define LIMIT_COUNT (sizeof(LIMIT_NAMES) / sizeof(LIMIT_NAMES[0]))

static uint32_t *limit_item(struct ehlo_limits *limits, size_t i)
{
    return (uint32_t *)(void *)((char *)limits + LIMIT_NAMES[i].offset);
}

enum keyword ehlo_keyword(struct span name)
{
    for (unsigned i = 0; i < KEYWORD_COUNT; i++)
        if (span_eq_nocase(name, span_str(KEYWORDS[i].name)))
            return (enum keyword)i;
    return KEYWORD_NONE;
}

const char *ehlo_name(enum keyword keyword)
{
    assert(keyword < KEYWORD_COUNT);
    return KEYWORDS[keyword].name;
}

enum treatment ehlo_treatment(enum keyword keyword)
{
    assert(keyword < KEYWORD_COUNT);
    return KEYWORDS[keyword].treatment;
}

void ehlo_clear(struct ehlo *ehlo)
{
    memset(ehlo, 0, sizeof(*ehlo));
}

/* RFC 1870 3: size-param = [1*20DIGIT]; printed again without an argument when it declares no limit. */
static bool take_size(struct ehlo *ehlo, struct span words, struct text *canonical)
{
    struct span word;

    ehlo->size = 0;
    if (!words_next(&words, &word))
        return true;
    if (!words_number(word, UINT64_MAX, &ehlo->size) || words_next(&words, &word))
        return false;
    if (ehlo->size != 0)
        text_number(canonical, ehlo->size);
    return true;
}

static void print_limits(struct text *text, struct ehlo_limits limits)
{
    for (size_t i = 0; i < LIMIT_COUNT; i++) {
        if (*limit_item(&limits, i) == 0)
            continue;
        words_add(text, span_str(LIMIT_NAMES[i].name));
        text_char(text, '=');
        text_number(text, *limit_item(&limits, i));
    }
}

/* RFC 9422 3: limits = limit *( SP limit ); names not known and values that are no number are hidden. */
static bool take_limits(struct ehlo *ehlo, struct span words, struct text *canonical)
{
    struct span word;
    uint64_t value;

    ehlo->limits = (struct ehlo_limits){0};
    while (words_next(&words, &word)) {
        for (size_t i = 0; i < LIMIT_COUNT; i++) {
            struct span name = span_str(LIMIT_NAMES[i].name);
            if (span_starts_nocase(word, name) && word.len > name.len && word.ptr[name.len] == '=' &&
                words_number(span_skip(word, name.len + 1), UINT32_MAX, &value))
                *limit_item(&ehlo->limits, i) = (uint32_t)value;
        }
    }
    print_limits(canonical, ehlo->limits);
    return canonical->len != 0;
}

/* ehlo-param = 1*(%d33-126), parted by one space when printed again. */
static bool take_words(struct span words, struct text *canonical)
{
    struct span word;

    while (words_next(&words, &word)) {
        for (size_t i = 0; i < word.len; i++)
            if (!chars_is(word.ptr[i], CHAR_VCHAR))
                return false;
        words_add(canonical, word);
    }
    return true;
}

static bool take_arguments(struct ehlo *ehlo, enum keyword keyword, struct span words, struct text *canonical)
{
    switch (KEYWORDS[keyword].arguments) {
    case ARGUMENTS_SIZE:
        return take_size(ehlo, words, canonical);
    case ARGUMENTS_LIMITS:
        return take_limits(ehlo, words, canonical);
    case ARGUMENTS_WORDS:
        return take_words(words, canonical);
    case ARGUMENTS_NONE:
        break;
    }
    return true;
}

bool ehlo_set(struct ehlo *ehlo, enum keyword keyword, struct span arguments)
{
    char bytes[LINE_OCTETS];
    struct text canonical = TEXT(bytes);

    assert(keyword < KEYWORD_COUNT);
    canonical.size -= sizeof("250- \r\n") - 1 + strlen(KEYWORDS[keyword].name);
    ehlo_remove(ehlo, keyword);
    if (!take_arguments(ehlo, keyword, arguments, &canonical) || canonical.cut ||
        canonical.len > sizeof(ehlo->text) - ehlo->used) {
        ehlo_remove(ehlo, keyword);
        return false;
    }
    memcpy(ehlo->text + ehlo->used, bytes, canonical.len);
    ehlo->argument_at[keyword] = ehlo->used;
    ehlo->argument_len[keyword] = (uint16_t)canonical.len;
    ehlo->used = (uint16_t)(ehlo->used + canonical.len);
    ehlo->set |= UINT64_C(1) << keyword;
    return true;
}

void ehlo_remove(struct ehlo *ehlo, enum keyword keyword)
{
    uint16_t at = ehlo->argument_at[keyword], len = ehlo->argument_len[keyword];

    memmove(ehlo->text + at, ehlo->text + at + len, (size_t)(ehlo->used - at - len));
    ehlo->used = (uint16_t)(ehlo->used - len);
    for (unsigned i = 0; i < KEYWORD_COUNT; i++)
        if (ehlo->argument_at[i] > at)
            ehlo->argument_at[i] = (uint16_t)(ehlo->argument_at[i] - len);
    ehlo->argument_at[keyword] = ehlo->argument_len[keyword] = 0;
    ehlo->set &= ~(UINT64_C(1) << keyword);
    if (keyword == KEYWORD_SIZE)
        ehlo->size = 0;
    if (keyword == KEYWORD_LIMITS)
        ehlo->limits = (struct ehlo_limits){0};
}

bool ehlo_set_limits(struct ehlo *ehlo, const struct ehlo_limits *limits)
{
    char bytes[LINE_OCTETS];
    struct text text = TEXT(bytes);

    print_limits(&text, *limits);
    return ehlo_set(ehlo, KEYWORD_LIMITS, text_span(&text));
}

struct span ehlo_arguments(const struct ehlo *ehlo, enum keyword keyword)
{
    return span_of(ehlo->text + ehlo->argument_at[keyword], ehlo->argument_len[keyword]);
}

/* Both spellings of AUTH may be given and may list different mechanisms: the client is shown all of them. */
static void merge_auth(struct ehlo *ehlo, struct span words)
{
    char bytes[LINE_OCTETS];
    struct text merged = TEXT(bytes);
    struct span known = ehlo_arguments(ehlo, KEYWORD_AUTH);
    struct span word;

    text_add(&merged, known);
    while (words_next(&words, &word))
        if (!words_has(text_span(&merged), word))
            words_add(&merged, word);
    if (!merged.cut)
        (void)ehlo_set(ehlo, KEYWORD_AUTH, text_span(&merged));
}

/* RFC 5321 4.1.1.1: ehlo-line = ehlo-keyword *( SP ehlo-param )
 *                   ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-") */
void ehlo_add_line(struct ehlo *ehlo, struct span line)
{
    struct span name, rest = line;
    enum keyword keyword;

    if (!words_next(&rest, &name) || name.ptr != line.ptr)
        return;
    if (span_starts_nocase(name, SPAN("AUTH="))) {
        rest = span_skip(line, sizeof("AUTH=") - 1);
        name.len = sizeof("AUTH") - 1;
    }
    keyword = ehlo_keyword(name);
    if (keyword == KEYWORD_AUTH)
        merge_auth(ehlo, rest);
    else if (keyword != KEYWORD_NONE)
        (void)ehlo_set(ehlo, keyword, rest);
}

static void print_line(struct text *text, bool last, struct span name, struct span arguments)
{
    text_add(text, last ? SPAN("250 ") : SPAN("250-"));
    text_add_safe(text, name, false);
    if (arguments.len != 0) {
        text_char(text, ' ');
        text_add_safe(text, arguments, false);
    }
    text_add(text, SPAN("\r\n"));
}

void ehlo_print(struct text *text, const struct ehlo *ehlo, struct span hostname, struct span greeting)
{
    uint64_t left = ehlo->set;

    print_line(text, left == 0, hostname, greeting);
    for (unsigned i = 0; left != 0; i++) {
        if ((left >> i & 1u) == 0)
            continue;
        left &= ~(UINT64_C(1) << i);
        print_line(text, left == 0, span_str(KEYWORDS[i].name), ehlo_arguments(ehlo, (enum keyword)i));
    }
}

bool ehlo_offers_mechanism(const struct ehlo *ehlo, struct span mechanism)
{
    return ehlo_has(ehlo, KEYWORD_AUTH) && words_has(ehlo_arguments(ehlo, KEYWORD_AUTH), mechanism);
}
