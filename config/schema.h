/* schema.h: the tables of proxy.yaml's own keys. The keys of filters are in the filters, reading in decode.c.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "postern/option.h"

/* The authorities that this system trusts. */
#define SCHEMA_SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

/* Fills struct settings. */
extern const struct option schema_settings[];
/* `filters` alone, which is decoded by filters.c; its position in `settings` is the chain. */
extern const struct option schema_filters[];

/* The keys that every filter takes besides its own. */
struct schema_common {
    const char *name;
    int mode;       /* enum chain_mode */
    int on_failure; /* enum chain_failure */
    int on_reject;  /* enum chain_reject */
    uint64_t time_limit;
};
extern const struct option schema_common[];

/* What `plugin` takes besides the keys of the filter it loads. */
struct schema_plugin {
    const char *path;
};
extern const struct option schema_plugin[];

#endif
