/* html_entity.h: what the entities of HTML stand for. Private to mail/. */
#ifndef MAIL_HTML_ENTITY_H
#define MAIL_HTML_ENTITY_H

#include <stdint.h>

#include "postern/span.h"

#define HTML_ENTITY_MAX 8 /* octets of the longest name */

/* The character that "&name;" stands for; 0: there is none of this name. */
uint32_t html_entity(struct span name);
/* The character that "&#number;" stands for; U+FFFD where there is none. */
uint32_t html_number(uint32_t number);

#endif
