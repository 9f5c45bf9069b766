/* alarm.h: every alarm of one loop behind a single timer. What rings is the owner's affair. */
#ifndef NET_ALARM_H
#define NET_ALARM_H

#include <uv.h>

#include "base/world.h"

struct alarm_entry;

/* Embedded by value. A binary heap; the entry of an alarm is found by its index, kept in alarm->handle. */
struct alarms {
    uv_timer_t timer;
    struct alarm_entry *entries;
    size_t count;
    size_t size;
};

void alarms_init(struct alarms *alarms, uv_loop_t *loop);
/* No alarm rings any more; the timer is gone once the loop has run its close callbacks. */
void alarms_close(struct alarms *alarms);

/* As in world_ops. */
bool alarms_set(struct alarms *alarms, struct alarm *alarm, uint64_t at);
void alarms_clear(struct alarms *alarms, struct alarm *alarm);

#endif
