/* literal.c: reads as much of a regular expression as it takes to know what every match must hold. What is
 * not understood ends in no literals, never in wrong ones. Matching is left to pattern.c. */
#include "filters/regex/literal.h"

#include <stdlib.h>

#define WIDTH_MAX  4096 /* octets; more is endless */
#define NESTED_MAX 16   /* groups in groups */

/* What matches of a part of the expression are like. */
struct shape {
    unsigned min, max; /* octets; max at most WIDTH_MAX */
    size_t count;      /* of literals, of which each match holds one; 0: unknown */
    struct literal literals[LITERALS_MAX];
};

/* One thing that may be repeated. */
enum atom {
    ATOM_CHARACTER, /* itself, in `character` */
    ATOM_SET,       /* one of several: reader->shape has its width alone */
    ATOM_GROUP,
    ATOM_NOTHING /* without width */
};

struct reader {
    const char *at;
    bool utf, caseless;
    bool lost; /* something is not understood */
    unsigned nested;
    char character[4];
    size_t character_len;
};

/* A branch under way: what has been read of it. */
struct branch {
    struct shape shape;
    char run[LITERAL_MAX]; /* characters that follow each other */
    size_t run_len;
    bool run_caseless;
    unsigned run_min, run_max; /* octets of a match before the run */
};

static void read_branches(struct reader *reader, struct shape *out);

static unsigned saturate(unsigned long long width)
{
    return width < WIDTH_MAX ? (unsigned)width : WIDTH_MAX;
}

/* --- choosing ------------------------------------------------------------------------------------------- */

static size_t shortest(const struct shape *shape)
{
    size_t len = shape->count != 0 ? LITERAL_MAX : 0;

    for (size_t i = 0; i < shape->count; i++)
        if (shape->literals[i].len < len)
            len = shape->literals[i].len;
    return len;
}

/* Takes over the literals of a part that begins min to max octets into the branch, where they are better than
 * what is known: longer, then fewer. */
static void consider(struct shape *shape, const struct shape *part, unsigned min, unsigned max)
{
    size_t now = shortest(shape), then = shortest(part);

    if (then < LITERAL_MIN || then < now || (then == now && part->count >= shape->count))
        return;
    for (size_t i = 0; i < part->count; i++)
        if (part->literals[i].far + max > LITERAL_REACH)
            return;
    shape->count = part->count;
    for (size_t i = 0; i < part->count; i++) {
        shape->literals[i] = part->literals[i];
        shape->literals[i].near = (uint16_t)(part->literals[i].near + min);
        shape->literals[i].far = (uint16_t)(part->literals[i].far + max);
    }
}

static void end_run(struct branch *branch)
{
    struct shape run = {.count = 1};
    struct literal *literal = &run.literals[0];

    if (branch->run_len == 0)
        return;
    memcpy(literal->octets, branch->run, branch->run_len);
    literal->len = (uint8_t)branch->run_len;
    literal->near = literal->far = literal->len;
    literal->caseless = branch->run_caseless;
    consider(&branch->shape, &run, branch->run_min, branch->run_max);
    branch->run_len = 0;
}

static void add_to_run(struct branch *branch, const struct reader *reader)
{
    if (branch->run_len + reader->character_len > LITERAL_MAX || branch->run_caseless != reader->caseless)
        end_run(branch);
    if (branch->run_len == 0) {
        branch->run_caseless = reader->caseless;
        branch->run_min = branch->shape.min;
        branch->run_max = branch->shape.max;
    }
    memcpy(branch->run + branch->run_len, reader->character, reader->character_len);
    branch->run_len += reader->character_len;
}

/* --- characters ----------------------------------------------------------------------------------------- */

static enum atom lose(struct reader *reader)
{
    reader->lost = true;
    return ATOM_NOTHING;
}

static enum atom set_of(struct shape *shape, unsigned min, unsigned max)
{
    *shape = (struct shape){.min = min, .max = max};
    return ATOM_SET;
}

