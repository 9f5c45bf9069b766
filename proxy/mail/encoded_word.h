/* encoded_word.h: header text for people: folding undone, encoded words (RFC 2047) decoded, all of it UTF-8.
 */
#ifndef MAIL_ENCODED_WORD_H
#define MAIL_ENCODED_WORD_H

#include <stdint.h>

#include "base/text.h"
#include "mail/anomaly.h"

/* Appends the text of a field's value (as transmitted behind the colon) to `to`. White space between two
 * encoded words is dropped (RFC 2047 6.2), a character split between two of them is put together; what cannot
 * be decoded stays as it is; octets beyond ASCII that are no UTF-8 are taken as Windows-1252. Space at both
 * ends is removed, a fold becomes one space. Returns bits of enum anomaly. Linear; to->cut when there was no
 * room. */
uint64_t encoded_word_text(struct span value, struct text *to);

#endif
