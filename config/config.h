/* config.h: proxy.yaml becomes settings. What the settings do is left to session/ and filters/. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdio.h>

#include "session/settings.h"

/* Loads and checks a file, filters opened and certificates loaded, with one reference. Every complaint is
 * written to `complaints` as "file:line:column: path: what is wrong; what is allowed; did you mean …", all of
 * them at once. NULL when there was one. A warning, "file:line:column: path: warning: …", is written like a
 * complaint and is none: when settings are returned, every line written is a warning. */
struct settings *config_load(const char *path, FILE *complaints);

/* Loads certificates and keys again whose files have changed since; for handshakes that begin from now on.
 * What is wrong with the new ones is written as above, once per change, and the old ones stay. True: there
 * are new ones. Called by one thread at a time, while others use the settings. */
bool config_refresh(struct settings *settings, FILE *complaints);

/* Prints every key as Markdown (for config/README.md) from the tables that decode them. */
void config_document(FILE *out);

#endif
