/* parts.c: what a filter may ask about the parts of messages in general. Reading them is mail/'s, showing
 * them session/'s. */
#include "mail/anomaly.h"
#include "postern/filter.h"

const char *filter_anomaly(unsigned n)
{
    return n < ANOMALY_COUNT ? anomaly_name((enum anomaly)n) : NULL;
}
