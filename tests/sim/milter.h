/* milter.h: milters as the filter that asks them sees them: well, late, silent, broken off, talking nonsense
 * or out of turn at any step of the protocol. Reads and writes packets by itself; shares no code with what it
 * judges. */
#ifndef SIM_MILTER_H
#define SIM_MILTER_H

#include "dice.h"
#include "lab.h"
#include "postern/filter.h"

#define MILTERS_MAX     2
#define MILTER_ENDS_MAX 96
#define MILTER_PORT     8890 /* and the next one */
#define MILTER_CUTS     16

struct client;
struct message;
struct settings;
struct sim;

/* From MILTER_LEAVES on all are a loss, if the MTA is still interested. */
enum milter_trick {
    MILTER_WELL,
    MILTER_DRIPS,      /* its answer, octet by octet, but in time */
    MILTER_TWICE,      /* answers, or answers what needs no answer */
    MILTER_PROGRESSES, /* asks for time, and answers then */
    MILTER_LEAVES,     /* behind its answer */
    MILTER_REFUSES,    /* the connection */
    MILTER_HANGS,      /* instead of taking it */
    MILTER_FIN,
    MILTER_RST,
    MILTER_STALLS,
    MILTER_DEAF, /* reads no more */
    MILTER_GARBAGE,
    MILTER_ODD, /* a packet that is none for this step */
    MILTER_HALF,
    MILTER_LATE,    /* answers, when nobody waits any more */
    MILTER_SLOW,    /* octet by octet, for too long */
    MILTER_FOREVER, /* asks for time again and again */
    MILTER_TRICKS
};

/* Steps at which a trick is played, in the order of the protocol. */
enum milter_step {
    STEP_DIAL,
    STEP_OPTNEG,
    STEP_CONNECT,
    STEP_HELO,
    STEP_UNKNOWN,
    STEP_MAIL,
    STEP_RCPT,
    STEP_DATA,
    STEP_HEADER,
    STEP_EOH,
    STEP_BODY,
    STEP_EOM,
    STEP_EDITS, /* some of them are said */
    STEP_IDLE,  /* behind a message */
    MILTER_STEPS
};

/* One of them as configured. */
struct sim_milter {
    struct sim *sim;
    unsigned index;   /* among the milters */
    unsigned editor;  /* among all that edit */
    unsigned actions; /* that it is offered */
    unsigned version; /* the highest that is offered */
    unsigned mischief;
    enum { MILTER_TEMPFAILS, MILTER_PASSES, MILTER_REJECTS, MILTER_SHUTS } on_failure;
    bool observed; /* what it says counts for nothing */
    bool prepends; /* its field goes above everything */
    const void *config;
    unsigned connections[8]; /* of each client */
};

/* What it does beside what is right. */
struct milter_plan {
    enum milter_trick trick;
    char word; /* instead of CONTINUE: a packet's command; 0: none */
    enum milter_step step;
    unsigned after; /* how often the step is passed before */
};

/* One connection. */
struct milter_end {
    struct sim_milter *of;
    struct client *client;
    const struct lab_dial *dial; /* until it is taken */
    struct lab_pipe *pipe;
    struct dice dice;
    struct milter_plan session, letter; /* letter: for the message under way */
    size_t read;
    /* What has been agreed on. */
    unsigned version, actions, steps;
    bool lists; /* wants no macro but `i` at the end */
    /* What has been heard. */
    char due;       /* the command that it owes an answer to; 0: none */
    char announced; /* the command that macros were for, and that must follow */
    unsigned rank;  /* of the last packet of the message */
    bool met, greeted, in_message, decided, skipped, quit, parting;
    struct message *message;
    unsigned which; /* recipient asked about */
    bool refused;   /* by the upstream */
    struct lab_bytes header, body;
    bool partial;  /* it has not been shown all of them */
    unsigned seen; /* bits of editors whose fields it was shown */
    /* What is being said. */
    struct lab_bytes out;
    size_t said;
    uint64_t out_at, spread;     /* begins then, and takes so long */
    size_t cuts[MILTER_CUTS];    /* between packets of edits */
    unsigned cut_count, planned; /* bits of enum milter_deed */
    bool saying, leaves, resets, falls_silent;
    char word;     /* what it comes to */
    unsigned more; /* packets of PROGRESS to come */
    bool confused; /* its answers may be taken for answers to something else */
    bool leaving;
    bool lost, over;
    bool wrong;         /* it has said what ends the connection: */
    uint64_t wrong_at;  /* then, */
    size_t wrong_heard; /* when it had heard so much */
};

/* What it does to a message. */
enum milter_deed {
    DEED_TOP = 1,
    DEED_TAIL = 2,
    DEED_GONE = 4,
    DEED_BODY = 8,
    DEED_SENDER = 16,
    DEED_ADD = 32,
    DEED_DELETE = 64,
    DEED_QUARANTINE = 128
};

/* Somebody wants to connect to one. */
void milter_dialled(struct sim *sim, struct lab_dial *dial);
bool milter_act(struct milter_end *end);
uint64_t milter_due(const struct milter_end *end);
void milter_end_free(struct milter_end *end);
/* The table of which trick makes sense at which step. */
bool milter_applies(enum milter_trick trick, enum milter_step step);
const char *milter_trick_name(enum milter_trick trick);
const char *milter_step_name(enum milter_step step);

/* --- milter_tricks.c: what it says, or does instead */

/* What it will do in a session, or about a message. */
struct milter_plan milter_draw_plan(const struct milter_end *end, struct dice *dice, bool session);
/* This packet has come: what there is to be said to it is begun. */
void milter_answer(struct milter_end *end, char command);
/* A message is over, and nothing is due. */
void milter_idle(struct milter_end *end);
/* The trick is played. */
void milter_count(const struct milter_end *end, enum milter_trick trick, enum milter_step step);

/* --- milter_order.c: what may come when */

struct milter_packet_seen {
    char command;
    struct span data;
};
/* Whether this packet may come now; keeps account of what has been shown. */
void milter_heard(struct milter_end *end, const struct milter_packet_seen *packet);
/* The MTA has closed the connection. */
void milter_parted(struct milter_end *end);
/* It is to be answered. */
bool milter_answers_it(const struct milter_end *end, char command);
/* The step of a command; MILTER_STEPS: of none. */
enum milter_step milter_step_of(char command);

/* --- milter_edits.c: what it does to a message */

/* Draws it, and adds the packets. */
void milter_edits_add(struct milter_end *end);
/* The last word about them is said: the ledger has it. */
void milter_edits_done(struct milter_end *end);
/* Header section and body were the message. */
void milter_check_shown(struct milter_end *end);
void milter_say(struct milter_end *end, char command, struct span data);

/* --- milter_ledger.c: what comes of its words and of its end, for clients and messages */

/* From now on the MTA has to take it as failed. */
void milter_lost(struct milter_end *end);
/* A word has been said, to the question that is due. */
void milter_said(struct milter_end *end, char word);
/* Nothing in this simulation makes it uncertain whether the MTA hears what is said. */
bool milter_certain(const struct milter_end *end);

/* --- milters.c: the configuration */

/* Draws whether there are any; adds them to the chain. */
void milters_draw(struct sim *sim);
void milters_free(struct sim *sim);

#endif
