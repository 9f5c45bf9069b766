/* check_private.h: what the checks of proxy.yaml's parts share. Private to check*.c. */
#ifndef CONFIG_CHECK_PRIVATE_H
#define CONFIG_CHECK_PRIVATE_H

#include "config/check.h"
#include "config/schema.h"

#define CHECK_ANY_ADDRESS "*" /* a listener on every IPv4 address */

/* A domain name or an address literal (RFC 5321 4.1.3). */
bool check_is_domain(struct span name);
/* A host that can be bound or dialled: an address or a name. */
bool check_is_host(struct span host);
/* A copy that lives as long as the settings; NULL after a complaint. */
const char *check_keep(struct decoder *decoder, struct span text);
/* Makes a path that is meant in proxy.yaml's directory one that can be opened; NULL stays NULL. */
void check_path(struct decoder *decoder, const char **path);

/* One entry of `listeners` or `upstreams`: "listeners[0]". */
struct check_entry {
    struct decoder *decoder;
    struct node *root;
    char name[32];
};
struct check_entry check_entry(struct decoder *decoder, struct node *root, const char *list, size_t index);
/* True when the key stands in the file, with something behind it. */
bool check_given(const struct check_entry *entry, const char *key);
/* A complaint about a key, at its value when it stands in the file. */
void check_complain(const struct check_entry *entry, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void check_listeners(struct decoder *decoder, struct settings *settings, struct node *root);
void check_upstreams(struct decoder *decoder, struct settings *settings, struct node *root);

#endif
