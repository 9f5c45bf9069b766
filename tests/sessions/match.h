/* match.h: does a line look as expected? */
#ifndef MATCH_H
#define MATCH_H

#include "postern/span.h"

/* The pattern, decoded: "~" and an extended regular expression, or text in which * stands for anything and \*
 * and \\ for themselves. */
bool match(struct span pattern, struct span line);

#endif
