/* play_tls.h: a script played under TLS that says nothing of it. What scripts themselves say of TLS is left
 * to tls_lines.c. */
#ifndef PLAY_TLS_H
#define PLAY_TLS_H

#include "play.h"

/* The script leaves it open how its connections are encrypted, and whose they are. */
bool play_tls_suits(const struct script *script, const struct settings *settings);
/* Every listener and upstream is of implicit TLS on the legs that the manner names, until it is over. */
void play_tls_begin(struct play *play);
void play_tls_end(struct play *play);
/* A client has connected, or an upstream been reached: on such a leg its end speaks TLS. */
void play_tls_client(struct play *play, struct lab_pipe *pipe);
void play_tls_upstream(struct play *play, struct lab_pipe *pipe);

#endif
