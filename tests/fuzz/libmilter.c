/* Fuzzes filters/libmilter/engine.c: whatever a mail server sends, however it trickles in and whatever the
 * filter answers, callbacks come in the order that is documented, with arguments that end where they should.
 */
#include <stdlib.h>
#include <string.h>

#include "filters/libmilter/engine.h"
#include "fuzz.h"

/* What a filter knows of its session, and where what it sees is told. */
struct filter_state {
    struct text *told;
    bool in_message, connected, closed;
    unsigned answers; /* the state of a generator */
    unsigned choice;
};

/* Of the session that is under way; one at a time. */
static struct filter_state state;

/* One of the answers that a filter may give, or of those that are none. */
static int answer(void)
{
    static const int answers[] = {SMFIS_CONTINUE,
                                  SMFIS_CONTINUE,
                                  SMFIS_CONTINUE,
                                  SMFIS_REJECT,
                                  SMFIS_DISCARD,
                                  SMFIS_ACCEPT,
                                  SMFIS_TEMPFAIL,
                                  SMFIS_NOREPLY,
                                  SMFIS_SKIP,
                                  SMFIS_ALL_OPTS,
                                  -1,
                                  1000,
                                  SMFIS_CONTINUE,
                                  SMFIS_CONTINUE};

    state.answers = state.answers * 1103515245u + 12345u;
    if (state.choice == 0)
        return SMFIS_CONTINUE;
    return answers[(state.answers >> 16) % (sizeof(answers) / sizeof(answers[0]))];
}

/* The filter has ended the message by its answer. */
static int ends(int said, bool recipient)
{
    if (said == SMFIS_ACCEPT || said == SMFIS_DISCARD ||
        (!recipient && said != SMFIS_CONTINUE && said != SMFIS_NOREPLY && said != SMFIS_SKIP))
        state.in_message = false;
    return said;
}

static void tell(char letter, const char *s)
{
    text_char(state.told, letter);
    text_add(state.told, span_str(s));
    text_char(state.told, '\n');
}

/* Calls functions of the library that any callback may call. */
static void try_functions(SMFICTX *ctx)
{
    char name[] = "{i}", text[] = "text";
    const char *value = smfi_getsymval(ctx, name);

    if (value != NULL)
        tell('$', value);
    (void)smfi_addheader(ctx, text, text);
    (void)smfi_setsymlist(ctx, (int)(state.answers % 9), text);
    if (state.answers % 3 == 0)
        (void)smfi_setreply(ctx, (char *)"451", (char *)"4.7.1", text);
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
                             unsigned long f3, unsigned long *pf0, unsigned long *pf1, unsigned long *pf2,
                             unsigned long *pf3)
{
    try_functions(ctx);
    (void)f2, (void)f3, (void)pf2, (void)pf3;
    *pf0 = f0 & 0x1ff;
    *pf1 = state.choice == 2 ? f1 & 0x1fffff : 0;
    return state.choice == 3 ? answer() : SMFIS_CONTINUE;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
    DEMAND(!state.in_message);
    tell('C', host);
    state.connected = true;
    state.closed = false;
    if (address != NULL)
        DEMAND(address->sa_family == AF_INET || address->sa_family == AF_INET6 ||
               address->sa_family == AF_UNIX);
    try_functions(ctx);
    return answer();
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    DEMAND(!state.in_message);
    tell('H', name);
    name[0] = 'x'; /* it is the filter's to write on */
    try_functions(ctx);
    return answer();
}

static sfsistat on_mail(SMFICTX *ctx, char **argv)
{
    DEMAND(!state.in_message && argv[0] != NULL);
    state.in_message = true;
    for (; *argv != NULL; argv++)
        tell('M', *argv);
    try_functions(ctx);
    return ends(answer(), false);
}

static sfsistat on_rcpt(SMFICTX *ctx, char **argv)
{
    DEMAND(argv[0] != NULL);
    state.in_message = true;
    for (; *argv != NULL; argv++)
        tell('R', *argv);
    try_functions(ctx);
    return ends(answer(), true);
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    (void)ctx;
    tell('L', name);
    tell(':', value);
    state.in_message = true;
    return ends(answer(), false);
}

