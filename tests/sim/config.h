/* config.h: the settings and the filters of one simulation, drawn. */
#ifndef SIM_CONFIG_H
#define SIM_CONFIG_H

#include "chain/chain.h"
#include "session/settings.h"

struct sim;

#define FILTERS_MAX 3
#define EDITORS_MAX (FILTERS_MAX + 2) /* with milters, which are behind the filters */

/* One test filter as configured. */
struct sim_filter {
    struct sim *sim;
    unsigned index;
    unsigned mischief; /* percent of messages and sessions it does not let pass as they are */
    bool thinks;       /* about the end of every message, for a second */
    bool prepends;     /* its field goes above everything */
    bool rewrites;     /* the body, too */
    bool readdresses;  /* changes sender and recipients */
    bool judges;       /* recipients, by what the upstream said of them */
    unsigned pass;     /* in which it reads */
    struct chain_member member;
};

struct config {
    struct settings settings;
    struct settings_upstream upstreams[2];
    struct settings_listener listener;
    struct sim_filter filters[FILTERS_MAX];
    unsigned count;
    bool encrypts; /* TLS may come on some leg */
};

/* Loads certificates, which is to be done before anything is drawn. False: there are none, which has been
 * said. */
bool config_ready(void);
void config_draw(struct sim *sim);
/* Milliseconds in which a session in which nothing moves must have ended. */
uint64_t config_patience(const struct config *config);

#endif
