/* sieve_make.c: sorts patterns into those that a literal gives away and those that none does. Looking is left
 * to sieve.c. */
#include <assert.h>
#include <stdlib.h>

#include "filters/regex/sieve_private.h"

void sieve_free(struct sieve *sieve)
{
    if (sieve == NULL)
        return;
    trigger_set_free(sieve->triggers);
    free(sieve->patterns);
    free(sieve->continuous);
    free(sieve->literals);
    free(sieve->places);
    free(sieve);
}

/* Room for more literals: twice as many as there are, so that they are moved a bounded number of times. */
static bool reserve(struct sieve *sieve, size_t *room, size_t more)
{
    size_t size = sieve->literal_count + more;
    struct literal *literals;
    struct sieve_place *places;

    if (size <= *room)
        return true;
    size *= 2;
    if ((literals = realloc(sieve->literals, size * sizeof *literals)) == NULL)
        return false;
    sieve->literals = literals;
    if ((places = realloc(sieve->places, size * sizeof *places)) == NULL)
        return false;
    sieve->places = places;
    *room = size;
    return true;
}

/* A pattern and its literals, if it has any that are of use. */
static bool add(struct sieve *sieve, size_t n, bool triggered, size_t *room)
{
    const struct pattern *pattern = sieve->patterns[n];
    struct literal literals[LITERALS_MAX];
    size_t count = 0, reach = pattern_reach(pattern);

    assert(reach <= sieve->window / 2);
    if (triggered && !pattern_anchored(pattern) && reach + LITERAL_REACH <= sieve->window)
        count =
            literals_of(pattern_source(pattern), pattern_utf(pattern), pattern_caseless(pattern), literals);
    if (count == 0)
        sieve->continuous[sieve->continuous_count++] = (uint32_t)n;
    if (!reserve(sieve, room, count))
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t at = sieve->literal_count++;
        sieve->literals[at] = literals[i];
        sieve->places[at] = (struct sieve_place){(uint32_t)n, literals[i].near, literals[i].far};
        if (sieve->context < literals[i].far + reach)
            sieve->context = literals[i].far + reach;
    }
    return true;
}

struct sieve *sieve_new(const struct pattern *const *patterns, size_t count,
                        const struct sieve_options *options, const char **error)
{
    struct sieve *sieve = calloc(1, sizeof *sieve);
    size_t room = 0;
    bool good;

    *error = "memory is short";
    if (sieve == NULL)
        return NULL;
    sieve->count = count;
    sieve->window = options->window;
    sieve->patterns = malloc((count + 1) * sizeof(const struct pattern *));
    sieve->continuous = malloc((count + 1) * sizeof *sieve->continuous);
    good = sieve->patterns != NULL && sieve->continuous != NULL;
    for (size_t i = 0; good && i < count; i++) {
        sieve->patterns[i] = patterns[i];
        good = add(sieve, i, options->engine != TRIGGER_NONE, &room);
    }
    if (good && sieve->literal_count != 0) {
        sieve->triggers = trigger_set_new(options->engine, sieve->literals, sieve->literal_count, error);
        good = sieve->triggers != NULL;
    }
    if (!good) {
        sieve_free(sieve);
        return NULL;
    }
    return sieve;
}

size_t sieve_count(const struct sieve *sieve)
{
    return sieve->count;
}

size_t sieve_continuous(const struct sieve *sieve)
{
    return sieve->continuous_count;
}

size_t sieve_size(const struct sieve *sieve)
{
    size_t literals = sieve->literal_count * (sizeof *sieve->literals + sizeof *sieve->places);
    size_t patterns = sieve->count * (sizeof(const struct pattern *) + sizeof *sieve->continuous);

    return sizeof *sieve + patterns + literals +
           (sieve->triggers != NULL ? trigger_set_size(sieve->triggers) : 0);
}
