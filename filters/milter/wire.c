/* wire.c: reads and writes packets of the milter protocol by their shapes; the shapes are in wire_tables.c.
 *
 * packet = length command data
 * length = 4OCTET ; big-endian, of command and data
 * string = *(%x01-ff) %x00
 */
#include "filters/milter/wire.h"

#include <assert.h>
#include <stdlib.h>

#define GROW_FIRST 160 /* octets; doubled nine times they hold the largest packet and little more */

static uint32_t get_number(const char *from, size_t octets)
{
    uint32_t number = 0;

    for (size_t i = 0; i < octets; i++)
        number = number << 8 | (unsigned char)from[i];
    return number;
}

static void put_number(char *to, uint32_t number, size_t octets)
{
    for (size_t i = octets; i > 0; number >>= 8)
        to[--i] = (char)(number & 0xff);
}

/* At least `need` octets at *ptr. */
static bool grow(char **ptr, size_t *size, size_t need)
{
    size_t larger = *size < GROW_FIRST ? GROW_FIRST : *size;
    char *moved;

    if (need <= *size)
        return true;
    while (larger < need)
        larger *= 2;
    moved = realloc(*ptr, larger);
    if (moved == NULL)
        return false;
    *ptr = moved;
    *size = larger;
    return true;
}

/* --- reading -------------------------------------------------------------------------------------------- */

/* Octets of data that the head speaks of, which is there; < 0: enum milter_error. */
static long announced(const struct milter_reader *reader)
{
    size_t limit = reader->limit != 0 ? reader->limit : MILTER_DATA_MAX;
    uint32_t length = get_number(reader->head, 4);

    if (length == 0)
        return MILTER_ERROR_EMPTY;
    return length - 1 <= limit ? (long)length - 1 : MILTER_ERROR_LONG;
}

/* Takes what there is of the head; < 0 when its length is none. */
static long take_head(struct milter_reader *reader, struct span bytes)
{
    size_t taken = MILTER_HEAD - reader->have < bytes.len ? MILTER_HEAD - reader->have : bytes.len;
    long status = 0;

    memcpy(reader->head + reader->have, bytes.ptr, taken);
    reader->have += taken;
    if (reader->have >= 4)
        status = announced(reader);
    return status < 0 ? status : (long)taken;
}

/* Keeps octets of data. */
static bool keep(struct milter_reader *reader, struct span bytes)
{
    size_t kept = reader->have - MILTER_HEAD;

    if (bytes.len == 0)
        return true;
    if (!grow(&reader->data, &reader->size, kept + bytes.len))
        return false;
    memcpy(reader->data + kept, bytes.ptr, bytes.len);
    reader->have += bytes.len;
    return true;
}

long milter_read(struct milter_reader *reader, struct span bytes, char *command, struct span *data)
{
    size_t taken = 0, whole;

    *command = '\0';
    if (reader->have == 0)
        milter_reader_free(reader); /* the data of the last one */
    if (bytes.len == 0)
        return 0;
    if (reader->have < MILTER_HEAD) {
        long head = take_head(reader, bytes);
        if (head < 0 || reader->have < MILTER_HEAD)
            return head;
        taken = (size_t)head;
    }
    whole = (size_t)announced(reader);
    bytes = span_first(span_skip(bytes, taken), whole - (reader->have - MILTER_HEAD));
    taken += bytes.len;
    if (reader->have == MILTER_HEAD && bytes.len == whole) {
        *data = bytes;
    } else {
        if (!keep(reader, bytes))
            return MILTER_ERROR_MEMORY;
        if (reader->have - MILTER_HEAD < whole)
            return (long)taken;
        *data = span_of(reader->data, whole);
    }
    *command = reader->head[4];
    reader->have = 0;
    return (long)taken;
}

void milter_reader_free(struct milter_reader *reader)
{
    free(reader->data);
    *reader = (struct milter_reader){.limit = reader->limit};
}

bool milter_next_string(struct span *list, struct span *out)
{
    const char *end = list->len != 0 ? memchr(list->ptr, '\0', list->len) : NULL;

    if (end == NULL)
        return false;
    *out = span_of(list->ptr, (size_t)(end - list->ptr));
    *list = span_skip(*list, out->len + 1);
    return true;
}

bool milter_next_macro(struct span *list, struct span *name, struct span *value)
{
    return milter_next_string(list, name) && milter_next_string(list, value);
}

