/* talk.h: what both sides of a script do with octets: send them, expect them. Which line of a script means
 * what is left to client_lines.c and upstream_lines.c. */
#ifndef TALK_H
#define TALK_H

#include "play.h"

/* A line of the script that begins with `word`. */
struct directive {
    const char *word;
    void (*act)(struct play *play, struct span text);
};

/* Both end with a row without a word. */
extern const struct directive client_lines[], upstream_lines[];

/* The octets a text of the script stands for; the caller frees them. */
struct lab_bytes talk_decode(struct play *play, struct span text, bool pattern);
/* The party sends the text and `end`. */
void talk_send(struct play *play, struct party *party, const char *who, struct span text, const char *end);
/* The next line the party has been sent, without CRLF; false: there is none. */
bool talk_next_line(struct party *party, struct span *line);
/* The next line fits the pattern. */
void talk_expect(struct play *play, struct party *party, const char *who, struct span text);
/* What comes next are exactly these octets, wherever lines end. */
void talk_expect_raw(struct play *play, struct party *party, const char *who, struct span text);
/* Lines are skipped until one fits the pattern. */
void talk_until(struct play *play, struct party *party, const char *who, struct span text);
/* Nothing more has been sent. */
void talk_silent(struct play *play, struct party *party);
/* Another connection of the side is meant from now on. */
void talk_turn(struct play *play, struct side *side, struct span text);

#endif
