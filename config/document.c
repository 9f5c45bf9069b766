/* document.c: every key of proxy.yaml as Markdown, from the tables that decode them. */
#include "config/config.h"

#include "chain/registry.h"
#include "config/allowed.h"
#include "config/schema.h"

static const char *const type_names[] = {
    [OPTION_BOOL] = "flag",         [OPTION_INT] = "number",        [OPTION_SIZE] = "size",
    [OPTION_DURATION] = "duration", [OPTION_STRING] = "text",       [OPTION_ENUM] = "word",
    [OPTION_STRINGS] = "texts",     [OPTION_NETWORKS] = "networks", [OPTION_WORDS] = "words",
    [OPTION_MAP] = "map",           [OPTION_ROWS] = "list of maps",
};

static const char *fallback_of(const struct option *option)
{
    if (option->required)
        return "**required**";
    return option->fallback != NULL ? option->fallback : "";
}

/* Shorter than in a complaint: the type has a column of its own, and maps have tables. */
static void print_allowed(struct text *text, const struct option *option)
{
    switch (option->type) {
    case OPTION_INT:
    case OPTION_SIZE:
    case OPTION_DURATION:
        allowed_print_range(text, option);
        break;
    case OPTION_ENUM:
    case OPTION_WORDS:
        allowed_print(text, option);
        break;
    case OPTION_MAP:
    case OPTION_ROWS:
        text_add(text, SPAN("see below"));
        break;
    default:
        break;
    }
}

static void print_row(FILE *out, const struct option *option)
{
    char bytes[1024];
    struct text text = TEXT(bytes);
    const char *fallback = fallback_of(option);
    bool code = fallback[0] != '\0' && fallback[0] != '*';

    print_allowed(&text, option);
    (void)fprintf(out, "| `%s` | %s | %s%s%s | %.*s | %s |\n", option->key, type_names[option->type],
                  code ? "`" : "", fallback, code ? "`" : "", (int)text.len, bytes,
                  option->help != NULL ? option->help : "");
}

static void print_rows(FILE *out, const struct option *table)
{
    for (const struct option *option = table; option->key != NULL; option++)
        print_row(out, option);
}

static void print_heading(FILE *out)
{
    (void)fputs("| key | type | default | allowed | meaning |\n|---|---|---|---|---|\n", out);
}

/* The tables of a table's maps and lists of maps, each under its full path. */
static void print_inner(FILE *out, const char *path, const struct option *table)
{
    for (const struct option *option = table; option->key != NULL; option++) {
        char below[256];
        if (option->row == NULL)
            continue;
        (void)snprintf(below, sizeof(below), "%s%s%s%s", path, *path != '\0' ? "." : "", option->key,
                       option->type == OPTION_ROWS ? "[]" : "");
        (void)fprintf(out, "\n### `%s`\n%s\n\n", below, option->help != NULL ? option->help : "");
        print_heading(out);
        print_rows(out, option->row);
        print_inner(out, below, option->row);
    }
}

static void print_table(FILE *out, const char *path, const struct option *table)
{
    print_heading(out);
    print_rows(out, table);
    print_inner(out, path, table);
}

static void print_filter(FILE *out, const char *name, const char *help, const struct option *table)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "filters[].%s", name);
    (void)fprintf(out, "\n### `%s`\n%s\n\n", path, help != NULL ? help : "");
    if (table != NULL)
        print_table(out, path, table);
    else
        (void)fputs("It has no keys of its own.\n", out);
}

void config_document(FILE *out)
{
    const struct filter *filter;

    print_heading(out);
    print_rows(out, schema_settings);
    print_rows(out, schema_filters);
    print_inner(out, "", schema_settings);
    (void)fputs(
        "\n### `filters[]`\nThe filters, asked in this order. Every filter takes these keys besides its "
        "own:\n\n",
        out);
    print_table(out, "filters[]", schema_common);
    for (unsigned n = 0; (filter = registry_at(n)) != NULL; n++)
        print_filter(out, filter->name, filter->help, filter->options);
    print_filter(out, "plugin", "Loads a filter from a shared object; it takes the keys of that filter too.",
                 schema_plugin);
}
