/* notify.c: tells the service manager how we are; without libsystemd nobody is told. */
#include "notify.h"

#ifdef POSTERN_SYSTEMD

#include <systemd/sd-daemon.h>
#include <time.h>

uint64_t notify_interval(void)
{
    uint64_t microseconds = 0;

    return sd_watchdog_enabled(0, &microseconds) > 0 ? microseconds / 1000 : 0;
}

void notify_alive(void)
{
    if (notify_interval() != 0)
        (void)sd_notify(0, "WATCHDOG=1");
}

void notify_ready(size_t listeners, size_t workers)
{
    (void)sd_notifyf(0, "READY=1\nSTATUS=%zu workers accept mail on %zu addresses", workers, listeners);
}

/* The time tells the manager that this is about the reload it asked for (Type=notify-reload). */
void notify_reloading(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=reading the configuration again",
                     (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
}

void notify_stopping(void)
{
    (void)sd_notify(0, "STOPPING=1\nSTATUS=finishing the transactions under way");
}

#else

uint64_t notify_interval(void)
{
    return 0;
}

void notify_alive(void)
{
}

void notify_ready(size_t listeners, size_t workers)
{
    (void)listeners;
    (void)workers;
}

void notify_reloading(void)
{
}

void notify_stopping(void)
{
}

#endif
