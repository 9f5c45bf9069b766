/* lab_milter.c: packets of the milter protocol as text and back. */
#include "lab_milter.h"

#include <stdio.h>
#include <stdlib.h>

#include "filters/milter/wire.h"

#define MAX_NAME 16

static void add_text(struct lab_bytes *line, struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char octet[8];
        unsigned char c = (unsigned char)s.ptr[i];
        (void)snprintf(octet, sizeof(octet), c >= ' ' && c < 0x7f ? "%c" : "\\x%02x", c);
        lab_bytes_add(line, span_str(octet));
    }
}

static void add_list(struct lab_bytes *line, struct span list)
{
    struct span string;

    for (bool first = true; milter_next_string(&list, &string); first = false) {
        if (!first)
            lab_bytes_add(line, SPAN("|"));
        add_text(line, string);
    }
}

static void add_field(struct lab_bytes *line, char field, const struct milter_packet *packet,
                      unsigned *number, unsigned *string)
{
    char printed[16];

    if (field == 's')
        add_text(line, packet->strings[(*string)++]);
    else if (field == 'l')
        add_list(line, packet->rest);
    else if (field == 'r')
        add_text(line, packet->rest);
    else {
        (void)snprintf(printed, sizeof(printed), field == '1' ? "%c" : "%u", packet->numbers[*number]);
        (*number)++;
        lab_bytes_add(line, span_str(printed));
    }
}

/* False when nothing of it would be printed: the separator goes, too. */
static bool is_there(char field, const struct milter_packet *packet)
{
    return (field != 'l' && field != 'r') || packet->rest.len != 0;
}

long lab_milter_read(struct span octets, struct lab_bytes *line)
{
    struct milter_reader reader = {0};
    struct milter_packet packet;
    struct span data;
    char command;
    long n = milter_read(&reader, octets, &command, &data);
    unsigned number = 0, string = 0;
    bool first = true;

    milter_reader_free(&reader);
    if (n < 0 || command == '\0')
        return n < 0 ? -1 : 0;
    if (milter_parse(MILTER_OF_MTA, command, data, &packet) != 0)
        return -1;
    const struct milter_shape *shape = milter_shape(MILTER_OF_MTA, command);
    lab_bytes_add(line, span_str(shape->name));
    for (const char *field = shape->fields; *field != '\0'; field++) {
        if (*field == '?' && packet.strings[string].ptr == NULL)
            break;
        if (*field == '?' || !is_there(*field, &packet))
            continue;
        lab_bytes_add(line, first ? SPAN(" ") : SPAN("|"));
        first = false;
        add_field(line, *field, &packet, &number, &string);
    }
    return n;
}

/* The command of this name in what a milter says; '\0': there is none. */
static char command_of(struct span name)
{
    for (int c = 1; c < 0x7f; c++) {
        const struct milter_shape *shape = milter_shape(MILTER_OF_FILTER, (char)c);
        if (shape != NULL && span_eq(span_str(shape->name), name))
            return (char)c;
    }
    return '\0';
}

static struct span next_field(struct span *text)
{
    const char *bar = text->len != 0 ? memchr(text->ptr, '|', text->len) : NULL;
    struct span field = span_first(*text, bar != NULL ? (size_t)(bar - text->ptr) : text->len);

    *text = span_skip(*text, field.len + (bar != NULL ? 1 : 0));
    return field;
}

static uint32_t number_of(struct span s)
{
    char digits[MAX_NAME];

    (void)snprintf(digits, sizeof(digits), "%.*s", (int)s.len, s.ptr);
    return (uint32_t)strtoul(digits, NULL, 0);
}

bool lab_milter_write(struct span line, struct lab_bytes *octets)
{
    const char *space = line.len != 0 ? memchr(line.ptr, ' ', line.len) : NULL;
    struct span name = span_first(line, space != NULL ? (size_t)(space - line.ptr) : line.len);
    struct span text = span_skip(line, name.len + (space != NULL ? 1 : 0));
    struct milter_packet packet = {.command = command_of(name)};
    struct milter_writer writer = {0};
    unsigned number = 0, string = 0;

    if (packet.command == '\0')
        return false;
    for (const char *field = milter_shape(MILTER_OF_FILTER, packet.command)->fields; *field != '\0';
         field++) {
        if (*field == '?' && text.len == 0)
            break;
        if (*field == 's')
            packet.strings[string++] = field[1] != '\0' ? next_field(&text) : text;
        else if (*field == 'r')
            packet.rest = text;
        else if (*field != '?')
            packet.numbers[number++] = number_of(next_field(&text));
    }
    if (milter_write(&writer, MILTER_OF_FILTER, &packet) != 0)
        return false;
    lab_bytes_add(octets, milter_written(&writer));
    milter_writer_free(&writer);
    return true;
}

bool lab_milter_answered(struct span line)
{
    static const char *const silent[] = {"MACRO", "ABORT", "QUIT", "QUIT_NC"};

    for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++)
        if (span_starts_nocase(line, span_str(silent[i])))
            return false;
    return true;
}
