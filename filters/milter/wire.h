/* wire.h: the packets of the milter protocol, versions 2 to 6, in both directions: their shapes, the bits
 * that are negotiated, reading and writing. Pure; when a packet may be sent is left to its users. */
#ifndef FILTERS_MILTER_WIRE_H
#define FILTERS_MILTER_WIRE_H

#include <stdint.h>

#include "postern/span.h"

#define MILTER_VERSION_MIN 2u
#define MILTER_VERSION_MAX 6u
#define MILTER_DATA_MAX    65535u /* octets of a packet's data; more has to be negotiated, which we never do */
#define MILTER_HEAD        5u     /* octets before the data: length and command */
#define MILTER_OPTNEG_DATA 12u    /* octets of data of an MTA's OPTNEG, exactly */

/* A packet's second word. The MTA sends the first list, a milter the second; both send OPTNEG. */
enum milter_command {
    MILTER_OPTNEG = 'O',    /* version, actions, steps; of a milter also symbol lists */
    MILTER_MACRO = 'D',     /* command they belong to; name, value, …; has no reply */
    MILTER_CONNECT = 'C',   /* host name, family; port and address unless the family is unknown */
    MILTER_HELO = 'H',      /* name */
    MILTER_MAIL = 'M',      /* <reverse-path>, parameters… */
    MILTER_RCPT = 'R',      /* <forward-path>, parameters… */
    MILTER_DATA = 'T',      /* from version 4 on */
    MILTER_UNKNOWN = 'U',   /* command line; from version 3 on */
    MILTER_HEADER = 'L',    /* name, value */
    MILTER_EOH = 'N',       /* end of headers */
    MILTER_BODY = 'B',      /* octets */
    MILTER_EOM = 'E',       /* end of message; octets, which we never send with it */
    MILTER_ABORT = 'A',     /* has no reply */
    MILTER_QUIT = 'Q',      /* likewise */
    MILTER_QUIT_ANEW = 'K', /* likewise; another SMTP session follows on this connection */
    MILTER_SAY_CONTINUE = 'c',
    MILTER_SAY_ACCEPT = 'a',
    MILTER_SAY_REJECT = 'r',
    MILTER_SAY_TEMPFAIL = 't',
    MILTER_SAY_DISCARD = 'd',
    MILTER_SAY_REPLY = 'y',     /* code and text */
    MILTER_SAY_SHUTDOWN = '4',  /* 421, and the SMTP session ends */
    MILTER_SAY_CONN_FAIL = 'f', /* the milter gives up */
    MILTER_SAY_SKIP = 's',      /* no more of this event in this message, if negotiated */
    MILTER_SAY_PROGRESS = 'p',  /* at the end of message: more time is needed */
    MILTER_ADD_HEADER = 'h',    /* the rest: at the end of message only */
    MILTER_INSERT_HEADER = 'i', /* position, name, value */
    MILTER_CHANGE_HEADER = 'm', /* nth of its name, name, value */
    MILTER_REPLACE_BODY = 'b',  /* octets */
    MILTER_CHANGE_SENDER = 'e', /* path, [parameters] */
    MILTER_ADD_RCPT = '+',      /* path */
    MILTER_ADD_RCPT_PAR = '2',  /* path, [parameters] */
    MILTER_DELETE_RCPT = '-',   /* path */
    MILTER_QUARANTINE = 'q',    /* reason */
};

/* Actions: what a milter wants to do (SMFIF_*). */
#define MILTER_MAY_ADD_HEADERS    0x001u
#define MILTER_MAY_CHANGE_BODY    0x002u
#define MILTER_MAY_ADD_RCPT       0x004u
#define MILTER_MAY_DELETE_RCPT    0x008u
#define MILTER_MAY_CHANGE_HEADERS 0x010u
#define MILTER_MAY_QUARANTINE     0x020u
#define MILTER_MAY_CHANGE_SENDER  0x040u
#define MILTER_MAY_ADD_RCPT_PAR   0x080u
#define MILTER_MAY_LIST_SYMBOLS   0x100u
#define MILTER_ACTIONS            0x1ffu

/* Steps: what is left out of the protocol, or added to it (SMFIP_*). NO: not sent. NR: sent, not answered. */
#define MILTER_NO_CONNECT 0x000001u
#define MILTER_NO_HELO    0x000002u
#define MILTER_NO_MAIL    0x000004u
#define MILTER_NO_RCPT    0x000008u
#define MILTER_NO_BODY    0x000010u
#define MILTER_NO_HEADERS 0x000020u
#define MILTER_NO_EOH     0x000040u
#define MILTER_NR_HEADER  0x000080u
#define MILTER_NO_UNKNOWN 0x000100u
#define MILTER_NO_DATA    0x000200u
#define MILTER_CAN_SKIP   0x000400u
#define MILTER_REFUSED    0x000800u /* recipients that have been refused are shown, too (SMFIP_RCPT_REJ) */
#define MILTER_NR_CONNECT 0x001000u
#define MILTER_NR_HELO    0x002000u
#define MILTER_NR_MAIL    0x004000u
#define MILTER_NR_RCPT    0x008000u
#define MILTER_NR_DATA    0x010000u
#define MILTER_NR_UNKNOWN 0x020000u
#define MILTER_NR_EOH     0x040000u
#define MILTER_NR_BODY    0x080000u
#define MILTER_LEAD_SPACE 0x100000u /* values keep the white space behind the colon (SMFIP_HDR_LEADSPC) */
#define MILTER_STEPS      0x1fffffu /* without those that negotiate larger packets */

