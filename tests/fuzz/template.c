/* Fuzzes filters/regex/template.c: what is read is filled in with anything, harmless and within its room;
 * what is not read is empty. */
#include "filters/regex/template.h"
#include "fuzz.h"

#define ROOM 512

static const char value[] = "v\r\n\0\x80\xff${v}$";

static struct span look_up(const void *arg, const char *name)
{
    DEMAND(arg == value && name[0] != '\0' && strlen(name) < TEMPLATE_NAME);
    return name[0] == '_' ? span_of(NULL, 0) : span_of(value, sizeof(value) - 1);
}

/* Every name can be asked for, and no more of them than there are dollar signs. */
static unsigned count_names(const struct template *template)
{
    char name[TEMPLATE_NAME];
    unsigned n = 0;

    while (template_name(template, n, name)) {
        DEMAND(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
               strlen(name));
        DEMAND(++n <= template->text.len);
    }
    return n;
}

void fuzz_one(struct span in)
{
    struct template template = {0};
    char text[FUZZ_OCTETS_MAX + 1], out[ROOM], all[ROOM];
    size_t room = fuzz_choice(&in, 256), len, more;

    if (in.len > FUZZ_OCTETS_MAX || (in.len != 0 && memchr(in.ptr, '\0', in.len) != NULL))
        return;
    if (in.len != 0)
        memcpy(text, in.ptr, in.len);
    text[in.len] = '\0';
    if (template_read(&template, text) != NULL)
        DEMAND(template.text.len == 0 && strchr(text, '$') != NULL);
    unsigned names = count_names(&template);
    len = template_fill(&template, look_up, value, out, room);
    more = template_fill(&template, look_up, value, all, sizeof(all));
    DEMAND(len <= room && len <= more && memcmp(out, all, len) == 0);
    if (strchr(text, '$') == NULL)
        DEMAND(names == 0 && more == (in.len < ROOM ? in.len : ROOM) && memcmp(all, text, more) == 0);
    for (size_t i = 0; i < more; i++)
        DEMAND(memchr(text, all[i], in.len) != NULL || (all[i] >= ' ' && all[i] <= '~'));
}
