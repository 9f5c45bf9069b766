/* filters_milter_wire.c: packets of the milter protocol: each written, read at every split and taken apart
 * again; lengths, shapes and lists that are wrong; names of bits. */
#include "filters/milter/wire.h"
#include "test.h"

/* A packet, and its octets as the protocol has them. */
struct row {
    enum milter_side side;
    struct milter_packet packet;
    struct span octets;
};

#define S(literal)                                                                                           \
    {                                                                                                        \
        (literal), sizeof(literal) - 1                                                                       \
    }

static const struct row rows[] = {
    {MILTER_OF_MTA,
     {'O', {6, 0x1ff, 0x1fffff}, {{0}}, {0}},
     S("\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff")},
    {MILTER_OF_MTA,
     {'D', {'C'}, {{0}}, S("j\0mx.example\0{if_name}\0\0")},
     S("\0\0\0\x1a"
       "DCj\0mx.example\0{if_name}\0\0")},
    {MILTER_OF_MTA,
     {'C', {'4', 1234}, {S("[192.0.2.1]"), S("192.0.2.1")}, {0}},
     S("\0\0\0\x1a"
       "C[192.0.2.1]\0"
       "4\x04\xd2"
       "192.0.2.1\0")},
    {MILTER_OF_MTA,
     {'C', {'U'}, {S("localhost")}, {0}},
     S("\0\0\0\x0c"
       "Clocalhost\0U")},
    {MILTER_OF_MTA, {'H', {0}, {S("x.example")}, {0}}, S("\0\0\0\x0bHx.example\0")},
    {MILTER_OF_MTA, {'M', {0}, {S("<>")}, {0}}, S("\0\0\0\x04M<>\0")},
    {MILTER_OF_MTA,
     {'R', {0}, {S("<a@b>")}, S("NOTIFY=NEVER\0ORCPT=x\0")},
     S("\0\0\0\x1cR<a@b>\0NOTIFY=NEVER\0ORCPT=x\0")},
    {MILTER_OF_MTA, {'T', {0}, {{0}}, {0}}, S("\0\0\0\x01T")},
    {MILTER_OF_MTA, {'U', {0}, {S("HELP me")}, {0}}, S("\0\0\0\x09UHELP me\0")},
    {MILTER_OF_MTA, {'L', {0}, {S("Subject"), S("a\n\tb")}, {0}}, S("\0\0\0\x0eLSubject\0a\n\tb\0")},
    {MILTER_OF_MTA, {'L', {0}, {S("X"), S("")}, {0}}, S("\0\0\0\x04LX\0\0")},
    {MILTER_OF_MTA, {'N', {0}, {{0}}, {0}}, S("\0\0\0\x01N")},
    {MILTER_OF_MTA,
     {'B', {0}, {{0}}, S("a\r\n\0b")},
     S("\0\0\0\x06"
       "Ba\r\n\0b")},
    {MILTER_OF_MTA,
     {'E', {0}, {{0}}, {0}},
     S("\0\0\0\x01"
       "E")},
    {MILTER_OF_MTA,
     {'A', {0}, {{0}}, {0}},
     S("\0\0\0\x01"
       "A")},
    {MILTER_OF_MTA, {'Q', {0}, {{0}}, {0}}, S("\0\0\0\x01Q")},
    {MILTER_OF_MTA, {'K', {0}, {{0}}, {0}}, S("\0\0\0\x01K")},
    {MILTER_OF_FILTER,
     {'O', {2, 0x3f, 0x7f}, {{0}}, S("\0\0\0\0j {if_name}\0")},
     S("\0\0\0\x1dO\0\0\0\x02\0\0\0\x3f\0\0\0\x7f\0\0\0\0j {if_name}\0")},
    {MILTER_OF_FILTER,
     {'c', {0}, {{0}}, {0}},
     S("\0\0\0\x01"
       "c")},
    {MILTER_OF_FILTER,
     {'a', {0}, {{0}}, {0}},
     S("\0\0\0\x01"
       "a")},
    {MILTER_OF_FILTER, {'r', {0}, {{0}}, {0}}, S("\0\0\0\x01r")},
    {MILTER_OF_FILTER, {'t', {0}, {{0}}, {0}}, S("\0\0\0\x01t")},
    {MILTER_OF_FILTER,
     {'d', {0}, {{0}}, {0}},
     S("\0\0\0\x01"
       "d")},
    {MILTER_OF_FILTER, {'y', {0}, {S("550 5.7.1 No")}, {0}}, S("\0\0\0\x0ey550 5.7.1 No\0")},
    {MILTER_OF_FILTER,
     {'4', {0}, {{0}}, {0}},
     S("\0\0\0\x01"
       "4")},
    {MILTER_OF_FILTER,
     {'f', {0}, {{0}}, {0}},
     S("\0\0\0\x01"
       "f")},
    {MILTER_OF_FILTER, {'s', {0}, {{0}}, {0}}, S("\0\0\0\x01s")},
    {MILTER_OF_FILTER, {'p', {0}, {{0}}, {0}}, S("\0\0\0\x01p")},
    {MILTER_OF_FILTER, {'h', {0}, {S("X-A"), S("b")}, {0}}, S("\0\0\0\x07hX-A\0b\0")},
    {MILTER_OF_FILTER, {'i', {0x80000000}, {S("A"), S("b")}, {0}}, S("\0\0\0\x09i\x80\0\0\0A\0b\0")},
    {MILTER_OF_FILTER,
     {'m', {0xffffffff}, {S("A"), S("")}, {0}},
     S("\0\0\0\x08m\xff\xff\xff\xff"
       "A\0\0")},
    {MILTER_OF_FILTER,
     {'b', {0}, {{0}}, S("new\r\n")},
     S("\0\0\0\x06"
       "bnew\r\n")},
    {MILTER_OF_FILTER,
     {'e', {0}, {S("<a@b>")}, {0}},
     S("\0\0\0\x07"
       "e<a@b>\0")},
    {MILTER_OF_FILTER,
     {'e', {0}, {S("<>"), S("SIZE=1")}, {0}},
     S("\0\0\0\x0b"
       "e<>\0SIZE=1\0")},
    {MILTER_OF_FILTER, {'+', {0}, {S("<a@b>")}, {0}}, S("\0\0\0\x07+<a@b>\0")},
    {MILTER_OF_FILTER,
     {'2', {0}, {S("a@b"), S("NOTIFY=NEVER")}, {0}},
     S("\0\0\0\x12"
       "2a@b\0NOTIFY=NEVER\0")},
    {MILTER_OF_FILTER, {'-', {0}, {S("<a@b>")}, {0}}, S("\0\0\0\x07-<a@b>\0")},
    {MILTER_OF_FILTER, {'q', {0}, {S("virus")}, {0}}, S("\0\0\0\x07qvirus\0")},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool same(const struct milter_packet *a, const struct milter_packet *b)
{
    return a->command == b->command && memcmp(a->numbers, b->numbers, sizeof(a->numbers)) == 0 &&
           span_eq(a->strings[0], b->strings[0]) && span_eq(a->strings[1], b->strings[1]) &&
           span_eq(a->rest, b->rest);
}

static void test_write(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        struct milter_writer writer = {0};
        CHECK(milter_write(&writer, rows[i].side, &rows[i].packet) == 0);
        CHECK_SPAN(milter_written(&writer), rows[i].octets);
        milter_writer_free(&writer);
    }
}

