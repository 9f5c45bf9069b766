/* libmilter_lab.h: a filter that writes down what it is told and answers what a test says, on the engine
 * alone. */
#ifndef LIBMILTER_LAB_H
#define LIBMILTER_LAB_H

#include "filters/libmilter/engine.h"
#include "test.h"

#define LAB_CALLS (CALL_CLOSE + 1)

static struct {
    char told[4096]; /* callbacks, one letter each */
    char said[4096]; /* commands of packets */
    size_t told_len, said_len;
    int answers[LAB_CALLS];
    void (*during)(SMFICTX *ctx, enum call call);
    struct milter_packet last;
    char text[2048]; /* first string of the last packet */
    bool deaf;       /* the mail server has gone */
    unsigned long wanted_actions, wanted_steps;
} lab;

static int lab_say(void *arg, const struct milter_packet *packet, bool prompt)
{
    (void)arg;
    (void)prompt;
    if (lab.deaf)
        return -1;
    if (lab.said_len + 1 < sizeof(lab.said))
        lab.said[lab.said_len++] = packet->command;
    lab.last = *packet;
    if (packet->strings[0].ptr != NULL)
        (void)snprintf(lab.text, sizeof(lab.text), "%s", packet->strings[0].ptr);
    return 0;
}

static int lab_called(SMFICTX *ctx, enum call call, char letter)
{
    if (lab.told_len + 1 < sizeof(lab.told))
        lab.told[lab.told_len++] = letter;
    CHECK(ctx->calling == call);
    if (lab.during != NULL)
        lab.during(ctx, call);
    return lab.answers[call];
}

static sfsistat lab_negotiate(SMFICTX *ctx, unsigned long f0, unsigned long f1, unsigned long f2,
                              unsigned long f3, unsigned long *pf0, unsigned long *pf1, unsigned long *pf2,
                              unsigned long *pf3)
{
    int answer = lab_called(ctx, CALL_NEGOTIATE, 'O');

    CHECK(f2 == 0 && f3 == 0 && *pf2 == 0 && *pf3 == 0);
    CHECK(*pf0 == f0);
    if (answer == SMFIS_CONTINUE) {
        *pf0 = lab.wanted_actions;
        *pf1 = lab.wanted_steps;
    }
    (void)f1;
    return answer;
}

static sfsistat lab_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
    (void)host;
    (void)address;
    return lab_called(ctx, CALL_CONNECT, 'C');
}

static sfsistat lab_helo(SMFICTX *ctx, char *name)
{
    (void)name;
    return lab_called(ctx, CALL_HELO, 'H');
}

static sfsistat lab_mail(SMFICTX *ctx, char **argv)
{
    CHECK(argv[0] != NULL);
    return lab_called(ctx, CALL_MAIL, 'M');
}

static sfsistat lab_rcpt(SMFICTX *ctx, char **argv)
{
    CHECK(argv[0] != NULL);
    return lab_called(ctx, CALL_RCPT, 'R');
}

static sfsistat lab_header(SMFICTX *ctx, char *name, char *value)
{
    CHECK(name != NULL && value != NULL);
    return lab_called(ctx, CALL_HEADER, 'L');
}

static sfsistat lab_eoh(SMFICTX *ctx)
{
    return lab_called(ctx, CALL_EOH, 'N');
}

static sfsistat lab_body(SMFICTX *ctx, unsigned char *octets, size_t len)
{
    (void)octets;
    (void)len;
    return lab_called(ctx, CALL_BODY, 'B');
}

static sfsistat lab_eom(SMFICTX *ctx)
{
    return lab_called(ctx, CALL_EOM, 'E');
}

static sfsistat lab_abort(SMFICTX *ctx)
{
    return lab_called(ctx, CALL_ABORT, 'a');
}

static sfsistat lab_close(SMFICTX *ctx)
{
    return lab_called(ctx, CALL_CLOSE, 'q');
}

static sfsistat lab_unknown(SMFICTX *ctx, const char *line)
{
    CHECK(line != NULL);
    return lab_called(ctx, CALL_UNKNOWN, 'U');
}

static sfsistat lab_data(SMFICTX *ctx)
{
    return lab_called(ctx, CALL_DATA, 'T');
}

static const struct smfiDesc lab_all = {
    (char *)"lab", SMFI_VERSION, 0,       lab_connect, lab_helo,  lab_mail,    lab_rcpt, lab_header,
    lab_eoh,       lab_body,     lab_eom, lab_abort,   lab_close, lab_unknown, lab_data, lab_negotiate,
};

/* A context of a filter, with nothing written down. */
static inline SMFICTX *lab_new(const struct smfiDesc *filter)
{
    SMFICTX *ctx;

    memset(&lab, 0, sizeof(lab));
    lab.wanted_actions = MILTER_ACTIONS;
    ctx = context_new(filter, (struct outlet){lab_say, NULL}, 0);
    REQUIRE(ctx != NULL);
    return ctx;
}

static inline void lab_clear(void)
{
    memset(lab.told, 0, sizeof(lab.told));
    memset(lab.said, 0, sizeof(lab.said));
    lab.told_len = lab.said_len = 0;
}

#define LAB_OFFER(version, actions, steps)                                                                   \
    ((struct milter_packet){.command = MILTER_OPTNEG, .numbers = {(version), (actions), (steps)}})

/* The packet of a command with some arguments. They are written on: each has memory of its own. */
static inline bool lab_tell(SMFICTX *ctx, char command)
{
    char a[] = "<a@client.example>", b[] = "value";
    struct milter_packet packet = {.command = command, .strings = {span_str(a), span_str(b)}};

    if (command == MILTER_OPTNEG)
        packet = LAB_OFFER(6, MILTER_ACTIONS, MILTER_STEPS);
    if (command == MILTER_CONNECT) {
        packet.numbers[0] = MILTER_UNKNOWN_FAMILY;
        packet.strings[1] = (struct span){NULL, 0};
    }
    if (command == MILTER_BODY)
        packet.rest = span_str(b);
    return engine_take(ctx, &packet);
}

static inline void lab_tell_all(SMFICTX *ctx, const char *commands)
{
    for (; *commands != '\0'; commands++)
        CHECK(lab_tell(ctx, *commands));
}

#endif
