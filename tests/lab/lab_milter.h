/* lab_milter.h: packets of the milter protocol as lines of text, for tests that play a milter: "CONNECT
 * [192.0.2.1]|4|40000|192.0.2.1", "MACRO C|j|mx.example", "REPLYCODE 550 No". What is said is left to the
 * test. */
#ifndef LAB_MILTER_H
#define LAB_MILTER_H

#include "lab.h"

/* The next packet in octets that an MTA has sent, as a line; other octets than printable ones stand as \xNN,
 * those of one field behind the other after "|". Returns how many octets it had; 0: none is whole, -1: it is
 * none. */
long lab_milter_read(struct span octets, struct lab_bytes *line);
/* Adds the packet that a milter's line stands for, whose escapes have been undone; false: it stands for none.
 */
bool lab_milter_write(struct span line, struct lab_bytes *octets);
/* True for a line of an MTA's that a milter answers. */
bool lab_milter_answered(struct span line);

#endif
