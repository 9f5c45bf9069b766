/* pattern.c: compiles a regular expression with PCRE2 and looks for it once; the only file that knows PCRE2.
 * Text that arrives in pieces is left to scan.c. */
#include "filters/regex/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Put before every pattern. The mention of LF, repeated no times, stops PCRE2 from stepping over the LF of a
 * CRLF when it looks for a start, which would hide the match of \sfoo in "\r\nfoo". The option setting, which
 * changes nothing, cannot be repeated: a pattern that begins with a quantifier stays an error. */
static const struct span prefix = {"\\n{0}(?-x)", 10};

enum { JIT_STACK_FIRST = 32 * 1024, JIT_STACK_MOST = 4 * 1024 * 1024 };

enum { GROUPS_MAX = 64 }; /* of which a look tells where they matched, the match itself included */

struct pattern {
    pcre2_code *code;
    char *source;
    struct pattern_options options;
    size_t reach;
    bool anchored;
};

/* What a look needs besides the pattern; a thread looks for one pattern at a time. */
struct workbench {
    pcre2_match_data *data;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack; /* NULL: the JIT makes do with 32 KiB of the thread's own */
};

static _Thread_local struct workbench *workbench;
static pthread_once_t workbench_once = PTHREAD_ONCE_INIT;
static pthread_key_t workbench_key; /* only so that it is freed with its thread */

static void workbench_free(void *arg)
{
    struct workbench *bench = arg;
    workbench = NULL;
    pcre2_match_data_free(bench->data);
    pcre2_match_context_free(bench->limits);
    pcre2_jit_stack_free(bench->stack);
    free(bench);
}

static void workbench_make_key(void)
{
    if (pthread_key_create(&workbench_key, workbench_free) != 0)
        abort();
}

/* The calling thread's own, made at its first look; NULL when memory is short. */
static struct workbench *workbench_mine(void)
{
    if (workbench != NULL)
        return workbench;
    pthread_once(&workbench_once, workbench_make_key);
    struct workbench *bench = calloc(1, sizeof *bench);
    if (bench == NULL)
        return NULL;
    bench->data = pcre2_match_data_create(GROUPS_MAX, NULL);
    bench->limits = pcre2_match_context_create(NULL);
    bench->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    if (bench->data == NULL || bench->limits == NULL || pthread_setspecific(workbench_key, bench) != 0) {
        workbench_free(bench);
        return NULL;
    }
    pcre2_jit_stack_assign(bench->limits, NULL, bench->stack);
    workbench = bench;
    return bench;
}

/* Items that look at where the search began, or end it for good: over pieces they would mean something else.
 */
static const struct {
    struct span item;
    const char *why;
} refused[] = {
    {{"\\G", 2}, "\\G is not supported: use \\A"},
    {{"(*COMMIT", 8}, "(*COMMIT) is not supported: use (*PRUNE) or an anchor"},
};

static bool refuse(const char *source, struct pattern_error *error)
{
    for (const char *at = source; *at != '\0'; at++) {
        for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
            if (strncmp(at, refused[i].item.ptr, refused[i].item.len) != 0)
                continue;
            snprintf(error->message, sizeof error->message, "%s", refused[i].why);
            error->offset = (size_t)(at - source);
            return true;
        }
        if (*at == '\\' && at[1] != '\0')
            at++;
    }
    return false;
}

/* PCRE2 tells how far the longest lookbehind moves back, not how far nested ones get together: at most that
 * far each, since a lookbehind cannot contain itself. Four more hold a CRLF, a character that \b looks at,
 * and keep the first octet of a continued text away from \A. */
static size_t reach(const struct pattern *pattern, const char *source)
{
    uint32_t longest = 0;
    pcre2_pattern_info(pattern->code, PCRE2_INFO_MAXLOOKBEHIND, &longest);
    size_t openings = 1;
    for (const char *at = source; *at != '\0'; at++)
        if (at[0] == '(' && ((at[1] == '?' && at[2] == '<') || at[1] == '*'))
            openings++;
    return (longest * openings + 4) * (pattern->options.utf ? 4 : 1);
}

