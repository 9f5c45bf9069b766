/* filters.c: the list of the filters that are built in; each is described where it is defined. */
#include "filters/filters.h"

const struct filter *const filters_builtin[] = {
    &filter_access,     &filter_attachments,   &filter_banner,
    &filter_clamav,     &filter_commands,      &filter_disclaimer,
    &filter_extensions, &filter_headers,       &filter_limits,
    &filter_milter,     &filter_milter_module, &filter_regex,
    &filter_rewrite,    &filter_size,          &filter_spamassassin,
    &filter_structure,  &filter_subject,       NULL,
};
