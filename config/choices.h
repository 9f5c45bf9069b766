/* choices.h: the list of what is allowed and the one that was probably meant. What is chosen is left to
 * others. */
#ifndef CONFIG_CHOICES_H
#define CONFIG_CHOICES_H

#include "base/text.h"

/* On the caller's stack: begun with what was given, offered every allowed word, then ended. */
struct choices {
    struct span given;
    const char *nearest;
    unsigned distance;
    struct text text;
    char bytes[1024];
};

void choices_begin(struct choices *choices, struct span given);
void choices_offer(struct choices *choices, const char *word);
/* "allowed: a, b, c; did you mean \"b\"?"; valid as long as *choices. */
const char *choices_end(struct choices *choices);

#endif
