/* preface.h: what comes before the greeting: the word of a balancer, and implicit TLS. Greeting is left to
 * greet.c. */
#ifndef SESSION_PREFACE_H
#define SESSION_PREFACE_H

#include "session/session.h"

/* The step of PHASE_PREFACE. */
enum step preface_step(struct session *session);

#endif
