/* scripted.c: a milter with every callback that does what its command line says and writes down what it is
 * told. It knows of the library what its documentation says, and runs on any that has it. scripted -p SOCKET
 * [-o TRACE] [-v VERSION] [-f FLAGS] [-n CALLBACK]... [-t SECONDS] [-w ACTIONS,STEPS]
 *            [-r CALLBACK[#NTH]=ANSWER]... [-d 'CALLBACK[#NTH]:FUNCTION|ARGUMENT|...']... */
#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define RULES_MAX     64
#define ARGUMENTS_MAX 40

struct rule {
    const char *callback;
    int nth; /* 0: each time */
    int answer;
    const char *arguments[ARGUMENTS_MAX + 1]; /* function first; NULL: the rule is an answer */
};

/* What the filter keeps for a session: how often each callback has been called, and whether one is running.
 */
struct session {
    int calls[16];
    int running;
};

static const char *const callbacks[] = {"negotiate", "connect", "helo",   "envfrom", "envrcpt",
                                        "data",      "unknown", "header", "eoh",     "body",
                                        "eom",       "abort",   "close"};
static struct rule rules[RULES_MAX];
static size_t rule_count;
static unsigned long wanted_actions, wanted_steps;
static int says_wanted;
static FILE *trace;
static pthread_mutex_t trace_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\n' || *c == '\r')
            *c = '~';
    (void)pthread_mutex_lock(&trace_lock);
    fprintf(trace, "%s\n", text);
    fflush(trace);
    (void)pthread_mutex_unlock(&trace_lock);
}

static const char *shown(const char *s)
{
    return s != NULL ? s : "(null)";
}

static int is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static int nth_call(SMFICTX *ctx, const char *callback)
{
    struct session *session = smfi_getpriv(ctx);

    if (session == NULL && !is(callback, "close")) {
        session = calloc(1, sizeof(*session));
        (void)smfi_setpriv(ctx, session);
    }
    if (session == NULL)
        return 1;
    for (int i = 0; i < 13; i++)
        if (is(callbacks[i], callback))
            return ++session->calls[i];
    return 1;
}

static void *progress_elsewhere(void *ctx)
{
    note("  progress elsewhere = %d", smfi_progress(ctx));
    return NULL;
}

static void call_elsewhere(SMFICTX *ctx)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, progress_elsewhere, ctx) == 0)
        (void)pthread_join(thread, NULL);
}

static int replace_body(SMFICTX *ctx, const char *octets, const char *times)
{
    int count = atoi(times), result;
    size_t len = strlen(octets);
    unsigned char *body = malloc(len * (size_t)count + 1);

    for (int i = 0; i < count; i++)
        memcpy(body + (size_t)i * len, octets, len);
    result = smfi_replacebody(ctx, body, (int)len * count);
    free(body);
    return result;
}

static char *text(const char *argument)
{
    return argument == NULL || is(argument, "NULL") ? NULL : (char *)(size_t)argument;
}

static int call_more(SMFICTX *ctx, const char *const *a)
{
    if (is(a[0], "replacebody"))
        return replace_body(ctx, a[1], a[2] != NULL ? a[2] : "1");
    if (is(a[0], "quarantine"))
        return smfi_quarantine(ctx, text(a[1]));
    if (is(a[0], "progress"))
        return smfi_progress(ctx);
    if (is(a[0], "setreply"))
        return smfi_setreply(ctx, text(a[1]), text(a[2]), text(a[3]));
    if (is(a[0], "setmlreply"))
        return smfi_setmlreply(ctx, text(a[1]), text(a[2]), a[3], a[3] ? a[4] : NULL,
                               a[3] && a[4] ? a[5] : NULL, (char *)NULL);
    if (is(a[0], "setsymlist"))
        return smfi_setsymlist(ctx, atoi(a[1]), text(a[2]));
    if (is(a[0], "sleep"))
        return usleep((useconds_t)atoi(a[1]) * 1000);
    if (is(a[0], "elsewhere"))
        call_elsewhere(ctx);
    else if (is(a[0], "stop"))
        return smfi_stop();
    return -99;
}

