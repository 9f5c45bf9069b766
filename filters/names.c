/* names.c: patterns sorted once and found by halving: a list of a hundred thousand costs a few dozen
 * comparisons for each label of a domain. */
#include "filters/names.h"

#include <stdlib.h>
#include <strings.h>

static int compare_items(const void *a, const void *b)
{
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_key(const void *key, const void *item)
{
    const struct span *wanted = key;
    const char *pattern = *(const char *const *)item;
    int order = strncasecmp(wanted->ptr, pattern, wanted->len);

    return order != 0 ? order : -(pattern[wanted->len] != '\0');
}

void names_sort(struct option_strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i][0] == '@')
            list->items[i]++;
    if (list->count != 0)
        qsort(list->items, list->count, sizeof(list->items[0]), compare_items);
}

static bool has(const struct option_strings *list, struct span wanted)
{
    return list->count != 0 &&
           bsearch(&wanted, list->items, list->count, sizeof(list->items[0]), compare_key) != NULL;
}

static bool has_above(const struct option_strings *list, struct span domain)
{
    for (size_t i = 1; i < domain.len; i++)
        if (domain.ptr[i] == '.' && has(list, span_skip(domain, i)))
            return true;
    return false;
}

bool names_match_host(const struct option_strings *list, struct span name)
{
    return name.ptr != NULL && (has(list, name) || has_above(list, name) || has(list, SPAN("*")));
}

/* The domain begins behind the last "@": a quoted local part may hold others (RFC 5321 4.1.2). */
static size_t domain_at(struct span address)
{
    size_t at = address.len;

    while (at > 0 && address.ptr[at - 1] != '@')
        at--;
    return at != 0 ? at : address.len;
}

bool names_match_address(const struct option_strings *list, struct span address)
{
    if (list->count == 0 || address.ptr == NULL)
        return false;
    if (has(list, address.len != 0 ? address : SPAN("<>")))
        return true;
    return names_match_host(list, span_skip(address, domain_at(address)));
}
