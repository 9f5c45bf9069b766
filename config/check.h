/* check.h: what no table can say about decoded settings: addresses, names, loops. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/decode.h"
#include "session/settings.h"

/* Splits addresses, fills what has no fixed default and complains about values that make no sense together.
 */
void check_settings(struct decoder *decoder, struct settings *settings, struct node *root);

#endif