static pcre2_code *compile(const char *source, const struct pattern_options *options,
                           struct pattern_error *error)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    char *text = NULL;
    int length = context != NULL ? asprintf(&text, "%s%s", prefix.ptr, source) : -1;
    if (length < 0) {
        pcre2_compile_context_free(context);
        snprintf(error->message, sizeof error->message, "memory is short");
        return NULL;
    }
    pcre2_set_newline(context, PCRE2_NEWLINE_CRLF);
    /* A piece may end where a line does: without ALT_CIRCUMFLEX, ^ would never match there, nor say that it
     * might. */
    uint32_t flags = PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
    flags |= options->caseless ? PCRE2_CASELESS : 0;
    flags |= options->utf ? PCRE2_UTF | PCRE2_UCP : PCRE2_NEVER_UTF;
    int number = 0;
    size_t offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, (size_t)length, flags, &number, &offset, context);
    if (code == NULL) {
        pcre2_get_error_message(number, (PCRE2_UCHAR *)error->message, sizeof error->message);
        error->offset = offset > prefix.len ? offset - prefix.len : 0;
    }
    free(text);
    pcre2_compile_context_free(context);
    return code;
}

struct pattern *pattern_new(const char *source, const struct pattern_options *options,
                            struct pattern_error *error)
{
    *error = (struct pattern_error){.offset = 0};
    if (refuse(source, error))
        return NULL;
    pcre2_code *code = compile(source, options, error);
    if (code == NULL)
        return NULL;
    struct pattern *pattern = calloc(1, sizeof *pattern);
    char *copy = strdup(source);
    if (pattern == NULL || copy == NULL) {
        pcre2_code_free(code);
        free(pattern);
        free(copy);
        snprintf(error->message, sizeof error->message, "memory is short");
        return NULL;
    }
    /* Where the system allows no machine code, PCRE2 interprets. */
    if (options->jit)
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD);
    uint32_t derived = 0;
    pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &derived);
    *pattern = (struct pattern){
        .code = code, .source = copy, .options = *options, .anchored = (derived & PCRE2_ANCHORED) != 0};
    pattern->reach = reach(pattern, source);
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    pcre2_code_free(pattern->code);
    free(pattern->source);
    free(pattern);
}

const char *pattern_source(const struct pattern *pattern)
{
    return pattern->source;
}

bool pattern_utf(const struct pattern *pattern)
{
    return pattern->options.utf;
}

bool pattern_caseless(const struct pattern *pattern)
{
    return pattern->options.caseless;
}

size_t pattern_reach(const struct pattern *pattern)
{
    return pattern->reach;
}

bool pattern_anchored(const struct pattern *pattern)
{
    return pattern->anchored;
}

static const char *limit_name(int result)
{
    switch (result) {
    case PCRE2_ERROR_MATCHLIMIT:
        return "match limit";
    case PCRE2_ERROR_DEPTHLIMIT:
        return "depth limit";
    case PCRE2_ERROR_HEAPLIMIT:
        return "heap limit";
    case PCRE2_ERROR_JIT_STACKLIMIT:
        return "stack limit";
    case PCRE2_ERROR_NOMEMORY:
        return "memory";
    case PCRE2_ERROR_RECURSELOOP:
        return "endless recursion";
    default:
        return "internal limit";
    }
}

static void set_limits(pcre2_match_context *limits, const struct pattern_options *options, size_t last)
{
    pcre2_set_match_limit(limits, options->match);
    pcre2_set_depth_limit(limits, options->depth);
    pcre2_set_heap_limit(limits, options->heap);
    pcre2_set_offset_limit(limits, last == PATTERN_ANYWHERE ? PCRE2_UNSET : last);
}