/* The stages for which a milter may name the macros that it wants (SMFIM_*). */
enum milter_stage {
    MILTER_AT_CONNECT,
    MILTER_AT_HELO,
    MILTER_AT_MAIL,
    MILTER_AT_RCPT,
    MILTER_AT_DATA,
    MILTER_AT_EOM,
    MILTER_AT_EOH,
    MILTER_STAGES
};

/* Families of MILTER_CONNECT. */
enum milter_family { MILTER_UNKNOWN_FAMILY = 'U', MILTER_LOCAL = 'L', MILTER_INET = '4', MILTER_INET6 = '6' };

enum milter_error {
    MILTER_ERROR_EMPTY = -1,   /* a packet of no octets, not even a command */
    MILTER_ERROR_LONG = -2,    /* longer than the limit */
    MILTER_ERROR_STRANGE = -3, /* no such command from this side */
    MILTER_ERROR_SHAPE = -4,   /* its data is not what this command has */
    MILTER_ERROR_MEMORY = -5
};

/* One sentence's end: "the packet is too long". */
const char *milter_error_text(long error);

/* Who sends: the meaning of a command depends on it. */
enum milter_side { MILTER_OF_MTA, MILTER_OF_FILTER };

/* What all packets of one command look like. */
struct milter_shape {
    char command;
    uint8_t since;      /* version of the protocol */
    const char *name;   /* as logs and documentation call it: CONNECT, REPLYCODE */
    const char *fields; /* in order: 4, 2, 1 octets of a number; s: string; ?: the rest may be absent;
                           l: strings up to the end; r: octets up to the end */
};

/* NULL: this side has no such command. */
const struct milter_shape *milter_shape(enum milter_side side, char command);

/* A packet taken apart; what its shape does not have is zero. */
struct milter_packet {
    char command;
    uint32_t numbers[3];    /* 4, 2, 1, in order */
    struct span strings[2]; /* without their NUL; absent behind "?" */
    struct span rest;       /* l: each string has its NUL, r: octets */
};

/* --- reading -------------------------------------------------------------------------------------------- */

/* Finds the ends of packets in octets that come in pieces of any size. Zeroed at the begin, but for limit. */
struct milter_reader {
    size_t limit; /* octets of data; 0: MILTER_DATA_MAX */
    size_t have;  /* octets of the packet under way, of which those of the data are in `data` */
    char head[MILTER_HEAD];
    char *data; /* NULL while there is nothing to keep */
    size_t size;
};

/* Takes octets. > 0: so many have been taken; when *command is not 0 a packet of it is whole, and *data is
 * its data, valid until the next call and as long as bytes are; what follows it has not been taken. 0: bytes
 * is empty. < 0: enum milter_error; nothing can be read any more. A length is looked at as soon as it is
 * there, and memory for a packet grows with what has come of it. */
long milter_read(struct milter_reader *reader, struct span bytes, char *command, struct span *data);
/* Forgets what has been kept; the reader is as at its begin. */
void milter_reader_free(struct milter_reader *reader);

/* Takes the data of a packet apart. 0 or < 0: enum milter_error. Spans point into data. */
int milter_parse(enum milter_side side, char command, struct span data, struct milter_packet *out);

/* The next string of a list (rest of an "l"). False at its end. */
bool milter_next_string(struct span *list, struct span *out);
/* The next macro of the list of MILTER_MACRO: name with its braces, as sent. False at the end, and for a name
 * without a value. */
bool milter_next_macro(struct span *list, struct span *name, struct span *value);
/* The next symbol list in the rest of a milter's OPTNEG: number of a stage, which may be none we know, and
 * names separated by white space. 1; 0 at the end; < 0: MILTER_ERROR_SHAPE. */
int milter_next_symbols(struct span *rest, uint32_t *stage, struct span *names);

/* --- writing -------------------------------------------------------------------------------------------- */

/* Packets one behind the other in memory that grows; zeroed at the begin. */
struct milter_writer {
    char *ptr;
    size_t len, size;
    bool starved; /* memory was short: something is missing, nothing more is added */
};

/* Adds a whole packet. The values must fit its shape (asserted); NULs in strings end them. -1: its data would
 * be longer than MILTER_DATA_MAX, and nothing was added, or memory is short. */
int milter_write(struct milter_writer *writer, enum milter_side side, const struct milter_packet *packet);
/* The head alone of a packet whose octets of data (len of them, MILTER_DATA_MAX at most) are sent from
 * elsewhere. */
void milter_write_head(char head[static MILTER_HEAD], char command, size_t len);
/* What is written by these is no packet yet, but the strings or octets of one. -1 when memory is short. */
int milter_add(struct milter_writer *writer, struct span octets);
/* The string and its NUL. */
int milter_add_string(struct milter_writer *writer, struct span string);
/* Adds a symbol list as milter_next_symbols() reads it. */
int milter_add_symbols(struct milter_writer *writer, uint32_t stage, struct span names);

static inline struct span milter_written(const struct milter_writer *writer)
{
    return span_of(writer->ptr, writer->len);
}

/* Frees; the writer is as at its begin. */
void milter_writer_free(struct milter_writer *writer);

/* --- names ---------------------------------------------------------------------------------------------- */

struct milter_bit {
    uint32_t bit;
    uint8_t since; /* version of the protocol */
    const char *name;
};

/* Both end with bit 0. */
extern const struct milter_bit milter_actions[], milter_steps[];

/* The bits that this version has. */
uint32_t milter_bits(const struct milter_bit *table, unsigned version);
/* Prints the names of bits, separated by spaces, unknown ones as one hexadecimal number; cut where the array
 * ends. Returns to. */
const char *milter_bit_names(const struct milter_bit *table, uint32_t bits, char *to, size_t size);

#endif
