/* choices.c: lists what is allowed and guesses what was meant; what is chosen is left to others. */
#include "config/choices.h"

#define WORD_MAX       40
#define SHORT_WORD     3               /* up to this length one slip is all that is forgiven */
#define CLOSING_OCTETS (WORD_MAX + 32) /* kept free for the guess */

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The slips (a letter missing, added, wrong, or two swapped) that turn a into b, without regard to case. */
static unsigned slips(struct span a, struct span b)
{
    unsigned rows[3][WORD_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];

    for (unsigned j = 0; j <= b.len; j++)
        above[j] = before[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned *spare = before;
        char x = span_lower_byte(a.ptr[i - 1]);
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            char y = span_lower_byte(b.ptr[j - 1]);
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == span_lower_byte(b.ptr[j - 2]) && y == span_lower_byte(a.ptr[i - 2]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        before = above;
        above = row;
        row = spare;
    }
    return above[b.len];
}

void choices_begin(struct choices *choices, struct span given)
{
    choices->given = given;
    choices->nearest = NULL;
    choices->distance = given.len <= SHORT_WORD ? 2 : 3;
    choices->text = (struct text){choices->bytes, 0, sizeof(choices->bytes) - CLOSING_OCTETS, false};
    text_add(&choices->text, SPAN("allowed: "));
}

void choices_offer(struct choices *choices, const char *word)
{
    struct span s = span_str(word);

    if (choices->text.ptr[choices->text.len - 2] != ':')
        text_add(&choices->text, SPAN(", "));
    text_add(&choices->text, s);
    if (s.len <= WORD_MAX && choices->given.len <= WORD_MAX) {
        unsigned distance = slips(choices->given, s);
        if (distance < choices->distance && distance < s.len) {
            choices->distance = distance;
            choices->nearest = word;
        }
    }
}

const char *choices_end(struct choices *choices)
{
    struct text *text = &choices->text;

    text->size = sizeof(choices->bytes);
    text->cut = false;
    if (choices->nearest != NULL)
        text_format(text, "; did you mean \"%s\"?", choices->nearest);
    text->ptr[text->len] = '\0';
    return text->ptr;
}
