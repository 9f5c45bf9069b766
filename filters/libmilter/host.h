/* host.h: milters within this process: a shared object made of a milter's source is loaded, its main() runs
 * on a thread of its own up to smfi_main(), and its callbacks run on workers, asked without a socket. What a
 * session says to them is left to whoever has one. */
#ifndef FILTERS_LIBMILTER_HOST_H
#define FILTERS_LIBMILTER_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "postern/span.h"

struct module;

/* Loads the file, calls main(argument count, arguments) and waits until it has come to smfi_main().
 * arguments: ended by NULL, [0] is the program's name; copied. Modules are started one after the other; the
 * same file may be started several times, and each start has variables of its own. threads: workers at most.
 * NULL: an error, of which one sentence is put into error. */
struct module *module_start(const char *path, const char *const *arguments, unsigned threads,
                            unsigned milliseconds, char *error, size_t size);
/* Lets smfi_main() return and waits for main(). Without sessions only. False: it has not returned in time,
 * and what it stands on stays; otherwise all is freed but its code and variables, as threads may have been
 * made of it. status: what main() returned. */
bool module_end(struct module *module, unsigned milliseconds, int *status);
/* Whether main() has returned by itself, or the module has called smfi_stop(): it takes no more sessions. */
bool module_gone(struct module *module);

/* One session: what a connection is to a milter behind a socket. */
struct visit;

/* What a session hears. Each is called on any thread, never from within a function of this file, and must
 * neither wait nor call one: it tells the loop that the session belongs to. */
struct visitor {
    void (*answered)(void *arg); /* what was told has been dealt with: visit_said() */
    void (*progress)(void *arg); /* the module is still at work and asks for time; may be NULL */
    void *arg;
};

/* NULL: memory is short, or the module is gone. */
struct visit *visit_begin(struct module *module, struct visitor visitor);
/* Whole packets of a mail server, one behind the other; copied. They may be told before those in front of
 * them have been answered: what follows one that is answered by anything but CONTINUE is not told to the
 * module, nor answered; only a recipient that is refused lets the next follow, and behind SKIP no more than
 * the packets of the same command are left out. Not again before answered().
 * False: no thread or no memory can be had; the session is over, and answered() will not be called. */
bool visit_tell(struct visit *visit, struct span packets);
/* In answered() and after it: the packets that the module has said since the last visit_tell(), valid until
 * the next. */
struct span visit_said(const struct visit *visit);
/* Likewise: the module takes no more of this session. */
bool visit_over(const struct visit *visit);
/* The session ends: xxfi_abort and xxfi_close are called as they are due, later. Neither function of the
 * visitor is called once this has returned. */
void visit_end(struct visit *visit);

#endif
