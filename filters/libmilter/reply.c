/* reply.c: smfi_setreply(), smfi_setmlreply(): the reply a filter wants the client to get, checked and kept.
 * When it is used is left to engine.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "filters/libmilter/context.h"

#define TEXT_MAX  980
#define LINES_MAX 32

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reply-code = %x34-35 %x30-39 %x30-39 ; RFC 5321 4.2, of those that refuse */
static bool is_code(const char *s)
{
    return s != NULL && (s[0] == '4' || s[0] == '5') && digit(s[1]) && digit(s[2]) && s[3] == '\0';
}

/* "." 1*3digit; NULL when there is none. */
static const char *skip_number(const char *s)
{
    int digits = 0;

    if (*s++ != '.')
        return NULL;
    while (digits < 3 && digit(s[digits]))
        digits++;
    return digits != 0 ? s + digits : NULL;
}

/* status-code = class "." subject "." detail ; RFC 3463 2 */
static bool is_enhanced(const char *s)
{
    if (*s != '2' && *s != '4' && *s != '5')
        return false;
    s = skip_number(s + 1);
    if (s != NULL)
        s = skip_number(s);
    return s != NULL && *s == '\0';
}

static bool is_text(const char *s)
{
    return strlen(s) <= TEXT_MAX && strpbrk(s, "\r\n") == NULL;
}

/* NULL: memory was short. */
static int keep(SMFICTX *ctx, char *reply)
{
    if (reply == NULL)
        return MI_FAILURE;
    free(ctx->reply);
    ctx->reply = reply;
    return MI_SUCCESS;
}

int smfi_setreply(SMFICTX *ctx, char *code, char *enhanced, char *text)
{
    char *reply = NULL;

    if (ctx == NULL || !is_code(code) || (enhanced != NULL && !is_enhanced(enhanced)) ||
        (text != NULL && !is_text(text)))
        return MI_FAILURE;
    if (asprintf(&reply, "%s %s%s%s", code, enhanced != NULL ? enhanced : "",
                 enhanced != NULL && text != NULL ? " " : "", text != NULL ? text : "") < 0)
        return MI_FAILURE;
    return keep(ctx, reply);
}

/* How many lines there are up to the NULL, and how long they are; -1 when one of them is none. */
static int measure(va_list lines, size_t *len)
{
    int count = 0;

    for (const char *line = va_arg(lines, const char *); line != NULL; line = va_arg(lines, const char *)) {
        if (++count > LINES_MAX || !is_text(line))
            return -1;
        *len += strlen(line);
    }
    return count;
}

/* reply = *( code "-" enhanced SP text CRLF ) code SP enhanced [ SP text ] */
static char *compose(const char *code, const char *enhanced, int count, size_t len, va_list lines)
{
    size_t size = len + (size_t)(count + 1) * (strlen(code) + strlen(enhanced) + sizeof("- \r\n"));
    char *reply = malloc(size);
    size_t at = 0;

    if (reply != NULL && count == 0)
        (void)snprintf(reply, size, "%s %s", code, enhanced);
    for (int i = 1; reply != NULL && i <= count; i++)
        at += (size_t)snprintf(reply + at, size - at, "%s%s%c%s %s", i > 1 ? "\r\n" : "", code,
                               i < count ? '-' : ' ', enhanced, va_arg(lines, const char *));
    return reply;
}

int smfi_setmlreply(SMFICTX *ctx, const char *code, const char *enhanced, ...)
{
    size_t len = 0;
    va_list lines;
    char *reply;
    int count;

    if (ctx == NULL || !is_code(code) || (enhanced != NULL && !is_enhanced(enhanced)))
        return MI_FAILURE;
    if (enhanced == NULL)
        enhanced = code[0] == '4' ? "4.0.0" : "5.0.0";
    va_start(lines, enhanced);
    count = measure(lines, &len);
    va_end(lines);
    if (count < 0)
        return MI_FAILURE;
    va_start(lines, enhanced);
    reply = compose(code, enhanced, count, len, lines);
    va_end(lines);
    return keep(ctx, reply);
}
