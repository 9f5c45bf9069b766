/* outbox.c: replies on their way to one peer of the sink. */
#include "outbox.h"

#include <string.h>

void outbox_put(struct outbox *outbox, const char *reply, size_t length)
{
    if (outbox->length + length > sizeof(outbox->octets))
        outbox_flush(outbox);
    memcpy(outbox->octets + outbox->length, reply, length);
    outbox->length += length;
    if (outbox->each)
        outbox_flush(outbox);
}

void outbox_flush(struct outbox *outbox)
{
    if (outbox->length > 0 && !outbox->broken)
        outbox->broken =
            carrier_send(outbox->carrier, outbox->octets, outbox->length) != (ssize_t)outbox->length;
    outbox->length = 0;
}
