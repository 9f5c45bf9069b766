/* release.h: kept messages delivered to the upstreams they were meant for, by a session as it runs in
 * production, which knows how each upstream is to be spoken to, but without filters. Locking a message and
 * removing it is left to the program. */
#ifndef RELEASE_RELEASE_H
#define RELEASE_RELEASE_H

#include "release/courier.h"
#include "session/settings.h"

struct release;

/* The world must outlive it; the settings are changed for as long as it lives, and are given back then. NULL:
 * no memory. */
struct release *release_new(struct world *world, struct settings *settings);
/* No message may be under way. */
void release_free(struct release *release);

/* The upstream of this address among the settings'; NULL: there is none. */
const struct settings_upstream *release_upstream(const struct release *release, struct span address);

/* Begins with a message. The courier's own part is filled by the caller but for over() and owner; what became
 * of the message is known when done(owner) is called, once, never from inside this call. 0, or a negative
 * errno: then done() is not called. */
int release_begin(struct release *release, const struct settings_upstream *upstream, struct courier *courier,
                  void (*done)(void *owner), void *owner);

#endif
