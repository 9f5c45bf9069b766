/* template.h: texts of proxy.yaml in which ${name} stands for something found later. What is found is left to
 * others. */
#ifndef REGEX_TEMPLATE_H
#define REGEX_TEMPLATE_H

#include "postern/span.h"

#define TEMPLATE_NAME  64  /* octets of a name, its NUL included */
#define TEMPLATE_VALUE 128 /* octets of what a name stands for that are put in */

/* Zeroed: an empty text. */
struct template
{
    struct span text;
};

/* Reads a text, which must live as long as the template: "${" name "}", name of letters, digits and "_"; "$$"
 * for "$". NULL, or what is wrong with it, static text; the template is empty then. */
const char *template_read(struct template *out, const char *text);
/* The n-th name, from 0, that the text mentions. False: there are no more. */
bool template_name(const struct template *template, unsigned n, char name[TEMPLATE_NAME]);

/* What a name stands for; absent: nothing. */
typedef struct span template_lookup(const void *arg, const char *name);

/* Puts the text to out, its names filled in; values are made harmless: octets but printable ASCII become "?",
 * no more than TEMPLATE_VALUE of them. Returns the octets put; what does not fit is left out. */
size_t template_fill(const struct template *template, template_lookup *lookup, const void *arg, char *out,
                     size_t room);

#endif