/* One packet in pieces, and the begin of another behind it, which is left. */
static void feed(void *arg, struct span input, struct test_split split)
{
    const struct row *row = arg;
    struct milter_reader reader = {0};
    struct milter_packet packet;
    struct span data = {0};
    char command = '\0';
    size_t at = 0;

    for (unsigned n = 0; at < input.len && command == '\0'; n++) {
        size_t end = test_piece_end(split, at, input.len);
        long taken = milter_read(&reader, span_of(input.ptr + at, end - at), &command, &data);
        REQUIRE(taken > 0 && n < 1000);
        at += (size_t)taken;
    }
    CHECK(at == row->octets.len && command == row->packet.command);
    CHECK(milter_parse(row->side, command, data, &packet) == 0);
    CHECK(same(&packet, &row->packet));
    milter_reader_free(&reader);
}

static void test_read(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        char octets[128];
        struct row row = rows[i];
        REQUIRE(row.octets.len + 7 <= sizeof(octets));
        memcpy(octets, row.octets.ptr, row.octets.len);
        memcpy(octets + row.octets.len, "\0\0\0\x02Zz", 7);
        test_every_split(span_of(octets, row.octets.len + 7), feed, &row);
    }
}

/* All of the rows one behind the other, in a stream. */
static void feed_stream(void *arg, struct span input, struct test_split split)
{
    struct milter_reader reader = {0};
    size_t next = 0, at = 0;

    (void)arg;
    while (at < input.len) {
        size_t end = test_piece_end(split, at, input.len);
        while (at < end) {
            struct span data;
            char command;
            long taken = milter_read(&reader, span_of(input.ptr + at, end - at), &command, &data);
            REQUIRE(taken > 0);
            at += (size_t)taken;
            if (command == '\0')
                continue;
            REQUIRE(next < ROWS);
            CHECK(command == rows[next].packet.command);
            CHECK_SPAN(data, span_skip(rows[next].octets, MILTER_HEAD));
            next++;
        }
    }
    CHECK(next == ROWS);
    milter_reader_free(&reader);
}

