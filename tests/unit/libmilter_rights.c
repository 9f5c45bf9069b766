/* Tests filters/libmilter/rights.c, edits.c, facts.c: every function in every callback, with and without its
 * action, with arguments that are none. */
#include "libmilter_lab.h"

#define END ((char *)NULL) /* of lines */

#include "filters/libmilter/rights.h"

static char text[] = "text";
static char empty[] = "";

/* Each function with arguments that are good, and its action; those without one may be called elsewhere. */
enum function {
    ADDHEADER,
    INSHEADER,
    CHGHEADER,
    CHGFROM,
    ADDRCPT,
    ADDRCPT_PAR,
    DELRCPT,
    REPLACEBODY,
    QUARANTINE,
    PROGRESS,
    SETSYMLIST,
    SETREPLY,
    SETMLREPLY,
    SETPRIV,
    FUNCTIONS
};

static const struct {
    uint32_t action;
    char command; /* of the packet that it sends */
} functions[FUNCTIONS] = {
    [ADDHEADER] = {SMFIF_ADDHDRS, 'h'},     [INSHEADER] = {SMFIF_ADDHDRS, 'i'},
    [CHGHEADER] = {SMFIF_CHGHDRS, 'm'},     [CHGFROM] = {SMFIF_CHGFROM, 'e'},
    [ADDRCPT] = {SMFIF_ADDRCPT, '+'},       [ADDRCPT_PAR] = {SMFIF_ADDRCPT_PAR, '2'},
    [DELRCPT] = {SMFIF_DELRCPT, '-'},       [REPLACEBODY] = {SMFIF_CHGBODY, 'b'},
    [QUARANTINE] = {SMFIF_QUARANTINE, 'q'}, [PROGRESS] = {0, 'p'},
};

static int call_function(SMFICTX *ctx, enum function function)
{
    switch (function) {
    case ADDHEADER:
        return smfi_addheader(ctx, text, text);
    case INSHEADER:
        return smfi_insheader(ctx, 0, text, text);
    case CHGHEADER:
        return smfi_chgheader(ctx, text, 1, text);
    case CHGFROM:
        return smfi_chgfrom(ctx, text, NULL);
    case ADDRCPT:
        return smfi_addrcpt(ctx, text);
    case ADDRCPT_PAR:
        return smfi_addrcpt_par(ctx, text, text);
    case DELRCPT:
        return smfi_delrcpt(ctx, text);
    case REPLACEBODY:
        return smfi_replacebody(ctx, (unsigned char *)text, 4);
    case QUARANTINE:
        return smfi_quarantine(ctx, text);
    case PROGRESS:
        return smfi_progress(ctx);
    case SETSYMLIST:
        return smfi_setsymlist(ctx, SMFIM_HELO, text);
    case SETREPLY:
        return smfi_setreply(ctx, (char *)"550", NULL, text);
    case SETMLREPLY:
        return smfi_setmlreply(ctx, "550", NULL, text, END);
    case SETPRIV:
        return smfi_setpriv(ctx, smfi_getpriv(ctx));
    default:
        return MI_FAILURE;
    }
}

static bool allowed(enum function function, enum call call)
{
    if (function >= SETREPLY)
        return true;
    if (function == SETSYMLIST)
        return call == CALL_NEGOTIATE;
    if (function == PROGRESS)
        return call >= CALL_CONNECT && call <= CALL_EOM;
    return call == CALL_EOM;
}

static unsigned calls_seen;

static void call_all(SMFICTX *ctx, enum call call)
{
    calls_seen |= 1u << call;
    for (enum function i = 0; i < FUNCTIONS; i++) {
        size_t before = lab.said_len;
        bool may =
            allowed(i, call) && (call == CALL_NEGOTIATE || (functions[i].action & ~ctx->terms.actions) == 0);
        int result = call_function(ctx, i);
        if (result != (may ? MI_SUCCESS : MI_FAILURE)) {
            fprintf(stderr, "function %d in call %d: %d\n", (int)i, (int)call, result);
            FAIL("legality");
        }
        CHECK(lab.said_len == before + (may && functions[i].command != '\0'));
        if (lab.said_len > before)
            CHECK(lab.said[before] == functions[i].command);
    }
}

static void test_legality(void)
{
    for (uint32_t bit = 0; bit < 10; bit++) {
        SMFICTX *ctx = lab_new(&lab_all);

        calls_seen = 0;
        lab.wanted_actions = bit == 9 ? MILTER_ACTIONS : MILTER_ACTIONS & ~(1u << bit);
        lab.during = call_all;
        lab_tell_all(ctx, "OCUHMRTLNBEMA");
        engine_end(ctx);
        CHECK(calls_seen == (1u << LAB_CALLS) - 2);
        call_all(ctx, CALL_NONE);
        context_free(ctx);
    }
}

