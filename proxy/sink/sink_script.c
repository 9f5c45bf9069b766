/* sink_script.c: rules of misbehaviour, read and looked up; carrying them out is left to sink_session.c. */
#include "sink/sink_script.h"

static const char *const point_names[SINK_POINTS] = {
    [SINK_AT_CONNECT] = "CONNECT",   [SINK_AT_HELO] = "HELO", [SINK_AT_EHLO] = "EHLO",
    [SINK_AT_STARTTLS] = "STARTTLS", [SINK_AT_AUTH] = "AUTH", [SINK_AT_MAIL] = "MAIL",
    [SINK_AT_RCPT] = "RCPT",         [SINK_AT_DATA] = "DATA", [SINK_AT_BDAT] = "BDAT",
    [SINK_AT_BODY] = "BODY",         [SINK_AT_EOM] = "EOM",   [SINK_AT_STORED] = "STORED",
    [SINK_AT_RSET] = "RSET",         [SINK_AT_NOOP] = "NOOP", [SINK_AT_VRFY] = "VRFY",
    [SINK_AT_ETRN] = "ETRN",         [SINK_AT_HELP] = "HELP", [SINK_AT_QUIT] = "QUIT",
};

/* Splits s at the first `mark`; false when there is none and s is the whole head. */
static bool split(struct span s, char mark, struct span *head, struct span *tail)
{
    const char *at = s.len != 0 ? memchr(s.ptr, mark, s.len) : NULL;

    *head = at != NULL ? span_first(s, (size_t)(at - s.ptr)) : s;
    *tail = at != NULL ? span_skip(s, head->len + 1) : span_of(NULL, 0);
    return at != NULL;
}

/* Decimal digits at the start of *s, taken off; false when there are none or too many. */
static bool take_number(struct span *s, uint64_t *out)
{
    size_t n = 0;

    for (*out = 0; n < s->len && s->ptr[n] >= '0' && s->ptr[n] <= '9'; n++)
        *out = *out * 10 + (uint64_t)(s->ptr[n] - '0');
    *s = span_skip(*s, n);
    return n != 0 && n <= 15;
}

static bool parse_point(struct span s, struct sink_rule *rule)
{
    struct span name, number;

    if (split(s, '#', &name, &number) && (!take_number(&number, &rule->nth) || number.len != 0))
        return false;
    for (rule->point = 0; rule->point < SINK_POINTS; rule->point++)
        if (span_eq_nocase(name, span_str(point_names[rule->point])))
            return true;
    return false;
}

static const char *parse_delay(struct span argument, struct sink_action *action)
{
    static const struct {
        const char *unit;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};

    if (take_number(&argument, &action->delay)) {
        for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
            if (!span_eq(argument, span_str(units[i].unit)))
                continue;
            action->delay *= units[i].ms;
            return NULL;
        }
    }
    return "a delay is a number with ms, s, m or h";
}

/* "CODE[ TEXT]", its class as that of the default. */
static const char *parse_reply(struct span argument, struct sink_action *action)
{
    uint64_t code;

    if (argument.ptr == NULL)
        return NULL;
    if (!take_number(&argument, &code) || code < 400 || code > 599 || code / 100 != action->code / 100)
        return "reject takes a code 500 to 599, tempfail one 400 to 499";
    if (argument.len != 0 && argument.ptr[0] != ' ')
        return "text is separated from the code by a space";
    action->code = (unsigned)code;
    action->text = span_trim(argument);
    return NULL;
}

static const char *parse_action(struct span s, enum sink_point point, struct sink_action *action)
{
    static const struct {
        const char *name;
        enum sink_act act;
        unsigned code; /* default; 0: no argument */
    } actions[] = {
        {"reject", SINK_REPLY, 554}, {"tempfail", SINK_REPLY, 451}, {"garbage", SINK_GARBAGE, 0},
        {"drop", SINK_DROP, 0},      {"reset", SINK_RESET, 0},
    };
    struct span name, argument;

    split(s, ':', &name, &argument);
    if (span_eq(name, SPAN("delay")))
        return parse_delay(argument, action);
    for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
        if (!span_eq(name, span_str(actions[i].name)))
            continue;
        action->act = actions[i].act;
        action->code = actions[i].code;
        if (point == SINK_AT_CONNECT && action->code == 451)
            action->code = 421; /* the only 4xx greeting there is (RFC 5321 4.3.2) */
        if (action->code == 0 && argument.ptr != NULL)
            return "garbage, drop and reset take no argument";
        return parse_reply(argument, action);
    }
    return "actions are reject, tempfail, delay, garbage, drop and reset";
}

const char *sink_script_add(struct sink_script *script, struct span rule)
{
    struct sink_rule parsed = {0};
    struct span point, action;
    const char *complaint;

    if (script->count == SINK_RULES_MAX)
        return "too many rules";
    if (!split(rule, '=', &point, &action))
        return "a rule is POINT=ACTION";
    if (!parse_point(point, &parsed))
        return "points are CONNECT, HELO, EHLO, AUTH, MAIL, RCPT, DATA, BDAT, BODY, EOM, STORED, RSET, NOOP, "
               "VRFY, ETRN, HELP and QUIT, each with #N if wanted";
    complaint = parse_action(action, parsed.point, &parsed.action);
    if (complaint == NULL)
        script->rules[script->count++] = parsed;
    return complaint;
}

static bool applies(const struct sink_rule *rule, enum sink_point point, uint64_t before, uint64_t now)
{
    if (rule->point != point)
        return false;
    if (rule->nth == 0)
        return point != SINK_AT_BODY || before == 0;
    return before < rule->nth && rule->nth <= now;
}

struct sink_action sink_script_at(const struct sink_script *script, enum sink_point point, uint64_t before,
                                  uint64_t now)
{
    struct sink_action sum = {.act = SINK_PROCEED};

    for (unsigned i = 0; i < script->count; i++) {
        const struct sink_rule *rule = &script->rules[i];
        uint64_t delay = sum.delay + rule->action.delay;
        if (!applies(rule, point, before, now))
            continue;
        if (rule->action.act != SINK_PROCEED)
            sum = rule->action;
        sum.delay = delay;
    }
    return sum;
}