static void test_stream(void)
{
    struct milter_writer all = {0};

    for (size_t i = 0; i < ROWS; i++)
        CHECK(milter_write(&all, rows[i].side, &rows[i].packet) == 0);
    test_every_split(milter_written(&all), feed_stream, NULL);
    milter_writer_free(&all);
}

static void test_lengths(void)
{
    static const struct {
        struct span octets;
        size_t limit;
        long status;
    } wrong[] = {
        {S("\0\0\0\0"), 0, MILTER_ERROR_EMPTY},        {S("\0\0\0\0c"), 0, MILTER_ERROR_EMPTY},
        {S("\xff\xff\xff\xff"), 0, MILTER_ERROR_LONG}, {S("\x80\0\0\0"), 0, MILTER_ERROR_LONG},
        {S("\0\x01\0\x01"), 0, MILTER_ERROR_LONG},     {S("HTTP/1.1 400 Bad"), 0, MILTER_ERROR_LONG},
        {S("220 mx.example"), 0, MILTER_ERROR_LONG},   {S("\0\0\0\x0a"), 8, MILTER_ERROR_LONG},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct milter_reader whole = {.limit = wrong[i].limit}, single = {.limit = wrong[i].limit};
        struct span data;
        char command;
        CHECK(milter_read(&whole, wrong[i].octets, &command, &data) == wrong[i].status && command == '\0');
        for (size_t at = 0; at < 3; at++)
            CHECK(milter_read(&single, span_of(wrong[i].octets.ptr + at, 1), &command, &data) == 1);
        CHECK(milter_read(&single, span_of(wrong[i].octets.ptr + 3, 1), &command, &data) == wrong[i].status);
        CHECK(whole.data == NULL && single.data == NULL);
    }
    CHECK(milter_read(&(struct milter_reader){0}, SPAN(""), &(char){'x'}, &(struct span){0}) == 0);
}

/* The largest packet; memory is kept only while a piece of it is missing. */
static void test_largest(void)
{
    static char octets[MILTER_HEAD + MILTER_DATA_MAX];
    struct milter_reader reader = {0};
    struct milter_writer writer = {0};
    struct span data;
    char command;

    milter_write_head(octets, MILTER_REPLACE_BODY, MILTER_DATA_MAX);
    memset(octets + MILTER_HEAD, 'x', MILTER_DATA_MAX);
    CHECK(milter_read(&reader, span_of(octets, sizeof(octets)), &command, &data) == sizeof(octets));
    CHECK(command == 'b' && data.ptr == octets + MILTER_HEAD && data.len == MILTER_DATA_MAX);
    CHECK(reader.data == NULL);
    CHECK(milter_read(&reader, span_of(octets, 7), &command, &data) == 7 && command == '\0');
    CHECK(reader.size <= 160); /* not what has only been announced */
    CHECK(milter_read(&reader, span_of(octets + 7, sizeof(octets) - 7), &command, &data) ==
          sizeof(octets) - 7);
    CHECK(command == 'b' && data.len == MILTER_DATA_MAX && data.ptr[MILTER_DATA_MAX - 1] == 'x');
    CHECK(milter_read(&reader, SPAN("\0"), &command, &data) == 1 && reader.data == NULL);
    milter_reader_free(&reader);

    struct milter_packet packet = {.command = 'b', .rest = span_of(octets, MILTER_DATA_MAX + 1)};
    CHECK(milter_write(&writer, MILTER_OF_FILTER, &packet) == -1 && writer.len == 0 && !writer.starved);
    packet.rest.len--;
    CHECK(milter_write(&writer, MILTER_OF_FILTER, &packet) == 0 && writer.len == sizeof(octets));
    milter_writer_free(&writer);
}