static enum atom any_character(const struct reader *reader, struct shape *shape)
{
    return set_of(shape, 1, reader->utf ? 4 : 1);
}

/* A character as itself, unless others are equal to it: beyond ASCII cases may differ in length, "k" and "s"
 * are also U+212A and U+017F, and U+001A is what octets that are no characters are seen as. */
static enum atom itself(struct reader *reader, struct shape *shape, struct span character)
{
    unsigned char first = (unsigned char)character.ptr[0];

    if (reader->utf && (first == 0x1A || (reader->caseless && (first >= 0x80 || strchr("kKsS", first)))))
        return any_character(reader, shape);
    memcpy(reader->character, character.ptr, character.len);
    reader->character_len = character.len;
    *shape = (struct shape){.min = (unsigned)character.len, .max = (unsigned)character.len};
    return ATOM_CHARACTER;
}

static enum atom one_octet(struct reader *reader, struct shape *shape, unsigned octet)
{
    char c = (char)octet;

    return octet < 0x80 || !reader->utf ? itself(reader, shape, span_of(&c, 1))
                                        : any_character(reader, shape);
}

static enum atom plain_character(struct reader *reader, struct shape *shape)
{
    size_t len = 1;

    if (reader->utf && (unsigned char)*reader->at >= 0xC0)
        while (len < 4 && ((unsigned char)reader->at[len] & 0xC0) == 0x80)
            len++;
    reader->at += len;
    return itself(reader, shape, span_of(reader->at - len, len));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = span_lower_byte(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xhh, \x{h...} */
static enum atom hexadecimal(struct reader *reader, struct shape *shape)
{
    bool braces = *reader->at == '{';
    unsigned value = 0;
    int digit;

    reader->at += braces;
    for (unsigned n = 0; (braces ? n < 8 : n < 2) && (digit = hex_digit(*reader->at)) >= 0; n++) {
        value = value << 4 | (unsigned)digit;
        reader->at++;
    }
    if (braces && *reader->at++ != '}')
        return lose(reader);
    return value < 0x100 ? one_octet(reader, shape, value) : any_character(reader, shape);
}

/* \p{...}, \pL */
static enum atom property(struct reader *reader, struct shape *shape)
{
    if (*reader->at == '{') {
        reader->at = strchr(reader->at, '}');
        if (reader->at == NULL)
            reader->at = "";
    }
    if (*reader->at == '\0')
        return lose(reader);
    reader->at++;
    return any_character(reader, shape);
}

/* A back reference; it may be to nothing. */
static enum atom reference(struct reader *reader, struct shape *shape)
{
    reader->at += strspn(reader->at, "0123456789");
    return set_of(shape, 0, WIDTH_MAX);
}

/* Behind a backslash. */
static enum atom escape(struct reader *reader, struct shape *shape)
{
    static const char names[] = "aefnrt", octets[] = "\a\x1B\f\n\r\t";
    char c = *reader->at;
    const char *name = c != '\0' ? strchr(names, c) : NULL;

    if (c == '\0')
        return lose(reader);
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        return plain_character(reader, shape);
    reader->at++;
    if (name != NULL)
        return one_octet(reader, shape, (unsigned char)octets[name - names]);
    if (strchr("bBAzZK", c) != NULL)
        return ATOM_NOTHING;
    if (strchr("dDwWsShHvV", c) != NULL)
        return any_character(reader, shape);
    if (c == 'R')
        return set_of(shape, 1, 3);
    if (c == 'X')
        return set_of(shape, 1, WIDTH_MAX);
    if (c == 'x')
        return hexadecimal(reader, shape);
    if (c == 'p' || c == 'P')
        return property(reader, shape);
    if (c == 'N' && *reader->at != '{')
        return any_character(reader, shape);
    return c >= '1' && c <= '9' ? reference(reader, shape) : lose(reader);
}

/* A class; one that holds a single character is that character. */
static enum atom class(struct reader *reader, struct shape *shape) {
    const char *begin = reader->at += *reader->at == '^';

    if (begin[0] != '\0' && strchr("\\[]^", begin[0]) == NULL && begin[1] == ']' && begin[-1] != '^' &&
        (unsigned char)begin[0] < 0x80){reader->at += 2; return itself(reader, shape, span_of(begin, 1));}
while (*reader->at != '\0' && (*reader->at != ']' || reader->at == begin))
{
    const char *end =
        reader->at[0] == '[' && strchr(":.=", reader->at[1] != '\0' ? reader->at[1] : '[') != NULL
            ? strchr(reader->at + 2, ']')
            : NULL;
    if (end != NULL && end - reader->at > 2 && end[-1] == reader->at[1])
        reader->at = end + 1;
    else if (*reader->at == '\\' && strchr("QE", reader->at[1]) != NULL) /* NUL included */
        return lose(reader);
    else
        reader->at += *reader->at == '\\' ? 2 : 1;
}
if (*reader->at == '\0')
    return lose(reader);
reader->at++;
return any_character(reader, shape);
}

/* --- groups --------------------------------------------------------------------------------------------- */

/* The settings of (?i) and the like, up to what ends them. False: some change more than we can follow. */
static bool settings(struct reader *reader)
{
    bool on = true;

    for (; *reader->at != ')' && *reader->at != ':'; reader->at++) {
        if (*reader->at == 'i')
            reader->caseless = on;
        else if (*reader->at == '-')
            on = false;
        else if (*reader->at == '\0' || strchr("msnJU", *reader->at) == NULL)
            return false;
    }
    return true;
}

/* The openings of groups behind "(?", and whether what is in them has width. */
static const struct {
    struct span text;
    bool width;
    char until; /* a name follows, up to this */
} openings[] = {
    {{":", 1}, true, 0},    {{"|", 1}, true, 0},    {{">", 1}, true, 0},   {{"=", 1}, false, 0},
    {{"!", 1}, false, 0},   {{"<=", 2}, false, 0},  {{"<!", 2}, false, 0}, {{"<", 1}, true, '>'},
    {{"P<", 2}, true, '>'}, {{"'", 1}, true, '\''},
};

/* Reads what is behind "(?" of a group. -1: no such group; else whether it has width. */
static int opening(struct reader *reader)
{
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++) {
        if (strncmp(reader->at, openings[i].text.ptr, openings[i].text.len) != 0)
            continue;
        reader->at += openings[i].text.len;
        while (openings[i].until != 0 && *reader->at != '\0' && *reader->at++ != openings[i].until)
            continue;
        return openings[i].width;
    }
    if (!settings(reader))
        return -1;
    return *reader->at++ == ':';
}

/* Behind "(". */
static enum atom group(struct reader *reader, struct shape *shape)
{
    bool caseless = reader->caseless;
    int width = 1;

