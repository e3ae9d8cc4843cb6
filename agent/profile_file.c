/*
 * What may stand in which section is a table. What an OID may not be is
 * another: people are nobody's counters.
 */
#include "agent/profile_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/regular.h"
#include "base/text.h"
#include "config/lines.h"
#include "parser/charset.h"
#include "parser/report.h"

enum { DEVICES_MAX = 64, NONE_MAX = 64, SETTING_NAME_MAX = 40 };

/* One file being read. */
struct reading {
	struct profile_file *file;
	const struct section *section;
	bool personal; /* such lines are kept */
	struct queries queries;
};

struct section {
	const char *name;
	int (*take)(struct reading *r, const char *name, const char *value,
		struct error *e);
	int kind; /* of its rules, or words */
};

/* Objects that say who somebody is, where, or what he printed. */
static const char *const about_people[] = {
	"1.3.6.1.2.1.1.4",         /* sysContact */
	"1.3.6.1.2.1.1.5",         /* sysName */
	"1.3.6.1.2.1.1.6",         /* sysLocation */
	"1.3.6.1.2.1.4.22",        /* ipNetToMediaTable */
	"1.3.6.1.2.1.4.35",        /* ipNetToPhysicalTable */
	"1.3.6.1.2.1.6.13",        /* tcpConnTable */
	"1.3.6.1.2.1.6.19",        /* tcpConnectionTable */
	"1.3.6.1.2.1.25.4",        /* hrSWRun */
	"1.3.6.1.2.1.43.5.1.1.4",  /* prtGeneralCurrentOperator */
	"1.3.6.1.2.1.43.5.1.1.5",  /* prtGeneralServicePerson */
	"1.3.6.1.2.1.43.5.1.1.16", /* prtGeneralPrinterName */
	"1.3.6.1.2.1.43.16",       /* prtConsoleDisplayBuffer */
	"1.3.6.1.4.1.2699.1.1",    /* Job Monitoring MIB */
};

static int
bad(struct error *e, const char *what)
{
	return error_set(e, ERROR_BAD, "%s", what);
}

/* One more place in an array, all zero; NULL: no memory. */
static void *
grow(void *rows, size_t *count, size_t size)
{
	char *more = reallocarray(rows, *count + 1, size);

	if (more != NULL)
		memset(more + *count * size, 0, size);
	return more;
}

static int
take_text(char **to, const char *value, struct error *e)
{
	if (*to != NULL)
		return bad(e, "given twice");
	*to = strdup(value);
	return *to == NULL ? error_memory(e) : 0;
}

static int
take_device(struct profile_file *f, const char *value, struct error *e)
{
	struct oid *rows;

	if (strcmp(value, "*") == 0) {
		f->everybody = true;
		return 0;
	}
	if (f->device_count == DEVICES_MAX)
		return bad(e, "too many devices");
	rows = grow(f->devices, &f->device_count, sizeof(*rows));
	if (rows == NULL)
		return error_memory(e);
	f->devices = rows;
	if (!oid_read(value, &rows[f->device_count]))
		return bad(e, "device is no OID");
	f->device_count++;
	return 0;
}

static int
take_none(struct profile_file *f, const char *value, struct error *e)
{
	char **rows;

	if (f->none_count == NONE_MAX)
		return bad(e, "too many texts that say nothing");
	rows = grow(f->none, &f->none_count, sizeof(*rows));
	if (rows == NULL)
		return error_memory(e);
	f->none = rows;
	return take_text(&rows[f->none_count++], value, e);
}

static int
take_low(struct profile_file *f, const char *value, struct error *e)
{
	char *end;

	f->low = strtol(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end != '\0' || f->low < 1 ||
		f->low > 90)
		return bad(e, "low is no percentage from 1 to 90");
	return 0;
}

static int
take_head(
	struct reading *r, const char *name, const char *value, struct error *e)
{
	if (strcmp(name, "source") == 0)
		return take_text(&r->file->source, value, e);
	if (strcmp(name, "certainty") == 0)
		return take_text(&r->file->certainty, value, e);
	if (strcmp(name, "device") == 0)
		return take_device(r->file, value, e);
	if (strcmp(name, "none") == 0)
		return take_none(r->file, value, e);
	if (strcmp(name, "low") == 0)
		return take_low(r->file, value, e);
	return bad(e, "[profile] has source, certainty, device, none, low");
}

