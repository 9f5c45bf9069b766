/* milter.c: a milter for measurements, with every callback, that adds one field: what it does itself is next
 * to nothing. milter SOCKET */
#include <libmilter/mfapi.h>
#include <stdio.h>

static sfsistat on_connect(SMFICTX *ctx, char *name, _SOCK_ADDR *address)
{
    (void)ctx, (void)name, (void)address;
    return SMFIS_CONTINUE;
}

static sfsistat on_string(SMFICTX *ctx, char *string)
{
    (void)ctx, (void)string;
    return SMFIS_CONTINUE;
}

static sfsistat on_path(SMFICTX *ctx, char **path)
{
    (void)ctx, (void)path;
    return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx, (void)name, (void)value;
    return SMFIS_CONTINUE;
}

static sfsistat on_event(SMFICTX *ctx)
{
    (void)ctx;
    return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t len)
{
    (void)ctx, (void)octets, (void)len;
    return SMFIS_CONTINUE;
}

static sfsistat on_eom(SMFICTX *ctx)
{
    char name[] = "X-Seen", value[] = "yes";

    return smfi_addheader(ctx, name, value) == MI_SUCCESS ? SMFIS_CONTINUE : SMFIS_TEMPFAIL;
}

int main(int argc, char **argv)
{
    static char name[] = "bench";
    struct smfiDesc filter = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = SMFIF_ADDHDRS,
        .xxfi_connect = on_connect,
        .xxfi_helo = on_string,
        .xxfi_envfrom = on_path,
        .xxfi_envrcpt = on_path,
        .xxfi_data = on_event,
        .xxfi_header = on_header,
        .xxfi_eoh = on_event,
        .xxfi_body = on_body,
        .xxfi_eom = on_eom,
    };

    if (argc != 2 || smfi_register(filter) != MI_SUCCESS || smfi_setconn(argv[1]) != MI_SUCCESS) {
        (void)fprintf(stderr, "usage: milter SOCKET\n");
        return 1;
    }
    return smfi_main();
}