    if (reader->at[0] == '*' || ++reader->nested > NESTED_MAX)
        return lose(reader);
    if (reader->at[0] == '?') {
        reader->at++;
        width = opening(reader);
        if (width == 0 && reader->at[-1] == ')') { /* settings for what follows */
            reader->nested--;
            return ATOM_NOTHING;
        }
    }
    if (width < 0)
        return lose(reader);
    read_branches(reader, shape);
    if (reader->lost || *reader->at++ != ')')
        return lose(reader);
    reader->nested--;
    reader->caseless = caseless;
    return width ? ATOM_GROUP : ATOM_NOTHING;
}

static enum atom read_atom(struct reader *reader, struct shape *shape)
{
    char c = *reader->at;

    if (strchr("([.\\^$", c) == NULL)
        return plain_character(reader, shape);
    reader->at++;
    switch (c) {
    case '(':
        return group(reader, shape);
    case '[':
        return class(reader, shape);
    case '.':
        return any_character(reader, shape);
    case '\\':
        return escape(reader, shape);
    default:
        return ATOM_NOTHING;
    }
}

/* --- repetition ----------------------------------------------------------------------------------------- */

struct times {
    unsigned min, max; /* max at most WIDTH_MAX */
};

/* "{n}", "{n,}", "{n,m}". What releases of PCRE2 read differently is not understood. */
static bool braces(struct reader *reader, struct times *times)
{
    char *end;

    if (strchr("0123456789", reader->at[1]) == NULL || reader->at[1] == '\0') {
        reader->lost = reader->at[1] == ',' || reader->at[1] == ' ';
        return false;
    }
    times->min = times->max = saturate(strtoul(reader->at + 1, &end, 10));
    if (*end == ',') {
        const char *most = end + 1;
        bool endless = *most < '0' || *most > '9';
        times->max = endless ? WIDTH_MAX : saturate(strtoul(most, &end, 10));
        end = endless ? end + 1 : end;
    }
    if (*end != '}') {
        reader->lost = true;
        return false;
    }
    reader->at = end + 1;
    return true;
}

static bool quantifier(struct reader *reader, struct times *times)
{
    char c = *reader->at;

    if (c == '{')
        return braces(reader, times);
    if (c == '\0' || strchr("*+?", c) == NULL)
        return false;
    *times = (struct times){c == '+', c == '?' ? 1 : WIDTH_MAX};
    reader->at++;
    return true;
}

static struct times read_times(struct reader *reader)
{
    struct times times = {1, 1}, again;

