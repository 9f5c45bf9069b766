/* tls_watch.h: notices that files have changed, by asking. What is in them is left to others. Private to
 * tls/. */
#ifndef TLS_TLS_WATCH_H
#define TLS_TLS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* A file as it was when last looked at. */
struct tls_watched {
    const char *path;
    bool there;
    struct stat is;
};

/* Embedded by value. */
struct tls_watch {
    struct tls_watched *files;
    size_t count, room;
};

/* Room for so many files; false: no memory. */
bool tls_watch_init(struct tls_watch *watch, size_t room);
/* path outlives the watch; NULL is left out. */
void tls_watch_add(struct tls_watch *watch, const char *path);
/* True when a file is another than at the last look, has changed, come or gone; it is looked at before it is
 * read, so that a change while it is being read is seen next time. */
bool tls_watch_look(struct tls_watch *watch);
void tls_watch_clear(struct tls_watch *watch);

#endif
