/* scan.c: looks for one pattern in a whole text. Regular expressions themselves are left to pattern.c. */
#include "filters/regex/scan.h"

#include "filters/regex/utf8.h"

enum scan_result scan_whole(const struct pattern *pattern, struct span text, const char **limit)
{
    struct utf8_text characters = {.size = 0};
    struct pattern_outcome outcome = {PATTERN_LIMIT, 0, "memory"};
    if (!pattern_utf(pattern))
        outcome = pattern_look(pattern, text, 0, PATTERN_ANYWHERE, 0);
    else if (utf8_read(&characters, text, false, false))
        outcome = pattern_look(pattern, characters.text, 0, PATTERN_ANYWHERE, 0);
    utf8_free(&characters);
    if (outcome.result == PATTERN_LIMIT)
        *limit = outcome.limit;
    if (outcome.result == PATTERN_FOUND)
        return SCAN_MATCH;
    return outcome.result == PATTERN_LIMIT ? SCAN_LIMIT : SCAN_NONE;
}