/* May one of the objects that oid means be about somebody? */
static bool
is_personal(const struct oid *oid, bool column)
{
	struct oid person;

	for (size_t i = 0; i < sizeof(about_people) / sizeof(about_people[0]);
		i++)
		if (oid_read(about_people[i], &person) &&
			(oid_begins(oid, &person) ||
				(column && oid_begins(&person, oid))))
			return true;
	return false;
}

static int
check_source(const struct reading *r, const struct rule *rule, struct error *e)
{
	const struct source *s = &rule->source;
	bool personal = is_personal(&s->oid, s->column);

	for (size_t i = 0; i < s->where_count; i++)
		personal = personal || is_personal(&s->where[i].oid, true);
	if (rule->kind != RULE_PERSONAL && personal)
		return bad(e,
			"what may be about people stands in [personal] only");
	if ((rule->kind == RULE_SUPPLY || rule->kind == RULE_ALERT) &&
		(!s->column || s->where_count > 0))
		return bad(e, "wants a column, OID.*");
	if (r->queries.count > PROFILE_QUERIES)
		return bad(e, "too much is asked");
	return 0;
}

static const struct {
	enum rule_kind kind;
	const char *names[9];
} known[] = {
	{ RULE_PRINTER, { "serial", "model", "firmware" } },
	{ RULE_SUPPLY,
		{ "description", "class", "type", "unit", "capacity",
			"level" } },
	{ RULE_ALERT,
		{ "severity", "group", "place", "code", "description",
			"time" } },
};

static int
check_name(enum rule_kind kind, const char *name, struct error *e)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].kind != kind)
			continue;
		for (size_t j = 0; known[i].names[j] != NULL; j++)
			if (strcmp(known[i].names[j], name) == 0)
				return 0;
		return bad(e, "no such name in this section");
	}
	if (!counter_name_valid(name))
		return bad(e, "the name is none of a counter");
	if (kind != RULE_COUNTER && strlen(name) > SETTING_NAME_MAX)
		return bad(e, "the name is too long");
	return 0;
}

static int
take_rule(
	struct reading *r, const char *name, const char *value, struct error *e)
{
	struct profile_file *f = r->file;
	struct rule rule = { .kind = (enum rule_kind)r->section->kind };
	struct rule *rows;

	if (check_name(rule.kind, name, e) != 0)
		return -1;
	if (f->rule_count == PROFILE_RULES)
		return bad(e, "too many lines with OIDs");
	rows = grow(f->rules, &f->rule_count, sizeof(*rows));
	if (rows == NULL)
		return error_memory(e);
	f->rules = rows;
	if (source_read(value, &rule.source, e) != 0)
		return -1;
	rule.name = strdup(name);
	rows[f->rule_count++] = rule;
	if (rule.name == NULL)
		return error_memory(e);
	if (rule.kind == RULE_PERSONAL && !r->personal) {
		source_clear(&rule.source);
		free(rule.name);
		f->rule_count--;
		return 0;
	}
	return source_ask(&rule.source, &r->queries)
		? check_source(r, &rule, e)
		: bad(e, "too much is asked");
}

static int
take_word(
	struct reading *r, const char *name, const char *value, struct error *e)
{
	struct profile_file *f = r->file;
	struct word *rows;

	if (name[strspn(name, "-0123456789")] != '\0')
		return bad(e, "wants NUMBER = WORD");
	if (f->word_count == PROFILE_WORDS)
		return bad(e, "too many words");
	rows = grow(f->words, &f->word_count, sizeof(*rows));
	if (rows == NULL)
		return error_memory(e);
	f->words = rows;
	rows += f->word_count++;
	rows->kind = (enum word_kind)r->section->kind;
	rows->number = strdup(name);
	rows->text = strdup(value);
	return rows->number == NULL || rows->text == NULL ? error_memory(e) : 0;
}

