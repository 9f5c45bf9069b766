/* sample.h: durations collected and their percentiles. */
#ifndef BENCH_SAMPLE_H
#define BENCH_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

struct sample {
    uint32_t *microseconds;
    size_t count, room;
};

/* Room for `room` durations; sample_free() gives it back. */
void sample_init(struct sample *sample, size_t room);
void sample_free(struct sample *sample);

/* Adds a duration of nanoseconds; ignored when the room is used up. */
void sample_add(struct sample *sample, uint64_t nanoseconds);

/* To be called once, before the percentiles are read. */
void sample_sort(struct sample *sample);

/* Nearest-rank percentile in microseconds, 0 without any duration. percent is 1..100. */
uint32_t sample_percentile(const struct sample *sample, size_t percent);

#endif
