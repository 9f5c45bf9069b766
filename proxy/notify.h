/* notify.h: tells the service manager how we are (sd_notify(3)). Without libsystemd, or without a manager
 * that listens, nobody is told. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include <stddef.h>
#include <stdint.h>

/* The milliseconds within which notify_alive() must come again; 0: it need not. */
uint64_t notify_interval(void);
void notify_alive(void);
/* Starting, or reloading, is done. */
void notify_ready(size_t listeners, size_t workers);
void notify_reloading(void);
void notify_stopping(void);

#endif
