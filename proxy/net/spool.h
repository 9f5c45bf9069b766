/* spool.h: bytes set aside in an unlinked temporary file. When to use one is left to the session core. */
#ifndef NET_SPOOL_H
#define NET_SPOOL_H

#include "base/world.h"

/* As in world_ops, without the world. The file lies in $TMPDIR, or in /var/tmp when that is not set, and
 * vanishes when closed or when the process ends. Never synced: nothing is acknowledged on account of it. */
struct spool_file *spool_open(void);
int spool_write(struct spool_file *file, struct span s);
long spool_read(struct spool_file *file, uint64_t offset, char *to, size_t len);
void spool_close(struct spool_file *file);

#endif
