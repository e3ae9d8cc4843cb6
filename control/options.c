/*
 * Options are few and short, so a look-up walks the rows. What is read is
 * kept as it came: judging a value is the command's work.
 */
#include "control/options.h"

#include <string.h>

#include "base/text.h"
#include "control/suggest.h"

bool
argument_last(const struct argument_spec *s)
{
	return s->operand == NULL && s->name == NULL;
}

static bool
is_called(const struct argument_spec *s, const char *name, size_t length,
	char letter)
{
	if (letter != '\0' && s->letter == letter)
		return true;
	return name != NULL && s->name != NULL && strlen(s->name) == length &&
		memcmp(s->name, name, length) == 0;
}

/* The row for a name of the given length, or for a letter. */
static const struct argument_spec *
spec_find(const struct argument_spec *const *tables, const char *name,
	size_t length, char letter)
{
	for (size_t t = 0; t < OPTION_TABLES_MAX; t++) {
		for (const struct argument_spec *s = tables[t];
			s != NULL && !argument_last(s); s++) {
			if (is_called(s, name, length, letter))
				return s;
		}
	}
	return NULL;
}

static int
take_operand(struct arguments *a, char *text, struct error *e)
{
	if (a->operand_count == ARGUMENTS_MAX)
		return error_set(e, ERROR_USAGE, "too many operands");
	a->operands[a->operand_count++] = text;
	return 0;
}

static int
take_option(struct arguments *a, const struct argument_spec *spec,
	const char *value, struct error *e)
{
	if (a->option_count == ARGUMENTS_MAX)
		return error_set(e, ERROR_USAGE, "too many options");
	if (!spec->many && options_given(a, spec->name))
		return error_set(
			e, ERROR_USAGE, "--%s is given twice", spec->name);
	a->options[a->option_count].spec = spec;
	a->options[a->option_count++].value = value;
	return 0;
}

/* The option that was meant perhaps; NULL: none is near. */
static const char *
near_option(const struct argument_spec *const *tables, const char *name)
{
	size_t distance = SUGGEST_FAR;
	const char *best = NULL;

	for (size_t t = 0; t < OPTION_TABLES_MAX; t++) {
		for (const struct argument_spec *s = tables[t];
			s != NULL && !argument_last(s); s++) {
			if (s->name != NULL &&
				suggest_near(name, s->name, &distance))
				best = s->name;
		}
	}
	return best;
}

static int
refuse_unknown(const struct argument_spec *const *tables, const char *word,
	struct error *e)
{
	const char *name = word + strspn(word, "-"), *near;
	char bare[SUGGEST_MAX + 2];

	(void)text_format(
		bare, sizeof(bare), "%.*s", (int)strcspn(name, "="), name);
	near = near_option(tables, bare);
	if (near == NULL)
		return error_set(e, ERROR_USAGE, "unknown option %s", word);
	return error_set(e, ERROR_USAGE,
		"unknown option %s: did you mean --%s?", word, near);
}

/* Reads the option at argv[*i] and the value behind it, if it takes one. */
static int
read_option(const struct argument_spec *const *tables, int argc, char **argv,
	int *i, struct arguments *a, struct error *e)
{
	const char *word = argv[*i];
	const char *value = NULL;
	const struct argument_spec *spec = NULL;

	if (word[1] == '-') {
		size_t length = strcspn(word + 2, "=");

		spec = spec_find(tables, word + 2, length, '\0');
		if (word[2 + length] == '=')
			value = word + 2 + length + 1;
	} else if (word[2] == '\0') {
		spec = spec_find(tables, NULL, 0, word[1]);
	}
	if (spec == NULL)
		return refuse_unknown(tables, word, e);
	if (spec->value == NULL && value != NULL)
		return error_set(
			e, ERROR_USAGE, "--%s takes no value", spec->name);
	if (spec->value != NULL && value == NULL) {
		if (*i + 1 >= argc)
			return error_set(e, ERROR_USAGE, "--%s needs %s",
				spec->name, spec->value);
		value = argv[++*i];
	}
	return take_option(a, spec, value, e);
}

int
options_parse(const struct argument_spec *const tables[OPTION_TABLES_MAX],
	int argc, char **argv, struct arguments *arguments_r, struct error *e)
{
	struct arguments *a = arguments_r;
	bool ended = false;

	memset(a, 0, sizeof(*a));
	for (int i = 0; i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
			if (take_operand(a, argv[i], e) == -1)
				return -1;
		} else if (read_option(tables, argc, argv, &i, a, e) == -1) {
			return -1;
		}
	}
	return 0;
}

bool
options_given(const struct arguments *a, const char *name)
{
	for (size_t i = 0; i < a->option_count; i++) {
		if (strcmp(a->options[i].spec->name, name) == 0)
			return true;
	}
	return false;
}

const char *
options_value(const struct arguments *a, const char *name)
{
	const char *values[ARGUMENTS_MAX];

	return options_values(a, name, values) > 0 ? values[0] : NULL;
}

const char *
options_of(const struct argument_spec *table, const struct argument_spec *s,
	const struct arguments *a)
{
	size_t index = 0;

	if (s->operand == NULL)
		return options_value(a, s->name);
	for (; table < s; table++)
		index += table->operand != NULL;
	return index < a->operand_count ? a->operands[index] : NULL;
}

size_t
options_values(const struct arguments *a, const char *name,
	const char *values_r[ARGUMENTS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < a->option_count; i++) {
		if (strcmp(a->options[i].spec->name, name) == 0 &&
			a->options[i].value != NULL)
			values_r[count++] = a->options[i].value;
	}
	return count;
}
