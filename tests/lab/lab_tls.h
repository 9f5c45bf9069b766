/* lab_tls.h: TLS at the test's end of a connection, by proxy/tls like the proxy's own: pipe->to and
 * pipe->from go on being plaintext, lab_pipe_end() and lab_pipe_close() send close_notify first, and the
 * manner of the pipe is that of the ciphertext. Certificates are left to lab_tls_keys.c. */
#ifndef LAB_TLS_H
#define LAB_TLS_H

#include "lab.h"
#include "tls/tls.h"

/* The test's end speaks TLS from now on, as client or as server. What the wire has sent from octet `from` of
 * pipe->from on is taken for the proxy's part of it. cache: of earlier sessions, or NULL. */
void lab_tls_connect(struct lab_pipe *pipe, struct tls_client *client, struct tls_cache *cache);
void lab_tls_accept(struct lab_pipe *pipe, struct tls_server *server, size_t from);

/* Of the test's end; a failure closes the connection, behind its alert. */
enum tls_stage lab_tls_stage(const struct lab_pipe *pipe);
const char *lab_tls_failure(const struct lab_pipe *pipe);
/* Stage TLS_UP only. */
void lab_tls_facts(const struct lab_pipe *pipe, struct tls_facts *out);

/* Who owns the proxy's wire, which may have TLS of its own beneath it; NULL: nobody any more. */
const void *lab_tls_owner(const struct lab_pipe *pipe);
/* At most so many octets are in a record from now on; 0: as many as there are. */
void lab_tls_records(struct lab_pipe *pipe, size_t octets);
/* close_notify alone: the connection stays, for what the test sends beneath. */
void lab_tls_notify(struct lab_pipe *pipe);

#endif