static sfsistat on_eoh(SMFICTX *ctx)
{
    (void)ctx;
    tell('N', NULL);
    state.in_message = true;
    return ends(answer(), false);
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t len)
{
    (void)ctx;
    text_char(state.told, 'B');
    text_add(state.told, span_of((const char *)octets, len));
    state.in_message = ctx->calling != CALL_EOM;
    if (len > 0)
        octets[len - 1] = 'x';
    return ends(answer(), false);
}

static sfsistat on_eom(SMFICTX *ctx)
{
    tell('E', NULL);
    try_functions(ctx);
    state.in_message = false;
    return answer();
}

static sfsistat on_abort(SMFICTX *ctx)
{
    (void)ctx;
    tell('A', NULL);
    state.in_message = false;
    return answer();
}

static sfsistat on_close(SMFICTX *ctx)
{
    try_functions(ctx);
    tell('Q', NULL);
    DEMAND(!state.in_message && (!state.closed || !state.connected));
    state.closed = true;
    state.connected = false;
    return answer();
}

static sfsistat on_unknown(SMFICTX *ctx, const char *line)
{
    (void)ctx;
    tell('U', line);
    return ends(answer(), true);
}

static sfsistat on_data(SMFICTX *ctx)
{
    (void)ctx;
    tell('T', NULL);
    state.in_message = true;
    return ends(answer(), false);
}

static const struct smfiDesc filter = {
    .xxfi_name = (char *)"fuzz",
    .xxfi_version = SMFI_VERSION,
    .xxfi_connect = on_connect,
    .xxfi_helo = on_helo,
    .xxfi_envfrom = on_mail,
    .xxfi_envrcpt = on_rcpt,
    .xxfi_header = on_header,
    .xxfi_eoh = on_eoh,
    .xxfi_body = on_body,
    .xxfi_eom = on_eom,
    .xxfi_abort = on_abort,
    .xxfi_close = on_close,
    .xxfi_unknown = on_unknown,
    .xxfi_data = on_data,
    .xxfi_negotiate = on_negotiate,
};

/* What is said can be read again. */
static int hear(void *arg, const struct milter_packet *packet, bool prompt)
{
    struct milter_writer writer = {.len = 0};
    struct milter_packet again;

    (void)arg;
    (void)prompt;
    DEMAND(milter_write(&writer, MILTER_OF_FILTER, packet) == 0);
    DEMAND(milter_parse(MILTER_OF_FILTER, packet->command, span_skip(milter_written(&writer), MILTER_HEAD),
                        &again) == 0);
    text_char(state.told, '>');
    text_add(state.told, milter_written(&writer));
    milter_writer_free(&writer);
    return 0;
}

static unsigned choice;

static void feed(struct span in, struct fuzz_cut cut, struct text *told)
{
    struct milter_reader reader = {.limit = 4096};
    SMFICTX *ctx = context_new(&filter, (struct outlet){hear, NULL}, 0);
    bool goes_on = true;

    DEMAND(ctx != NULL);
    state = (struct filter_state){.told = told, .choice = choice};
    for (size_t begin = 0; begin < in.len && goes_on;) {
        size_t end = fuzz_piece_end(cut, begin, in.len);
        struct span piece = fuzz_copy(span_first(span_skip(in, begin), end - begin)), left = piece, data;
        char command;
        long taken;

        while (goes_on && (taken = milter_read(&reader, left, &command, &data)) != 0) {
            goes_on = taken > 0 && (command == '\0' || engine_read(ctx, command, data));
            left = span_skip(left, taken > 0 ? (size_t)taken : 0);
        }
        fuzz_free(piece);
        begin = end;
    }
    engine_end(ctx);
    DEMAND(state.closed && !state.in_message);
    context_free(ctx);
    milter_reader_free(&reader);
}

void fuzz_one(struct span in)
{
    choice = fuzz_choice(&in, 4);
    (void)fuzz_every_way(in, fuzz_position(&in), feed);
}
