/* encryption.h: the tls_server of each listener and the tls_client of each upstream, and what they say about
 * their files. What they do is left to tls/. */
#ifndef CONFIG_ENCRYPTION_H
#define CONFIG_ENCRYPTION_H

#include "config/decode.h"
#include "session/settings.h"

/* Makes them from settings that have been checked; where something they need is missing, none is made. */
void encryption_open(struct complaints *complaints, struct settings *settings, struct node *root);
/* Loads those again whose files have changed. True when there was one. */
bool encryption_refresh(struct complaints *complaints, struct settings *settings, struct node *root);
void encryption_close(struct settings *settings);

#endif
