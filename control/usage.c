/*
 * The table is walked group by group, to write it down and to judge by it
 * alike, so that what is said of a command is what it holds its caller to.
 */
#include "control/usage.h"

#include <string.h>

#include "base/text.h"

/* What does not fit is cut; the test of the table of commands sees it. */
static void
add(char out[USAGE_SIZE], const char *text)
{
	size_t used = strlen(out);

	(void)text_format(out + used, USAGE_SIZE - used, "%s", text);
}

static bool
is_required(const struct argument_spec *s)
{
	return s->operand != NULL || s->required;
}

/* The next row that is not tied to this one alone. */
static const struct argument_spec *
skip(const struct argument_spec *s)
{
	do
		s++;
	while (s->tie == TIE_WITH);
	return s;
}

static const struct argument_spec *
next_group(const struct argument_spec *s)
{
	do
		s++;
	while (s->tie != TIE_NONE);
	return s;
}

static bool
has_alternatives(const struct argument_spec *first)
{
	for (const struct argument_spec *s = skip(first); s->tie != TIE_NONE;
		s = skip(s)) {
		if (s->tie == TIE_OR)
			return true;
	}
	return false;
}

void
usage_call(const struct argument_spec *s, char call_r[USAGE_CALL_SIZE])
{
	(void)text_format(call_r, USAGE_CALL_SIZE, "%s%s%s%s",
		s->operand != NULL ? "" : "--",
		s->operand != NULL ? s->operand : s->name,
		s->value != NULL ? " " : "", s->value != NULL ? s->value : "");
}

/* One row: "ID", "[--center ID]"; and behind it, in its brackets, those that
 * stand only with it. */
static void
add_row(char out[USAGE_SIZE], const struct argument_spec *s, bool required)
{
	char call[USAGE_CALL_SIZE];

	add(out, required ? "" : "[");
	usage_call(s, call);
	add(out, call);
	for (const struct argument_spec *with = s + 1;
		s->tie != TIE_WITH && with->tie == TIE_WITH; with++) {
		add(out, " ");
		add_row(out, with, with->required);
	}
	add(out, required ? "" : "]");
	add(out, s->many ? "..." : "");
}

/* Rows that may stand together or alone are optional, each for itself. */
static const struct argument_spec *
add_alternative(
	char out[USAGE_SIZE], const struct argument_spec *s, bool required)
{
	add_row(out, s, required && skip(s)->tie != TIE_AND);
	for (s = skip(s); s->tie == TIE_AND; s = skip(s)) {
		add(out, " ");
		add_row(out, s, false);
	}
	return s;
}

static void
add_group(char out[USAGE_SIZE], const struct argument_spec *s)
{
	bool required = is_required(s);

	if (!has_alternatives(s)) {
		(void)add_alternative(out, s, required);
		return;
	}
	add(out, required ? "(" : "[");
	s = add_alternative(out, s, true);
	while (s->tie == TIE_OR) {
		add(out, " | ");
		s = add_alternative(out, s, true);
	}
	add(out, required ? ")" : "]");
}

void
usage_synopsis(const struct argument_spec *table, char synopsis_r[USAGE_SIZE])
{
	synopsis_r[0] = '\0';
	for (; !argument_last(table); table = next_group(table)) {
		if (synopsis_r[0] != '\0')
			add(synopsis_r, " ");
		add_group(synopsis_r, table);
	}
}

bool
usage_operands(const struct argument_spec *table, const struct arguments *a)
{
	size_t least = 0, most = 0;

	for (const struct argument_spec *s = table; !argument_last(s); s++) {
		if (s->operand == NULL)
			continue;
		if (s->tie == TIE_NONE && !has_alternatives(s))
			least++;
		most = s->many ? ARGUMENTS_MAX : most + 1;
	}
	return a->operand_count >= least && a->operand_count <= most;
}

static bool
is_given(const struct argument_spec *table, const struct argument_spec *s,
	const struct arguments *a)
{
	return options_of(table, s, a) != NULL ||
		(s->operand == NULL && options_given(a, s->name));
}

/* "SERIAL", "--center" */
static void
add_name(char out[USAGE_SIZE], const struct argument_spec *s)
{
	add(out, s->operand != NULL ? "" : "--");
	add(out, s->operand != NULL ? s->operand : s->name);
}

/* What is given of a group, and what is there too but in its place. */
struct choice {
	const struct argument_spec *given, *other; /* NULL: nothing */
};

static struct choice
find_choice(const struct argument_spec *table,
	const struct argument_spec *first, const struct arguments *a)
{
	const struct argument_spec *alternative = first, *chosen = NULL;
	struct choice c = { NULL, NULL };

	for (const struct argument_spec *s = first;
		s == first || s->tie != TIE_NONE; s = skip(s)) {
		if (s->tie == TIE_OR)
			alternative = s;
		if (!is_given(table, s, a))
			continue;
		if (chosen != NULL && chosen != alternative)
			c.other = s;
		else
			c.given = s;
		chosen = c.other == NULL ? alternative : chosen;
	}
	return c;
}

/* Of a required group nothing is given, or too much. */
static int
refuse_choice(const struct argument_spec *first, struct error *e)
{
	const struct argument_spec *s = skip(first);
	char names[USAGE_SIZE] = "";

	add_name(names, first);
	if (s->tie == TIE_NONE)
		return error_set(e, ERROR_USAGE, "%s is needed", names);
	for (; s->tie != TIE_NONE; s = skip(s)) {
		add(names, ", ");
		add_name(names, s);
	}
	return error_set(e, ERROR_USAGE, "one of %s", names);
}

static int
check_choice(const struct argument_spec *table,
	const struct argument_spec *first, const struct arguments *a,
	struct error *e)
{
	struct choice c = find_choice(table, first, a);
	char names[USAGE_SIZE] = "";

	if (is_required(first) && (c.given == NULL || c.other != NULL))
		return refuse_choice(first, e);
	if (c.other == NULL)
		return 0;
	add_name(names, c.given);
	add(names, " or ");
	add_name(names, c.other);
	return error_set(e, ERROR_USAGE, "%s, not both", names);
}

/* Does what goes with this row stand only where it does? */
static int
check_with(const struct argument_spec *table, const struct argument_spec *s,
	const struct arguments *a, struct error *e)
{
	bool there = is_given(table, s, a);
	char name[USAGE_SIZE] = "";

	add_name(name, s);
	for (const struct argument_spec *with = s + 1; with->tie == TIE_WITH;
		with++) {
		bool given = is_given(table, with, a);

		if (given && !there)
			return error_set(e, ERROR_USAGE, "--%s goes with %s",
				with->name, name);
		if (!given && there && with->required)
			return error_set(e, ERROR_USAGE, "%s needs --%s", name,
				with->name);
	}
	return 0;
}

int
usage_check(const struct argument_spec *table, const struct arguments *a,
	struct error *e)
{
	for (const struct argument_spec *s = table; !argument_last(s);
		s = skip(s)) {
		if (s->tie == TIE_NONE && check_choice(table, s, a, e) == -1)
			return -1;
		if (check_with(table, s, a, e) == -1)
			return -1;
	}
	return 0;
}