static int call(SMFICTX *ctx, const char *const *a)
{
    if (is(a[0], "addheader"))
        return smfi_addheader(ctx, text(a[1]), text(a[2]));
    if (is(a[0], "insheader"))
        return smfi_insheader(ctx, atoi(a[1]), text(a[2]), text(a[3]));
    if (is(a[0], "chgheader"))
        return smfi_chgheader(ctx, text(a[1]), atoi(a[2]), text(a[3]));
    if (is(a[0], "chgfrom"))
        return smfi_chgfrom(ctx, text(a[1]), text(a[2]));
    if (is(a[0], "addrcpt"))
        return smfi_addrcpt(ctx, text(a[1]));
    if (is(a[0], "addrcpt_par"))
        return smfi_addrcpt_par(ctx, text(a[1]), text(a[2]));
    if (is(a[0], "delrcpt"))
        return smfi_delrcpt(ctx, text(a[1]));
    return call_more(ctx, a);
}

static int applies(const struct rule *rule, const char *callback, int nth)
{
    return is(rule->callback, callback) && (rule->nth == 0 || rule->nth == nth);
}

/* Carries out what the rules say for this callback. */
static sfsistat act(SMFICTX *ctx, const char *callback)
{
    int nth = nth_call(ctx, callback), answer = SMFIS_CONTINUE;
    struct session *session = smfi_getpriv(ctx);

    if (session != NULL && session->running++ != 0)
        note("two callbacks at once");
    for (size_t i = 0; i < rule_count; i++) {
        const char *const *a = rules[i].arguments;
        if (!applies(&rules[i], callback, nth))
            continue;
        if (a[0] == NULL)
            answer = rules[i].answer;
        else if (is(a[0], "getsymval"))
            note("  %s = %s", a[1], shown(smfi_getsymval(ctx, (char *)(size_t)a[1])));
        else
            note("  %s = %d", a[0], call(ctx, a));
    }
    if (session != NULL)
        session->running--;
    return answer;
}

static sfsistat on_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
                             unsigned long f3, unsigned long *pf0, unsigned long *pf1, unsigned long *pf2,
                             unsigned long *pf3)
{
    sfsistat answer;

    note("negotiate 0x%lx 0x%lx %lu %lu: 0x%lx 0x%lx %lu %lu", f0, f1, f2, f3, *pf0, *pf1, *pf2, *pf3);
    answer = act(ctx, "negotiate");
    if (says_wanted) {
        *pf0 = wanted_actions;
        *pf1 = wanted_steps;
    }
    return answer;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
    char printed[128] = "(null)";

    if (address != NULL && address->sa_family == AF_INET) {
        const struct sockaddr_in *inet = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &inet->sin_addr, printed, sizeof(printed));
        note("connect %s inet %s %d", host, printed, ntohs(inet->sin_port));
    } else if (address != NULL && address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *inet6 = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &inet6->sin6_addr, printed, sizeof(printed));
        note("connect %s inet6 %s %d", host, printed, ntohs(inet6->sin6_port));
    } else if (address != NULL) {
        note("connect %s unix %s", host, ((const struct sockaddr_un *)address)->sun_path);
    } else {
        note("connect %s", host);
    }
    return act(ctx, "connect");
}

static sfsistat on_helo(SMFICTX *ctx, char *name)
{
    note("helo %s", name);
    return act(ctx, "helo");
}

static sfsistat on_envelope(SMFICTX *ctx, const char *callback, char **argv)
{
    char line[2048] = "";
    size_t at = 0;

    for (; *argv != NULL && at < sizeof(line); argv++)
        at += (size_t)snprintf(line + at, sizeof(line) - at, " [%s]", *argv);
    note("%s%s", callback, line);
    return act(ctx, callback);
}

static sfsistat on_envfrom(SMFICTX *ctx, char **argv)
{
    return on_envelope(ctx, "envfrom", argv);
}

static sfsistat on_envrcpt(SMFICTX *ctx, char **argv)
{
    return on_envelope(ctx, "envrcpt", argv);
}

static sfsistat on_data(SMFICTX *ctx)
{
    note("data");
    return act(ctx, "data");
}

static sfsistat on_unknown(SMFICTX *ctx, const char *command)
{
    note("unknown %s", command);
    return act(ctx, "unknown");
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
    note("header [%s] [%s]", name, value);
    return act(ctx, "header");
}

