/* say.c: composes a line and hands it to syslog(3), as it was opened by the filter. */
#include "filters/libmilter/say.h"

#include <stdarg.h>
#include <stdio.h>

void say(const struct smfiDesc *filter, int priority, const char *format, ...)
{
    char text[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    syslog(priority, "%s: %s", filter != NULL ? filter->xxfi_name : "libmilter", text);
}
