/* literal.c: reads as much of a regular expression as it takes to know what every match must hold. What is
 * not understood ends in no literals, never in wrong ones. Matching is left to pattern.c. */
#include "filters/regex/literal_private.h"

#include <stdlib.h>

#define NESTED_MAX 16 /* groups in groups */

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
    return width < LITERAL_WIDTH_MAX ? (unsigned)width : LITERAL_WIDTH_MAX;
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
        return literal_lose(reader);
    if (reader->at[0] == '?') {
        reader->at++;
        width = opening(reader);
        if (width == 0 && reader->at[-1] == ')') { /* settings for what follows */
            reader->nested--;
            return ATOM_NOTHING;
        }
    }
    if (width < 0)
        return literal_lose(reader);
    read_branches(reader, shape);
    if (reader->lost || *reader->at++ != ')')
        return literal_lose(reader);
    reader->nested--;
    reader->caseless = caseless;
    return width ? ATOM_GROUP : ATOM_NOTHING;
}

static enum atom read_atom(struct reader *reader, struct shape *shape)
{
    char c = *reader->at;

    if (strchr("([.\\^$", c) == NULL)
        return literal_plain(reader, shape);
    reader->at++;
    switch (c) {
    case '(':
        return group(reader, shape);
    case '[':
        return literal_class(reader, shape);
    case '.':
        return literal_any(reader, shape);
    case '\\':
        return literal_escape(reader, shape);
    default:
        return ATOM_NOTHING;
    }
}

/* --- repetition ----------------------------------------------------------------------------------------- */

struct times {
    unsigned min, max; /* max at most LITERAL_WIDTH_MAX */
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
        times->max = endless ? LITERAL_WIDTH_MAX : saturate(strtoul(most, &end, 10));
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
    *times = (struct times){c == '+', c == '?' ? 1 : LITERAL_WIDTH_MAX};
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
