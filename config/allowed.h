/* allowed.h: says in words what a key takes: for complaints and for the documentation alike. */
#ifndef CONFIG_ALLOWED_H
#define CONFIG_ALLOWED_H

#include "base/text.h"
#include "postern/option.h"

/* Prints e.g. "a whole number, 100 to 100000". */
void allowed_print(struct text *text, const struct option *option);
/* Prints e.g. "100 to 100000", for OPTION_INT, OPTION_SIZE and OPTION_DURATION. */
void allowed_print_range(struct text *text, const struct option *option);
/* The bounds of OPTION_INT, OPTION_SIZE and OPTION_DURATION. */
int64_t allowed_min(const struct option *option);
int64_t allowed_max(const struct option *option);

#endif
