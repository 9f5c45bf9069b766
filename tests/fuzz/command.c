/* Fuzzes smtp/command.c: verb and arguments lie in the line, print as what they were parsed from, and do not
 * depend on case or on spaces at the end. */
#include "fuzz.h"
#include "smtp/chars.h"
#include "smtp/command.h"

static char octets[FUZZ_OCTETS_MAX + 8];

/* What is seen by a user: the verb and both spans as text. */
static bool same(const struct command *a, const struct command *b)
{
    return a->verb == b->verb && span_eq_nocase(a->name, b->name) && span_eq(a->arguments, b->arguments);
}

static void check_spans(struct span line, const struct command *command)
{
    const char *behind = command->name.ptr + command->name.len;

    DEMAND(command->name.ptr == line.ptr && command->name.len > 0);
    DEMAND(memchr(command->name.ptr, ' ', command->name.len) == NULL);
    DEMAND(chars_is(line.ptr[0], CHAR_LETDIG) && !chars_is(line.ptr[0], CHAR_DIGIT));
    DEMAND(command->arguments.ptr >= behind);
    DEMAND(command->arguments.ptr + command->arguments.len <= line.ptr + line.len);
    for (const char *p = behind; p < command->arguments.ptr; p++)
        DEMAND(*p == ' ');
    if (command->arguments.len > 0) {
        char last = command->arguments.ptr[command->arguments.len - 1];
        DEMAND(command->arguments.ptr[0] != ' ' && last != ' ' && last != '\t');
    }
}

/* "verb SP arguments" with the verb's case changed and spaces behind is the same command. */
static void check_spelling(const struct command *command, unsigned change)
{
    struct text text = TEXT(octets);
    struct command again;

    text_add(&text, command->name);
    for (size_t i = 0; i < text.len; i++)
        if (chars_is(octets[i], CHAR_LETDIG) && !chars_is(octets[i], CHAR_DIGIT) && (i + change) % 3 == 0)
            octets[i] = (char)(octets[i] ^ 0x20);
    if (command->arguments.len > 0)
        text_add(&text, change % 2 == 0 ? SPAN(" ") : SPAN("   "));
    text_add(&text, command->arguments);
    text_add(&text, change % 4 < 2 ? SPAN("") : SPAN(" \t "));
    DEMAND(!text.cut && command_parse(text_span(&text), &again) == 0);
    DEMAND(same(&again, command));
}

void fuzz_one(struct span in)
{
    unsigned change = fuzz_choice(&in, 12);
    struct span line = fuzz_copy(in);
    struct command command;
    int status = command_parse(line, &command);

    DEMAND(status == 0 || status == -1);
    DEMAND(command.verb < VERB_COUNT);
    if (status == 0) {
        check_spans(line, &command);
        check_spelling(&command, change);
        if (command.verb != VERB_UNKNOWN && command.verb != VERB_FOREIGN) {
            DEMAND(span_eq_nocase(command.name, span_str(command_name(command.verb))));
            DEMAND(command_verb(command.name) == command.verb);
        }
    } else {
        DEMAND(command.verb == VERB_UNKNOWN || command.verb == VERB_FOREIGN);
        DEMAND(span_trim(line).len == 0 || line.ptr[0] == ' ' || line.ptr[0] == '\t' ||
               !chars_is(line.ptr[0], CHAR_LETDIG) || chars_is(line.ptr[0], CHAR_DIGIT));
    }
    fuzz_free(line);
}