int milter_next_symbols(struct span *rest, uint32_t *stage, struct span *names)
{
    if (rest->len == 0)
        return 0;
    if (rest->len < 4)
        return MILTER_ERROR_SHAPE;
    *stage = get_number(rest->ptr, 4);
    *rest = span_skip(*rest, 4);
    return milter_next_string(rest, names) ? 1 : MILTER_ERROR_SHAPE;
}

/* Where numbers and strings of a packet go, or come from. */
struct place {
    unsigned numbers, strings;
};

/* Takes one field; false when the data does not have it. */
static bool take_field(char field, struct span *data, struct milter_packet *out, struct place *place)
{
    switch (field) {
    case 's':
        return milter_next_string(data, &out->strings[place->strings++]);
    case 'l':
        if (data->len != 0 && data->ptr[data->len - 1] != '\0')
            return false;
        out->rest = *data;
        *data = span_skip(*data, data->len);
        return true;
    case 'r':
        out->rest = *data;
        *data = span_skip(*data, data->len);
        return true;
    default: {
        size_t octets = (size_t)(field - '0');
        if (data->len < octets)
            return false;
        out->numbers[place->numbers++] = get_number(data->ptr, octets);
        *data = span_skip(*data, octets);
        return true;
    }
    }
}

int milter_parse(enum milter_side side, char command, struct span data, struct milter_packet *out)
{
    const struct milter_shape *shape = milter_shape(side, command);
    struct place place = {0, 0};

    *out = (struct milter_packet){.command = command};
    if (shape == NULL)
        return MILTER_ERROR_STRANGE;
    for (const char *field = shape->fields; *field != '\0'; field++) {
        if (*field == '?' && data.len == 0)
            break;
        if (*field != '?' && !take_field(*field, &data, out, &place))
            return MILTER_ERROR_SHAPE;
    }
    return data.len == 0 ? 0 : MILTER_ERROR_SHAPE;
}

/* --- writing -------------------------------------------------------------------------------------------- */

int milter_add(struct milter_writer *writer, struct span octets)
{
    if (!writer->starved && !grow(&writer->ptr, &writer->size, writer->len + octets.len))
        writer->starved = true;
    if (writer->starved)
        return -1;
    if (octets.len != 0)
        memcpy(writer->ptr + writer->len, octets.ptr, octets.len);
    writer->len += octets.len;
    return 0;
}

static void add_number(struct milter_writer *writer, uint32_t number, size_t octets)
{
    char printed[4];

    put_number(printed, number, octets);
    (void)milter_add(writer, span_of(printed, octets));
}

int milter_add_string(struct milter_writer *writer, struct span string)
{
    (void)milter_add(writer, span_first(string, string.len != 0 ? strnlen(string.ptr, string.len) : 0));
    return milter_add(writer, SPAN("\0"));
}

int milter_add_symbols(struct milter_writer *writer, uint32_t stage, struct span names)
{
    add_number(writer, stage, 4);
    return milter_add_string(writer, names);
}

static void add_field(struct milter_writer *writer, char field, const struct milter_packet *packet,
                      struct place *place)
{
    if (field == 's')
        (void)milter_add_string(writer, packet->strings[place->strings++]);
    else if (field == 'l' || field == 'r')
        (void)milter_add(writer, packet->rest);
    else
        add_number(writer, packet->numbers[place->numbers++], (size_t)(field - '0'));
}

/* True when nothing of the packet is behind this place. */
static bool at_end(const struct milter_packet *packet, const struct place *place)
{
    return packet->strings[place->strings].ptr == NULL;
}

int milter_write(struct milter_writer *writer, enum milter_side side, const struct milter_packet *packet)
{
    const struct milter_shape *shape = milter_shape(side, packet->command);
    struct place place = {0, 0};
    size_t begin = writer->len, data;

    assert(shape != NULL);
    (void)milter_add(writer, span_of("\0\0\0\0\0", MILTER_HEAD));
    for (const char *field = shape->fields; *field != '\0'; field++) {
        if (*field == '?' && at_end(packet, &place))
            break;
        if (*field != '?')
            add_field(writer, *field, packet, &place);
    }
    if (writer->starved)
        return -1;
    data = writer->len - begin - MILTER_HEAD;
    if (data > MILTER_DATA_MAX) {
        writer->len = begin;
        return -1;
    }
    milter_write_head(writer->ptr + begin, packet->command, data);
    return 0;
}

void milter_write_head(char head[static MILTER_HEAD], char command, size_t len)
{
    assert(len <= MILTER_DATA_MAX);
    put_number(head, (uint32_t)len + 1, 4);
    head[4] = command;
}

void milter_writer_free(struct milter_writer *writer)
{
    free(writer->ptr);
    *writer = (struct milter_writer){.len = 0};
}
