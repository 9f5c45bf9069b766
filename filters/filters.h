/* filters.h: the filters that are built in. Each is described where it is defined; main() makes them known.
 */
#ifndef FILTERS_FILTERS_H
#define FILTERS_FILTERS_H

#include "postern/filter.h"

extern const struct filter filter_access;
extern const struct filter filter_attachments;
extern const struct filter filter_banner;
extern const struct filter filter_clamav;
extern const struct filter filter_commands;
extern const struct filter filter_disclaimer;
extern const struct filter filter_extensions;
extern const struct filter filter_headers;
extern const struct filter filter_limits;
extern const struct filter filter_milter;
extern const struct filter filter_milter_module;
extern const struct filter filter_regex;
extern const struct filter filter_rewrite;
extern const struct filter filter_size;
extern const struct filter filter_spamassassin;
extern const struct filter filter_structure;
extern const struct filter filter_subject;

/* All of them; ends with NULL. */
extern const struct filter *const filters_builtin[];

#endif