static bool inside_character(struct span text, size_t at)
{
    return at > 0 && at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;
}

struct pattern_outcome pattern_look(const struct pattern *pattern, struct span text, size_t start,
                                    size_t last, unsigned flags)
{
    struct workbench *bench = workbench_mine();
    if (bench == NULL)
        return (struct pattern_outcome){PATTERN_LIMIT, start, "memory"};
    if (text.ptr == NULL)
        text = SPAN("");
    while (pattern->options.utf && inside_character(text, start))
        start--;
    set_limits(bench->limits, &pattern->options, last);
    uint32_t options = (flags & PATTERN_MORE) != 0 ? PCRE2_PARTIAL_HARD : 0;
    options |= (flags & PATTERN_CONTINUES) != 0 ? PCRE2_NOTBOL : 0;
    options |= pattern->options.utf ? PCRE2_NO_UTF_CHECK : 0;
    int result = pcre2_match(pattern->code, (PCRE2_SPTR)text.ptr, text.len, start, options, bench->data,
                             bench->limits);
    if (result >= 0)
        return (struct pattern_outcome){PATTERN_FOUND, start, NULL};
    if (result == PCRE2_ERROR_NOMATCH)
        return (struct pattern_outcome){PATTERN_ABSENT, text.len, NULL};
    if (result == PCRE2_ERROR_PARTIAL)
        return (struct pattern_outcome){PATTERN_OPEN, pcre2_get_ovector_pointer(bench->data)[0], NULL};
    return (struct pattern_outcome){PATTERN_LIMIT, start, limit_name(result)};
}

/* --- named groups ------------------------------------------------------------------------------------------
 */

/* An entry of PCRE2's table of names: the number of the group in two octets, then its name. */
struct names {
    PCRE2_SPTR entry;
    uint32_t count, size;
};

static struct names names_of(const struct pattern *pattern)
{
    struct names names = {.count = 0};
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMECOUNT, &names.count);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMEENTRYSIZE, &names.size);
    pcre2_pattern_info(pattern->code, PCRE2_INFO_NAMETABLE, &names.entry);
    return names;
}

static bool is_name(PCRE2_SPTR entry, const char *name)
{
    return strcmp((const char *)entry + 2, name) == 0;
}

const char *pattern_name(const struct pattern *pattern, unsigned n)
{
    struct names names = names_of(pattern);
    return n < names.count ? (const char *)names.entry + (size_t)n * names.size + 2 : NULL;
}

bool pattern_names(const struct pattern *pattern, const char *name)
{
    struct names names = names_of(pattern);
    for (uint32_t i = 0; i < names.count; i++, names.entry += names.size)
        if (is_name(names.entry, name))
            return true;
    return false;
}

/* The group of the thread's last match; absent when it took no part or is beyond what was kept. */
static struct span captured(struct span text, uint32_t group)
{
    struct workbench *bench = workbench_mine();
    if (bench == NULL || group >= GROUPS_MAX || text.ptr == NULL)
        return span_of(NULL, 0);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(bench->data) + 2 * (size_t)group;
    if (ends[0] == PCRE2_UNSET || ends[0] > ends[1] || ends[1] > text.len)
        return span_of(NULL, 0);
    return span_of(text.ptr + ends[0], ends[1] - ends[0]);
}

struct span pattern_match(struct span text)
{
    return captured(text, 0);
}

/* Several groups may bear one name; at most one of them takes part, as a rule. */
struct span pattern_capture(const struct pattern *pattern, struct span text, const char *name)
{
    struct names names = names_of(pattern);
    for (uint32_t i = 0; i < names.count; i++, names.entry += names.size) {
        uint32_t group = (uint32_t)names.entry[0] << 8 | names.entry[1];
        struct span found = is_name(names.entry, name) ? captured(text, group) : span_of(NULL, 0);
        if (found.ptr != NULL)
            return found;
    }
    return span_of(NULL, 0);
}
