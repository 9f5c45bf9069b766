/* config.h: proxy.yaml becomes settings. What the settings do is left to session/ and filters/. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdio.h>

#include "session/settings.h"

/* Loads and checks a file, filters opened, with one reference. Every complaint is written to `complaints` as
 * "file:line:column: path: what is wrong; what is allowed; did you mean …", all of them at once. NULL when
 * there was one. */
struct settings *config_load(const char *path, FILE *complaints);

/* Prints every key as Markdown (for config/README.md) from the tables that decode them. */
void config_document(FILE *out);

#endif
