/* abi.c: prints sizes, offsets and numbers of a libmilter's headers. Compiled with ours and with sendmail's,
 * it has to print the same. */
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <stddef.h>
#include <stdio.h>

#define NUMBER(name) printf("%s = 0x%lx\n", #name, (unsigned long)(name))
#define FIELD(name)                                                                                          \
    printf("%s: %zu + %zu\n", #name, offsetof(struct smfiDesc, name), sizeof(((struct smfiDesc *)NULL)->name))
/* A function of this type is declared: anything else does not compile. */
#define FUNCTION(name, type)                                                                                 \
    do {                                                                                                     \
        type = name;                                                                                         \
        printf("%s is %s\n", #name, function != NULL ? "there" : "missing");                                 \
    } while (0)

static void print_struct(void)
{
    printf("struct smfiDesc: %zu, aligned %zu\n", sizeof(struct smfiDesc), _Alignof(struct smfiDesc));
    FIELD(xxfi_name);
    FIELD(xxfi_version);
    FIELD(xxfi_flags);
    FIELD(xxfi_connect);
    FIELD(xxfi_helo);
    FIELD(xxfi_envfrom);
    FIELD(xxfi_envrcpt);
    FIELD(xxfi_header);
    FIELD(xxfi_eoh);
    FIELD(xxfi_body);
    FIELD(xxfi_eom);
    FIELD(xxfi_abort);
    FIELD(xxfi_close);
    FIELD(xxfi_unknown);
    FIELD(xxfi_data);
    FIELD(xxfi_negotiate);
    printf("sfsistat: %zu, bool: %zu\n", sizeof(sfsistat), sizeof(bool));
    printf("pointers: %zu %zu\n", sizeof(SMFICTX_PTR), sizeof(smfiDesc_ptr));
    printf("same struct: %d\n", sizeof(smfiDesc_str) == sizeof(struct smfiDesc));
}

static void print_functions(void)
{
    FUNCTION(smfi_opensocket, int (*function)(bool));
    FUNCTION(smfi_register, int (*function)(struct smfiDesc));
    FUNCTION(smfi_main, int (*function)(void));
    FUNCTION(smfi_setbacklog, int (*function)(int));
    FUNCTION(smfi_setdbg, int (*function)(int));
    FUNCTION(smfi_settimeout, int (*function)(int));
    FUNCTION(smfi_setconn, int (*function)(char *));
    FUNCTION(smfi_stop, int (*function)(void));
    FUNCTION(smfi_setmaxdatasize, size_t(*function)(size_t));
    FUNCTION(smfi_version, int (*function)(unsigned int *, unsigned int *, unsigned int *));
    FUNCTION(smfi_getsymval, char *(*function)(SMFICTX *, char *));
    FUNCTION(smfi_setreply, int (*function)(SMFICTX *, char *, char *, char *));
    FUNCTION(smfi_setmlreply, int (*function)(SMFICTX *, const char *, const char *, ...));
    FUNCTION(smfi_addheader, int (*function)(SMFICTX *, char *, char *));
    FUNCTION(smfi_chgheader, int (*function)(SMFICTX *, char *, int, char *));
    FUNCTION(smfi_insheader, int (*function)(SMFICTX *, int, char *, char *));
    FUNCTION(smfi_chgfrom, int (*function)(SMFICTX *, char *, char *));
    FUNCTION(smfi_addrcpt, int (*function)(SMFICTX *, char *));
    FUNCTION(smfi_addrcpt_par, int (*function)(SMFICTX *, char *, char *));
    FUNCTION(smfi_delrcpt, int (*function)(SMFICTX *, char *));
    FUNCTION(smfi_progress, int (*function)(SMFICTX *));
    FUNCTION(smfi_replacebody, int (*function)(SMFICTX *, unsigned char *, int));
    FUNCTION(smfi_quarantine, int (*function)(SMFICTX *, char *));
    FUNCTION(smfi_setpriv, int (*function)(SMFICTX *, void *));
    FUNCTION(smfi_getpriv, void *(*function)(SMFICTX *));
    FUNCTION(smfi_setsymlist, int (*function)(SMFICTX *, int, char *));
}

static void print_numbers(void)
{
#include "abi_numbers.h"
}

int main(void)
{
    unsigned int major = 9, minor = 9, patch = 9;

    print_struct();
    print_functions();
    print_numbers();
    printf("%d", smfi_version(&major, &minor, &patch));
    printf(" %u.%u.%u\n", major, minor, patch);
    return 0;
}