static sfsistat on_eoh(SMFICTX *ctx)
{
    note("eoh");
    return act(ctx, "eoh");
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *octets, size_t len)
{
    note("body %zu [%.*s]", len, len < 40 ? (int)len : 40, (const char *)octets);
    return act(ctx, "body");
}

static sfsistat on_eom(SMFICTX *ctx)
{
    note("eom");
    return act(ctx, "eom");
}

static sfsistat on_abort(SMFICTX *ctx)
{
    note("abort");
    return act(ctx, "abort");
}

static sfsistat on_close(SMFICTX *ctx)
{
    note("close");
    (void)act(ctx, "close");
    free(smfi_getpriv(ctx));
    (void)smfi_setpriv(ctx, NULL);
    return SMFIS_CONTINUE;
}

static struct smfiDesc described = {
    (char *)"scripted", SMFI_VERSION, SMFIF_NONE, on_connect,  on_helo, on_envfrom,
    on_envrcpt,         on_header,    on_eoh,     on_body,     on_eom,  on_abort,
    on_close,           on_unknown,   on_data,    on_negotiate};

static void forget(const char *callback)
{
    if (is(callback, "connect"))
        described.xxfi_connect = NULL;
    else if (is(callback, "helo"))
        described.xxfi_helo = NULL;
    else if (is(callback, "envfrom"))
        described.xxfi_envfrom = NULL;
    else if (is(callback, "envrcpt"))
        described.xxfi_envrcpt = NULL;
    else if (is(callback, "header"))
        described.xxfi_header = NULL;
    else if (is(callback, "eoh"))
        described.xxfi_eoh = NULL;
    else if (is(callback, "body"))
        described.xxfi_body = NULL;
    else if (is(callback, "eom"))
        described.xxfi_eom = NULL;
    else if (is(callback, "abort"))
        described.xxfi_abort = NULL;
    else if (is(callback, "close"))
        described.xxfi_close = NULL;
    else if (is(callback, "unknown"))
        described.xxfi_unknown = NULL;
    else if (is(callback, "data"))
        described.xxfi_data = NULL;
    else if (is(callback, "negotiate"))
        described.xxfi_negotiate = NULL;
}

static struct rule *add_rule(char *callback)
{
    struct rule *rule = &rules[rule_count++];
    char *nth = strchr(callback, '#');

    if (rule_count > RULES_MAX)
        exit(64);
    rule->callback = callback;
    if (nth != NULL) {
        *nth = '\0';
        rule->nth = atoi(nth + 1);
    }
    return rule;
}

static void add_answer(char *spec)
{
    char *equals = strchr(spec, '=');

    if (equals == NULL)
        exit(64);
    *equals = '\0';
    add_rule(spec)->answer = atoi(equals + 1);
}

static void add_call(char *spec)
{
    char *colon = strchr(spec, ':'), *rest;
    struct rule *rule;

    if (colon == NULL)
        exit(64);
    *colon = '\0';
    rest = colon + 1;
    rule = add_rule(spec);
    for (size_t i = 0; i < ARGUMENTS_MAX && rest != NULL; i++)
        rule->arguments[i] = strsep(&rest, "|");
}

int main(int argc, char **argv)
{
    char *conn = NULL;
    int option, result;

    trace = stdout;
    while ((option = getopt(argc, argv, "p:o:v:f:n:t:w:r:d:")) != -1) {
        if (option == 'p')
            conn = optarg;
        else if (option == 'o')
            trace = fopen(optarg, "w");
        else if (option == 'v')
            described.xxfi_version = (int)strtol(optarg, NULL, 0);
        else if (option == 'f')
            described.xxfi_flags = strtoul(optarg, NULL, 0);
        else if (option == 'n')
            forget(optarg);
        else if (option == 't')
            (void)smfi_settimeout(atoi(optarg));
        else if (option == 'w')
            says_wanted = sscanf(optarg, "%li,%li", (long *)&wanted_actions, (long *)&wanted_steps) == 2;
        else if (option == 'r')
            add_answer(optarg);
        else if (option == 'd')
            add_call(optarg);
    }
    if (conn == NULL || trace == NULL)
        return 64;
    note("register = %d", smfi_register(described));
    note("setconn = %d", smfi_setconn(conn));
    result = smfi_opensocket(true);
    note("opensocket = %d", result);
    if (result == MI_SUCCESS)
        note("main = %d", smfi_main());
    return 0;
}
