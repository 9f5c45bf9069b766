/* talk.h: what the lines of a script are made of, and how they look at what they are about. What each line
 * does is left to side_lines.c, tls_lines.c, client_lines.c, upstream_lines.c, milter_lines.c and
 * directives.c. */
#ifndef TALK_H
#define TALK_H

#include "play.h"

/* A line of the script that begins with `word`. */
struct directive {
    const char *word;
    void (*act)(struct play *play, struct span text);
};

/* A line that there is for both sides. word: with which it began. */
struct side_directive {
    const char *client, *upstream;
    void (*act)(struct play *play, struct side *side, const char *word, struct span text);
};

/* Each ends with a row without a word. */
extern const struct directive client_lines[], upstream_lines[], milter_lines[];
extern const struct side_directive side_lines[], tls_lines[];

/* The party that lines of its side speak of; a failure without one. */
struct party *talk_party(struct play *play, struct side *side);
/* The next word of a text, which then begins behind it; empty: there is none. */
struct span talk_word(struct span *text);
/* The octets a text of the script stands for; the caller frees them. */
struct lab_bytes talk_decode(struct play *play, struct span text, bool pattern);
/* The next line the party has been sent, without CRLF; false: there is none. */
bool talk_next_line(struct party *party, struct span *line);
/* Nothing more has been sent. */
void talk_silent(struct play *play, struct party *party);
/* The oldest attempt to connect to a milter, or to an upstream; NULL, and a failure: there is none. */
struct lab_dial *talk_dial(struct play *play, bool milter);
/* Milliseconds of "2s", "+5m". */
uint64_t talk_duration(struct play *play, struct span text);

#endif
