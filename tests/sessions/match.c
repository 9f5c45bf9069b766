/* match.c: globs and regular expressions over one line. */
#include "match.h"

#include <assert.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Octet at p of a pattern: its length there, and whether it is the wildcard. */
static size_t item(struct span pattern, size_t p, char *octet, bool *any)
{
    bool escaped = pattern.ptr[p] == '\\' && p + 1 < pattern.len &&
                   (pattern.ptr[p + 1] == '*' || pattern.ptr[p + 1] == '\\');

    *octet = pattern.ptr[p + (escaped ? 1 : 0)];
    *any = !escaped && *octet == '*';
    return escaped ? 2 : 1;
}

static bool glob(struct span pattern, struct span line)
{
    size_t p = 0, l = 0, star = SIZE_MAX, resume = 0;

    while (l < line.len || p < pattern.len) {
        char octet;
        bool any = false;
        size_t n = p < pattern.len ? item(pattern, p, &octet, &any) : 0;
        if (any) {
            star = p += n;
            resume = l;
        } else if (n != 0 && l < line.len && octet == line.ptr[l]) {
            p += n;
            l++;
        } else if (star != SIZE_MAX && resume < line.len) {
            p = star;
            l = ++resume;
        } else {
            return false;
        }
    }
    return true;
}

static bool expression(struct span pattern, struct span line)
{
    char *source = strndup(pattern.ptr, pattern.len), *subject = malloc(line.len + 1);
    regex_t regex;
    bool found = false;

    assert(source != NULL && subject != NULL);
    for (size_t i = 0; i < line.len; i++) {
        subject[i] = line.ptr[i];
        if (subject[i] == '\0')
            subject[i] = '?';
    }
    subject[line.len] = '\0';
    if (regcomp(&regex, source, REG_EXTENDED | REG_NOSUB) == 0) {
        found = regexec(&regex, subject, 0, NULL, 0) == 0;
        regfree(&regex);
    } else {
        fprintf(stderr, "bad regular expression: %s\n", source);
    }
    free(source);
    free(subject);
    return found;
}

bool match(struct span pattern, struct span line)
{
    if (pattern.len != 0 && pattern.ptr[0] == '~')
        return expression(span_skip(pattern, 1), line);
    return glob(pattern, line);
}
