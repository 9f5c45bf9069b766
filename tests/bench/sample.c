/* sample.c: durations collected and their percentiles. */
#include "sample.h"

#include <stdlib.h>

#include "peer.h"

void sample_init(struct sample *sample, size_t room)
{
    *sample = (struct sample){.microseconds = calloc(room, sizeof(uint32_t)), .room = room};
    if (sample->microseconds == NULL)
        peer_die("memory for %zu durations", room);
}

void sample_free(struct sample *sample)
{
    free(sample->microseconds);
}

void sample_add(struct sample *sample, uint64_t nanoseconds)
{
    uint64_t microseconds = nanoseconds / 1000;
    if (sample->count < sample->room)
        sample->microseconds[sample->count++] =
            microseconds < UINT32_MAX ? (uint32_t)microseconds : UINT32_MAX;
}

static int sample_order(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

void sample_sort(struct sample *sample)
{
    qsort(sample->microseconds, sample->count, sizeof(uint32_t), sample_order);
}

uint32_t sample_percentile(const struct sample *sample, size_t percent)
{
    if (sample->count == 0)
        return 0;
    return sample->microseconds[(sample->count * percent + 99) / 100 - 1];
}
