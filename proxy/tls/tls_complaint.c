/* tls_complaint.c: composes what is wrong with certificates; where it is printed is left to the caller. */
#include "tls/tls_complaint.h"

#include <stdarg.h>
#include <stdio.h>

static void say(const struct tls_complaints *to, size_t index, const char *key, bool warning,
                const char *format, va_list args)
{
    char text[1024];

    (void)vsnprintf(text, sizeof(text), format, args);
    to->complain(to->owner, index, key, warning, text);
}

void tls_complain(const struct tls_complaints *to, size_t index, const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(to, index, key, false, format, args);
    va_end(args);
}

void tls_warn(const struct tls_complaints *to, size_t index, const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(to, index, key, true, format, args);
    va_end(args);
}