static const struct section sections[] = {
	{ "profile", take_head, 0 },
	{ "printer", take_rule, RULE_PRINTER },
	{ "counters", take_rule, RULE_COUNTER },
	{ "supplies", take_rule, RULE_SUPPLY },
	{ "alerts", take_rule, RULE_ALERT },
	{ "settings", take_rule, RULE_SETTING },
	{ "personal", take_rule, RULE_PERSONAL },
	{ "alert codes", take_word, WORD_ALERT_CODE },
	{ "alert groups", take_word, WORD_ALERT_GROUP },
	{ "alert severities", take_word, WORD_ALERT_SEVERITY },
	{ "supply types", take_word, WORD_SUPPLY_TYPE },
	{ "supply units", take_word, WORD_SUPPLY_UNIT },
};

static int
take_section(void *arg, const char *name, int line, struct error *e)
{
	struct reading *r = arg;

	(void)line;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strcmp(sections[i].name, name) == 0) {
			r->section = &sections[i];
			return 0;
		}
	return bad(e, "no such section");
}

static int
take_line(void *arg, const char *name, const char *value, int line,
	struct error *e)
{
	struct reading *r = arg;

	(void)line;
	if (r->section == NULL)
		return bad(e, "stands before the first section");
	if (value[0] == '\0' || !charset_is_utf8(value, strlen(value)))
		return bad(e, value[0] == '\0' ? "has no value" : "no UTF-8");
	return r->section->take(r, name, value, e);
}

static int
check_whole(const struct profile_file *f, const char *path, struct error *e)
{
	const char *lacks = NULL;

	if (f->source == NULL || f->certainty == NULL)
		lacks = "source and certainty must say where this is from";
	else if (!f->everybody && f->device_count == 0)
		lacks = "no device, and so for no printer";
	return lacks == NULL ? 0
			     : error_set(e, ERROR_BAD, "%s: %s", path, lacks);
}

int
profile_file_stream(FILE *stream, const char *path, const char *name,
	bool personal, struct profile_file **file_r, struct error *e)
{
	static const struct lines_taker taker = { take_section, take_line };
	struct profile_file *f = calloc(1, sizeof(*f));
	struct reading *r = calloc(1, sizeof(*r));
	int rc = -1;

	*file_r = NULL;
	if (f == NULL || r == NULL || (f->name = strdup(name)) == NULL) {
		error_memory(e);
	} else if (strlen(name) >= PROFILE_NAME_SIZE) {
		error_set(e, ERROR_BAD, "%s: the name is too long", path);
	} else {
		*r = (struct reading){ .file = f, .personal = personal };
		rc = lines_read(stream, path, &taker, r, e);
	}
	if (rc == 0)
		rc = check_whole(f, path, e);
	if (rc == 0)
		*file_r = f;
	else
		profile_file_free(f);
	free(r);
	return rc;
}

int
profile_file_read(const char *path, const char *name, bool personal,
	struct profile_file **file_r, struct error *e)
{
	FILE *stream = regular_stream(path, e);
	int rc;

	*file_r = NULL;
	if (stream == NULL)
		return -1;
	rc = profile_file_stream(stream, path, name, personal, file_r, e);
	fclose(stream);
	return rc;
}

void
profile_file_free(struct profile_file *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->rule_count; i++) {
		free(f->rules[i].name);
		source_clear(&f->rules[i].source);
	}
	for (size_t i = 0; i < f->word_count; i++) {
		free(f->words[i].number);
		free(f->words[i].text);
	}
	for (size_t i = 0; i < f->none_count; i++)
		free(f->none[i]);
	free(f->rules);
	free(f->words);
	free(f->none);
	free(f->devices);
	free(f->source);
	free(f->certainty);
	free(f->name);
	free(f);
}

const struct rule *
profile_file_rule(const struct profile_file *file, enum rule_kind kind,
	const char *name, size_t *at)
{
	const struct rule *rule;

	while (*at < file->rule_count) {
		rule = &file->rules[(*at)++];
		if (rule->kind == kind &&
			(name == NULL || strcmp(rule->name, name) == 0))
			return rule;
	}
	return NULL;
}

const char *
profile_file_word(const struct profile_file *file, enum word_kind kind,
	const char *number)
{
	for (size_t i = 0; i < file->word_count; i++)
		if (file->words[i].kind == kind &&
			strcmp(file->words[i].number, number) == 0)
			return file->words[i].text;
	return NULL;
}