static void without_context(void)
{
    for (enum function i = 0; i < FUNCTIONS; i++)
        CHECK(call_function(NULL, i) == MI_FAILURE);
    CHECK(smfi_getsymval(NULL, text) == NULL && smfi_getpriv(NULL) == NULL);
}

static unsigned char large[3 * MILTER_CHUNK_SIZE];
static char long_value[MILTER_DATA_MAX];

static void bad_arguments(SMFICTX *ctx, enum call call)
{
    if (call != CALL_EOM)
        return;
    lab_clear();
    CHECK(smfi_addheader(ctx, NULL, text) == MI_FAILURE && smfi_addheader(ctx, empty, text) == MI_FAILURE);
    CHECK(smfi_addheader(ctx, text, NULL) == MI_FAILURE && smfi_insheader(ctx, -1, text, text) == MI_FAILURE);
    CHECK(smfi_chgheader(ctx, text, -1, text) == MI_FAILURE &&
          smfi_chgheader(ctx, empty, 1, text) == MI_FAILURE);
    CHECK(smfi_chgfrom(ctx, NULL, text) == MI_FAILURE && smfi_chgfrom(ctx, empty, text) == MI_FAILURE);
    CHECK(smfi_addrcpt(ctx, NULL) == MI_FAILURE && smfi_addrcpt(ctx, empty) == MI_FAILURE);
    CHECK(smfi_addrcpt_par(ctx, NULL, text) == MI_FAILURE && smfi_delrcpt(ctx, empty) == MI_FAILURE);
    CHECK(smfi_quarantine(ctx, NULL) == MI_FAILURE && smfi_quarantine(ctx, empty) == MI_FAILURE);
    CHECK(smfi_replacebody(ctx, NULL, 1) == MI_FAILURE && smfi_replacebody(ctx, large, -1) == MI_FAILURE);
    CHECK(lab.said_len == 0);
    CHECK(smfi_chgheader(ctx, text, 2, NULL) == MI_SUCCESS);
    CHECK(lab.last.numbers[0] == 2 && lab.last.strings[1].ptr != NULL && lab.last.strings[1].len == 0);
    CHECK(smfi_replacebody(ctx, NULL, 0) == MI_SUCCESS && lab.last.rest.len == 0);
    CHECK(smfi_replacebody(ctx, large, (int)sizeof(large)) == MI_SUCCESS);
    CHECK(smfi_replacebody(ctx, large, MILTER_CHUNK_SIZE + 1) == MI_SUCCESS && lab.last.rest.len == 1);
    CHECK(strcmp(lab.said, "mbbbbbb") == 0);
    lab.deaf = true;
    CHECK(smfi_addheader(ctx, text, text) == MI_FAILURE && smfi_replacebody(ctx, large, 1) == MI_FAILURE);
    lab.deaf = false;
}

static void symbols(SMFICTX *ctx, enum call call)
{
    if (call != CALL_NEGOTIATE)
        return;
    CHECK(smfi_setsymlist(ctx, SMFIM_FIRST - 1, text) == MI_FAILURE);
    CHECK(smfi_setsymlist(ctx, SMFIM_LAST + 1, text) == MI_FAILURE);
    CHECK(smfi_setsymlist(ctx, SMFIM_EOM, NULL) == MI_FAILURE);
    CHECK(smfi_setsymlist(ctx, SMFIM_EOM, empty) == MI_SUCCESS);
    CHECK(smfi_setsymlist(ctx, SMFIM_EOM, text) == MI_FAILURE);
    CHECK(smfi_setsymlist(ctx, SMFIM_EOH, text) == MI_SUCCESS);
}

static void test_arguments(void)
{
    SMFICTX *ctx = lab_new(&lab_all);
    unsigned major = 9, minor = 9, patch = 9;

    memset(long_value, 'v', sizeof(long_value) - 1);
    lab.during = symbols;
    lab_tell_all(ctx, "O");
    CHECK(lab.last.rest.len == 4 + 1 + 4 + 5);
    lab.during = bad_arguments;
    lab_tell_all(ctx, "CHMRTLNBE");
    CHECK(smfi_setpriv(ctx, text) == MI_SUCCESS && smfi_getpriv(ctx) == text);
    CHECK(smfi_setpriv(ctx, NULL) == MI_SUCCESS && smfi_getpriv(ctx) == NULL);
    engine_end(ctx);
    context_free(ctx);
    CHECK(smfi_version(&major, &minor, &patch) == MI_SUCCESS && major == 1 && minor == 0 && patch == 1);
    CHECK(smfi_version(NULL, NULL, NULL) == MI_SUCCESS);
}

int main(void)
{
    test_legality();
    without_context();
    test_arguments();
    return test_end("libmilter_rights");
}