    if (!quantifier(reader, &times))
        return times;
    if (*reader->at == '+' || *reader->at == '?')
        reader->at++;
    if (quantifier(reader, &again))
        reader->lost = true;
    return times;
}

/* The atom joins the branch. */
static void extend(struct branch *branch, struct reader *reader, enum atom atom, const struct shape *shape,
                   struct times times)
{
    struct shape *whole = &branch->shape;

    if (atom == ATOM_NOTHING)
        return;
    if (atom == ATOM_CHARACTER && times.min != 0)
        add_to_run(branch, reader);
    if (atom != ATOM_CHARACTER || times.min != 1 || times.max != 1)
        end_run(branch);
    if (atom == ATOM_GROUP && times.min != 0)
        consider(whole, shape, whole->min, whole->max);
    whole->min = saturate((unsigned long long)whole->min + (unsigned long long)shape->min * times.min);
    whole->max = saturate((unsigned long long)whole->max + (unsigned long long)shape->max * times.max);
}

static void read_branch(struct reader *reader, struct branch *branch)
{
    while (!reader->lost && *reader->at != '\0' && *reader->at != '|' && *reader->at != ')') {
        struct shape shape = {.min = 0};
        enum atom atom = read_atom(reader, &shape);
        if (!reader->lost)
            extend(branch, reader, atom, &shape, read_times(reader));
    }
    end_run(branch);
}

/* One more branch: a match is one of this or of those before. */
static void unite(struct shape *all, const struct shape *branch)
{
    all->min = branch->min < all->min ? branch->min : all->min;
    all->max = branch->max > all->max ? branch->max : all->max;
    if (all->count == 0 || branch->count == 0 || all->count + branch->count > LITERALS_MAX) {
        all->count = 0;
        return;
    }
    memcpy(all->literals + all->count, branch->literals, branch->count * sizeof branch->literals[0]);
    all->count += branch->count;
}

static void read_branches(struct reader *reader, struct shape *out)
{
    for (bool first = true; !reader->lost; first = false) {
        struct branch branch = {.run_len = 0};
        read_branch(reader, &branch);
        if (first)
            *out = branch.shape;
        else
            unite(out, &branch.shape);
        if (*reader->at != '|')
            return;
        reader->at++;
    }
}

size_t literals_of(const char *source, bool utf, bool caseless, struct literal out[LITERALS_MAX])
{
    struct reader reader = {.at = source, .utf = utf, .caseless = caseless};
    struct shape shape = {.count = 0};

    read_branches(&reader, &shape);
    if (reader.lost || *reader.at != '\0')
        return 0;
    memcpy(out, shape.literals, shape.count * sizeof shape.literals[0]);
    return shape.count;
}