static void test_shapes(void)
{
    static const struct {
        enum milter_side side;
        char command;
        struct span data;
        int status;
    } wrong[] = {
        {MILTER_OF_FILTER, 'Z', S(""), MILTER_ERROR_STRANGE},
        {MILTER_OF_FILTER, 'L', S("a\0b\0"), MILTER_ERROR_STRANGE}, /* of the other side */
        {MILTER_OF_FILTER, '\0', S(""), MILTER_ERROR_STRANGE},
        {MILTER_OF_MTA, 'c', S(""), MILTER_ERROR_STRANGE},
        {MILTER_OF_FILTER, 'c', S("\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'y', S(""), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'y', S("550 no end"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'y', S("550 two\0ends\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'h', S("name\0value"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'h', S("name\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'h', S("name\0value\0more\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'i', S("\0\0\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'm', S("\0\0\0\1name\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'e', S("a@b\0x\0y\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_FILTER, 'O', S("\0\0\0\6\0\0\0\0\0\0\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_MTA, 'C', S("host\0"), MILTER_ERROR_SHAPE},
        {MILTER_OF_MTA, 'C',
         S("host\0"
           "4\0"),
         MILTER_ERROR_SHAPE},
        {MILTER_OF_MTA, 'C',
         S("host\0"
           "4\0\1a"),
         MILTER_ERROR_SHAPE},
        {MILTER_OF_MTA, 'D', S(""), MILTER_ERROR_SHAPE},
        {MILTER_OF_MTA, 'D', S("Cj\0x"), MILTER_ERROR_SHAPE},
        {MILTER_OF_MTA, 'M', S(""), MILTER_ERROR_SHAPE},
        {MILTER_OF_MTA, 'M', S("<a@b>\0SIZE=1"), MILTER_ERROR_SHAPE},
    };
    struct milter_packet packet;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (milter_parse(wrong[i].side, wrong[i].command, wrong[i].data, &packet) != wrong[i].status)
            FAIL(wrong[i].data.ptr);
    for (long error = -1; error >= MILTER_ERROR_MEMORY; error--)
        CHECK(strlen(milter_error_text(error)) > 10);
    CHECK(strcmp(milter_shape(MILTER_OF_MTA, 'E')->name, "BODYEOB") == 0);
    CHECK(milter_shape(MILTER_OF_FILTER, '2')->since == 6);
}

static void test_lists(void)
{
    struct milter_writer writer = {0};
    struct span list = SPAN("j\0mx\0{empty}\0\0lonely\0"), name, value;
    uint32_t stage;

    CHECK(milter_next_macro(&list, &name, &value));
    CHECK_SPAN(name, SPAN("j"));
    CHECK_SPAN(value, SPAN("mx"));
    CHECK(milter_next_macro(&list, &name, &value));
    CHECK_SPAN(name, SPAN("{empty}"));
    CHECK(value.len == 0);
    CHECK(!milter_next_macro(&list, &name, &value));
    CHECK(!milter_next_string(&(struct span){NULL, 0}, &name));

    CHECK(milter_add_symbols(&writer, MILTER_AT_RCPT, SPAN("{rcpt_addr} i")) == 0);
    CHECK(milter_add_symbols(&writer, 0x80000000, SPAN("")) == 0);
    list = milter_written(&writer);
    CHECK(milter_next_symbols(&list, &stage, &name) == 1 && stage == MILTER_AT_RCPT);
    CHECK_SPAN(name, SPAN("{rcpt_addr} i"));
    CHECK(milter_next_symbols(&list, &stage, &name) == 1 && stage == 0x80000000 && name.len == 0);
    CHECK(milter_next_symbols(&list, &stage, &name) == 0);
    for (size_t len = 1; len < 18; len++) {
        list = span_first(milter_written(&writer), len);
        CHECK(milter_next_symbols(&list, &stage, &name) == MILTER_ERROR_SHAPE);
    }
    milter_writer_free(&writer);
    CHECK(milter_add_string(&writer, SPAN("a\0b")) == 0); /* a NUL would be an end */
    CHECK_SPAN(milter_written(&writer), SPAN("a\0"));
    milter_writer_free(&writer);
}

static void test_bits(void)
{
    char names[64], few[12];

    CHECK(milter_bits(milter_actions, 2) == 0x3f && milter_bits(milter_actions, 6) == MILTER_ACTIONS);
    CHECK(milter_bits(milter_steps, 2) == 0x7f && milter_bits(milter_steps, 3) == 0x17f);
    CHECK(milter_bits(milter_steps, 4) == 0x37f && milter_bits(milter_steps, 6) == MILTER_STEPS);
    CHECK(strcmp(milter_bit_names(milter_steps, 0x401, names, sizeof(names)), "NOCONNECT SKIP") == 0);
    CHECK(strcmp(milter_bit_names(milter_actions, 0, names, sizeof(names)), "") == 0);
    CHECK(strcmp(milter_bit_names(milter_actions, 0x80000001, names, sizeof(names)), "ADDHDRS 0x80000000") ==
          0);
    CHECK(strcmp(milter_bit_names(milter_actions, 0x3f, few, sizeof(few)), "ADDHDRS CHG") == 0);
}

int main(void)
{
    test_write();
    test_read();
    test_stream();
    test_lengths();
    test_largest();
    test_shapes();
    test_lists();
    test_bits();
    return test_end("filters_milter_wire");
}
