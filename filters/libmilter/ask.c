/* ask.c: a callback that is not there says SMFIS_CONTINUE, or nothing where that was agreed on. */
#include "filters/libmilter/ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/un.h>

/* Callbacks take what came as theirs to write on. */
static char *writable(struct span s)
{
    union {
        const char *ours;
        char *theirs;
    } octets = {.ours = s.ptr};

    return octets.theirs;
}

/* The answer in place of a callback that is missing for a step that the mail server tells all the same. */
static int nobody(const SMFICTX *ctx, uint32_t silent)
{
    return (ctx->terms.steps & silent) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

union address {
    struct sockaddr any;
    struct sockaddr_in inet;
    struct sockaddr_in6 inet6;
    struct sockaddr_un local;
};

/* The client's address; false when it is none of its family. */
static bool read_address(const struct milter_packet *packet, union address *to)
{
    struct span text = packet->strings[1];
    in_port_t port = htons((uint16_t)packet->numbers[1]);

    memset(to, 0, sizeof(*to));
    switch (packet->numbers[0]) {
    case MILTER_INET:
        to->inet.sin_family = AF_INET;
        to->inet.sin_port = port;
        return text.ptr != NULL && inet_pton(AF_INET, text.ptr, &to->inet.sin_addr) == 1;
    case MILTER_INET6:
        if (text.len > 5 && span_eq_nocase(span_first(text, 5), SPAN("IPv6:")))
            text = span_skip(text, 5);
        to->inet6.sin6_family = AF_INET6;
        to->inet6.sin6_port = port;
        return text.ptr != NULL && inet_pton(AF_INET6, text.ptr, &to->inet6.sin6_addr) == 1;
    case MILTER_LOCAL:
        to->local.sun_family = AF_UNIX;
        if (text.ptr == NULL || text.len >= sizeof(to->local.sun_path))
            return false;
        memcpy(to->local.sun_path, text.ptr, text.len);
        return true;
    default:
        return false;
    }
}

int ask_connect(SMFICTX *ctx, const struct milter_packet *packet)
{
    union address address;
    bool known = packet->numbers[0] != MILTER_UNKNOWN_FAMILY;

    if (ctx->filter->xxfi_connect == NULL)
        return nobody(ctx, MILTER_NR_CONNECT);
    if (known && !read_address(packet, &address))
        return ASK_FAILED;
    return ctx->filter->xxfi_connect(ctx, writable(packet->strings[0]), known ? &address.any : NULL);
}

int ask_helo(SMFICTX *ctx, const struct milter_packet *packet)
{
    if (ctx->filter->xxfi_helo == NULL)
        return nobody(ctx, MILTER_NR_HELO);
    return ctx->filter->xxfi_helo(ctx, writable(packet->strings[0]));
}

/* The path, its parameters and NULL; the array stays the context's. NULL when memory is short. */
static char **arguments(SMFICTX *ctx, const struct milter_packet *packet)
{
    struct span list = packet->rest, argument;
    size_t count = 1;

    while (milter_next_string(&list, &argument))
        count++;
    if (count + 1 > ctx->arguments_size) {
        char **larger = realloc(ctx->arguments, (count + 1) * sizeof(*larger));
        if (larger == NULL)
            return NULL;
        ctx->arguments = larger;
        ctx->arguments_size = count + 1;
    }
    list = packet->rest;
    ctx->arguments[0] = writable(packet->strings[0]);
    for (size_t i = 1; milter_next_string(&list, &argument); i++)
        ctx->arguments[i] = writable(argument);
    ctx->arguments[count] = NULL;
    return ctx->arguments;
}

int ask_mail(SMFICTX *ctx, const struct milter_packet *packet)
{
    char **list;

    if (ctx->filter->xxfi_envfrom == NULL)
        return nobody(ctx, MILTER_NR_MAIL);
    list = arguments(ctx, packet);
    return list != NULL ? ctx->filter->xxfi_envfrom(ctx, list) : ASK_FAILED;
}

int ask_rcpt(SMFICTX *ctx, const struct milter_packet *packet)
{
    char **list;

    if (ctx->filter->xxfi_envrcpt == NULL)
        return nobody(ctx, MILTER_NR_RCPT);
    list = arguments(ctx, packet);
    return list != NULL ? ctx->filter->xxfi_envrcpt(ctx, list) : ASK_FAILED;
}

int ask_data(SMFICTX *ctx, const struct milter_packet *packet)
{
    (void)packet;
    return ctx->filter->xxfi_data != NULL ? ctx->filter->xxfi_data(ctx) : nobody(ctx, MILTER_NR_DATA);
}

int ask_unknown(SMFICTX *ctx, const struct milter_packet *packet)
{
    if (ctx->filter->xxfi_unknown == NULL)
        return nobody(ctx, MILTER_NR_UNKNOWN);
    return ctx->filter->xxfi_unknown(ctx, packet->strings[0].ptr);
}

int ask_header(SMFICTX *ctx, const struct milter_packet *packet)
{
    if (ctx->filter->xxfi_header == NULL)
        return nobody(ctx, MILTER_NR_HEADER);
    return ctx->filter->xxfi_header(ctx, writable(packet->strings[0]), writable(packet->strings[1]));
}

int ask_eoh(SMFICTX *ctx, const struct milter_packet *packet)
{
    (void)packet;
    return ctx->filter->xxfi_eoh != NULL ? ctx->filter->xxfi_eoh(ctx) : nobody(ctx, MILTER_NR_EOH);
}

int ask_body(SMFICTX *ctx, const struct milter_packet *packet)
{
    unsigned char *octets = (unsigned char *)writable(packet->rest);

    if (ctx->filter->xxfi_body == NULL)
        return nobody(ctx, MILTER_NR_BODY);
    return ctx->filter->xxfi_body(ctx, octets, packet->rest.len);
}

int ask_eom(SMFICTX *ctx, const struct milter_packet *packet)
{
    if (packet->rest.len != 0 && ctx->filter->xxfi_body != NULL) {
        int answer;

        ctx->calling = CALL_BODY;
        answer = ask_body(ctx, packet);
        ctx->calling = CALL_EOM;
        if (answer != SMFIS_CONTINUE && answer != SMFIS_NOREPLY && answer != SMFIS_SKIP)
            return answer;
    }
    return ctx->filter->xxfi_eom != NULL ? ctx->filter->xxfi_eom(ctx) : SMFIS_CONTINUE;
}
