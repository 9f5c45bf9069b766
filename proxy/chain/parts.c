/* parts.c: what a filter may ask about the parts of messages in general. Reading them is mail/'s, showing
 * them session/'s. */
#include "mail/anomaly.h"
#include "mail/encoded_word.h"
#include "postern/filter.h"

const char *filter_anomaly(unsigned n)
{
    return n < ANOMALY_COUNT ? anomaly_name((enum anomaly)n) : NULL;
}

size_t filter_field_text(struct span value, char *out, size_t room)
{
    struct text text = {out, 0, room, false};

    (void)encoded_word_text(value, &text);
    return text.len;
}
