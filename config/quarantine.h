/* quarantine.h: `quarantine` of proxy.yaml is checked and becomes a store. Keeping messages in it is left to
 * quarantine/. */
#ifndef CONFIG_QUARANTINE_H
#define CONFIG_QUARANTINE_H

#include "config/decode.h"
#include "session/settings.h"

/* Makes settings->quarantine.store where a directory is named; no file is touched. */
void quarantine_prepare(struct decoder *decoder, struct settings *settings, struct node *root);

#endif
