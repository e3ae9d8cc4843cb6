/*
 * The table of commands and what reads a command line by it; commands that work
 * on a store are tested through csrcadm itself (tests/admin/csrcadm.sh).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "control/command.h"
#include "control/columns.h"
#include "control/suggest.h"
#include "control/usage.h"
#include "control/commands/device_fields.h"

static const struct argument_spec specs[] = {
	{ .name = "name", .value = "NAME", .letter = 'n' },
	{ .name = "flag" },
	{ .name = "many", .value = "X", .many = true },
	{ .name = NULL },
};

static int
parse(const char **argv, int argc, struct arguments *a, struct error *e)
{
	const struct argument_spec *const tables[OPTION_TABLES_MAX] = { specs,
		NULL };

	return options_parse(tables, argc, (char **)argv, a, e);
}

static void
options_are_read(void **state)
{
	const char *argv[] = { "one", "--name", "-x", "--flag", "--many=", "-",
		"--many", "b=c", "--", "--flag" };
	const char *values[ARGUMENTS_MAX];
	struct arguments a;
	struct error e;

	(void)state;
	assert_int_equal(parse(argv, 10, &a, &e), 0);
	assert_int_equal(a.operand_count, 3);
	assert_string_equal(a.operands[0], "one");
	assert_string_equal(a.operands[1], "-");
	assert_string_equal(a.operands[2], "--flag");
	assert_string_equal(options_value(&a, "name"), "-x");
	assert_true(options_given(&a, "flag"));
	assert_null(options_value(&a, "flag"));
	assert_int_equal(options_values(&a, "many", values), 2);
	assert_string_equal(values[0], "");
	assert_string_equal(values[1], "b=c");
	assert_false(options_given(&a, "other"));
	assert_int_equal(
		parse((const char *[]){ "-n", "short" }, 2, &a, &e), 0);
	assert_string_equal(options_value(&a, "name"), "short");
}

static void
bad_options_are_refused(void **state)
{
	static const char *const rows[][4] = {
		{ "--nam", "x" },
		{ "--names", "x" },
		{ "-x" },
		{ "-nx" },
		{ "--name" },
		{ "--flag=yes" },
		{ "--flag", "--flag" },
		{ "--name=a", "--name", "b" },
		{ "---" },
	};
	struct arguments a;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int argc = 0;

		while (argc < 4 && rows[i][argc] != NULL)
			argc++;
		e.code = ERROR_NONE;
		assert_int_equal(
			parse((const char **)(uintptr_t)rows[i], argc, &a, &e),
			-1);
		assert_int_equal(e.code, ERROR_USAGE);
	}
}

static void
too_many_words(void **state)
{
	const char *argv[2 * ARGUMENTS_MAX + 2];
	struct arguments a;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(argv) / sizeof(argv[0]); i++)
		argv[i] = "word";
	assert_int_equal(parse(argv, ARGUMENTS_MAX, &a, &e), 0);
	assert_int_equal(parse(argv, ARGUMENTS_MAX + 1, &a, &e), -1);
	for (size_t i = 0; i < sizeof(argv) / sizeof(argv[0]); i++)
		argv[i] = "--many=x";
	assert_int_equal(parse(argv, ARGUMENTS_MAX, &a, &e), 0);
	assert_int_equal(parse(argv, ARGUMENTS_MAX + 1, &a, &e), -1);
}

/* A table with every tie. */
static const struct argument_spec tied[] = {
	{ .operand = "WHO" },
	{ .name = "all", .tie = TIE_OR },
	{ .name = "of", .value = "ID", .tie = TIE_OR },
	{ .name = "older", .value = "TIME", .tie = TIE_AND },
	{ .name = "what", .value = "NAME", .required = true },
	{ .name = "send" },
	{ .name = "by", .value = "PATH", .required = true, .tie = TIE_WITH },
	{ .name = "how", .many = true, .value = "WAY", .tie = TIE_WITH },
	{ .name = "keep", .tie = TIE_OR },
	{ .name = NULL },
};

static void
synopsis_is_made(void **state)
{
	static const struct argument_spec plain[] = {
		{ .operand = "ID" },
		{ .name = "to", .value = "X", .many = true },
		{ .operand = "NAME", .many = true },
		{ .name = NULL },
	};
	char text[USAGE_SIZE];

	(void)state;
	usage_synopsis(tied, text);
	assert_string_equal(text,
		"(WHO | --all | [--of ID] [--older TIME]) --what NAME "
		"[--send --by PATH [--how WAY]... | --keep]");
	usage_synopsis(plain, text);
	assert_string_equal(text, "ID [--to X]... NAME...");
	usage_synopsis(plain + 3, text);
	assert_string_equal(text, "");
}

static void
usage_is_judged(void **state)
{
	static const struct {
		const char *words[7];
		const char *why; /* NULL: it is taken */
	} rows[] = {
		{ { "A", "--what=x" }, NULL },
		{ { "--all", "--what=x", "--keep" }, NULL },
		{ { "--of=1", "--what=x" }, NULL },
		{ { "--older=1", "--what=x" }, NULL },
		{ { "--older=1", "--of=1", "--what=x" }, NULL },
		{ { "A", "--what=x", "--send", "--by=y" }, NULL },
		{ { "A", "--what=x", "--how=1", "--how=2", "--by=y", "--send" },
			NULL },
		{ { "--what=x" }, "one of WHO, --all, --of, --older" },
		{ { "A", "--all", "--what=x" }, "one of WHO" },
		{ { "A", "--older=1", "--what=x" }, "one of WHO" },
		{ { "--all", "--older=1", "--what=x" }, "one of WHO" },
		{ { "--of=1", "--older=1", "--all", "--what=x" },
			"one of WHO" },
		{ { "A" }, "--what is needed" },
		{ { "A", "--what=x", "--send" }, "--send needs --by" },
		{ { "A", "--what=x", "--how=1" }, "--how goes with --send" },
		{ { "A", "--what=x", "--keep", "--how=1" },
			"--how goes with --send" },
		{ { "A", "--what=x", "--keep", "--send", "--by=y" },
			"--send or --keep, not both" },
	};
	const struct argument_spec *const tables[OPTION_TABLES_MAX] = { tied,
		NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error e = { ERROR_NONE, "" };
		struct arguments a;
		int argc = 0;

		while (argc < 7 && rows[i].words[argc] != NULL)
			argc++;
		assert_int_equal(
			options_parse(tables, argc,
				(char **)(uintptr_t)rows[i].words, &a, &e),
			0);
		assert_true(usage_operands(tied, &a));
		assert_int_equal(usage_check(tied, &a, &e),
			rows[i].why != NULL ? -1 : 0);
		assert_int_equal(
			e.code, rows[i].why != NULL ? ERROR_USAGE : ERROR_NONE);
		if (rows[i].why != NULL)
			assert_non_null(strstr(e.text, rows[i].why));
	}
}

/* An argument by the place of its row, wherever the words stand. */
static void
operands_are_counted(void **state)
{
	static const struct argument_spec table[] = {
		{ .operand = "ID" },
		{ .name = "flag" },
		{ .operand = "NAME", .many = true },
		{ .name = "file", .value = "FILE" },
		{ .name = NULL },
	};
	const char *argv[] = { "--flag", "one", "--file", "x", "two", "three" };
	const struct argument_spec *const tables[OPTION_TABLES_MAX] = { table,
		NULL };
	struct arguments a;
	struct error e;

	(void)state;
	assert_int_equal(options_parse(tables, 6, (char **)argv, &a, &e), 0);
	assert_true(usage_operands(table, &a));
	assert_string_equal(options_of(table, &table[0], &a), "one");
	assert_null(options_of(table, &table[1], &a));
	assert_string_equal(options_of(table, &table[2], &a), "two");
	assert_string_equal(options_of(table, &table[3], &a), "x");
	assert_int_equal(options_parse(tables, 4, (char **)argv, &a, &e), 0);
	assert_false(usage_operands(table, &a));
	assert_null(options_of(table, &table[2], &a));
	assert_false(usage_operands(
		tied, &(struct arguments){ .operand_count = 2 }));
}

static void
slips_are_near(void **state)
{
	static const struct {
		const char *word, *candidate;
		size_t distance; /* SUGGEST_FAR: not near */
	} rows[] = {
		{ "device", "device", 0 },
		{ "devise", "device", 1 },
		{ "deivce", "device", 1 },
		{ "devce", "device", 1 },
		{ "sta", "stats", 1 },
		{ "st", "stats", SUGGEST_FAR },
		{ "dance", "device", SUGGEST_FAR },
		{ "", "stats", SUGGEST_FAR },
		{ "a-word-of-more-than-forty-characters-in-all", "stats",
			SUGGEST_FAR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t distance = SUGGEST_FAR;
		bool near = suggest_near(
			rows[i].word, rows[i].candidate, &distance);

		assert_int_equal(near, rows[i].distance != SUGGEST_FAR);
		assert_int_equal(distance, rows[i].distance);
		assert_false(suggest_near(
			rows[i].word, rows[i].candidate, &distance));
	}
}

/* More rows than are held back: the later ones flow, and may be wider. */
static void
columns_flow(void **state)
{
	static const char *const names[] = { "A", "B" };
	struct columns c;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	columns_begin(&c, out, names, 2);
	for (int i = 0; i < 1000; i++)
		columns_row(&c, (const char *const[]){ "xx", "" });
	columns_row(&c, (const char *const[]){ "wider", "y" });
	columns_end(&c);
	fclose(out);
	assert_int_equal(strncmp(text, "A   B\nxx  -\nxx  -\n", 18), 0);
	assert_int_equal(size, 6 + 1000 * 6 + strlen("wider  y\n"));
	assert_string_equal(text + size - 9, "wider  y\n");
	free(text);
}

/* A row of the table by itself: at most one of its arguments is of a kind, and
 * what is tied is tied to something. */
static void
row_is_consistent(const struct command *row)
{
	size_t kinds[ARGUMENT_PATH + 1] = { 0 };
	const struct argument_spec *s;
	char call[USAGE_CALL_SIZE], synopsis[USAGE_SIZE];

	usage_synopsis(row->takes, synopsis);
	assert_true(strlen(synopsis) < USAGE_SIZE - 1);
	assert_true(argument_last(&row->takes[TAKES_MAX - 1]));
	assert_int_equal(row->takes[0].tie, TIE_NONE);
	for (s = row->takes; !argument_last(s); s++) {
		usage_call(s, call);
		assert_true(strlen(call) < USAGE_CALL_SIZE - 1);
		assert_non_null(strstr(synopsis, call));
		assert_true(strlen(s->meaning) > 0);
		assert_true((s->operand != NULL) != (s->name != NULL));
		assert_true(s->operand == NULL || s->tie == TIE_NONE);
		kinds[s->kind]++;
		assert_true(s->kind == ARGUMENT_TEXT || kinds[s->kind] == 1);
		assert_true(s->kind != ARGUMENT_PATH || s->operand != NULL);
		assert_true(
			!s->many || s->operand == NULL || s[1].operand == NULL);
	}
	assert_int_equal(s->tie, TIE_NONE);
}

/* What a row shows must be what it takes. */
static void
table_is_consistent(void **state)
{
	const struct command *rows;
	size_t count = command_table(&rows);
	int used;

	(void)state;
	assert_true(count > 20);
	for (size_t i = 0; i < count; i++) {
		char *argv[] = { (char *)(uintptr_t)rows[i].verb,
			(char *)(uintptr_t)rows[i].noun };

		assert_ptr_equal(
			command_find(rows[i].noun != NULL ? 2 : 1, argv, &used),
			&rows[i]);
		assert_int_equal(used, rows[i].noun != NULL ? 2 : 1);
		assert_true(strlen(rows[i].summary) > 0);
		row_is_consistent(&rows[i]);
	}
	assert_null(command_find(0, NULL, &used));
}

static bool
same_noun(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Who may run what: a channel hands in and asks for IDs, who watches looks at
 * figures, and nobody else may do anything. */
static void
roles_are_kept_apart(void **state)
{
	static const struct {
		const char *verb, *noun;
		unsigned int roles;
	} rows[] = {
		{ "stats", NULL, 1 << ROLE_OBSERVER },
		{ "clock", NULL, 1 << ROLE_OBSERVER },
		{ "submit", NULL, 1 << ROLE_CHANNEL },
		{ "identify", NULL, 1 << ROLE_CHANNEL },
		{ "pending", NULL, 1 << ROLE_CHANNEL },
		{ "fetch", NULL, 1 << ROLE_CHANNEL },
		{ "delivered", NULL, 1 << ROLE_CHANNEL },
		{ "called", NULL, 1 << ROLE_CHANNEL },
		{ "fax", "tsi", 1 << ROLE_CHANNEL },
		{ "prove", "begin", 1 << ROLE_CHANNEL },
		{ "prove", "check", 1 << ROLE_CHANNEL },
		{ "agent", "registry", 1 << ROLE_CHANNEL },
		{ "agent", "heard", 1 << ROLE_CHANNEL },
	};
	const struct command *table;
	size_t count = command_table(&table), found = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		unsigned int roles = 0;

		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			if (strcmp(table[i].verb, rows[k].verb) == 0 &&
				same_noun(table[i].noun, rows[k].noun)) {
				roles = rows[k].roles;
				found++;
			}
		if (strcmp(table[i].verb, "authority") == 0)
			roles = 1 << ROLE_AUTHORITY;
		assert_int_equal(table[i].roles, roles);
	}
	assert_int_equal(found, sizeof(rows) / sizeof(rows[0]));
	for (enum role r = ROLE_NONE; r <= ROLE_AUTHORITY; r++) {
		char *dance[] = { (char[]){ "dance" } };
		char *stats[] = { (char[]){ "stats" } };

		assert_int_equal(
			command_allowed(1, dance, r), r == ROLE_OPERATOR);
		assert_int_equal(command_allowed(1, stats, r),
			r == ROLE_OPERATOR || r == ROLE_OBSERVER);
	}
}

/* Runs words without a store; out gets both streams. */
static enum exit_code
run(struct command_context *c, const char **argv, int argc, char out[512])
{
	FILE *stream = fmemopen(out, 512, "w");
	enum exit_code code;

	memset(out, 0, 512);
	c->out = c->err = stream;
	code = command_run(c, argc, (char **)argv);
	fclose(stream);
	return code;
}

#define RUN(...)                                 \
	run(&c, (const char *[]){ __VA_ARGS__ }, \
		sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *), out)

/* All of it before the store is touched: nothing is issued. */
static void
requests_refused(struct command_context *context)
{
	static const struct {
		const char *words[8];
		enum exit_code code;
		const char *why;
	} rows[] = {
		{ { "--command", "x" }, EXIT_USAGE, "one of SERIAL" },
		{ { "D1", "--all", "--command", "x" }, EXIT_USAGE, "one of" },
		{ { "D1" }, EXIT_USAGE, "--command is needed" },
		{ { "D1", "--command", "X" }, EXIT_REFUSED, "no command" },
		{ { "D1", "--command", "" }, EXIT_REFUSED, "no command" },
		{ { "D1", "--command", "x", "--param", "a" }, EXIT_USAGE,
			"NAME=VALUE" },
		{ { "D1", "--command", "x", "--param", "=a" }, EXIT_REFUSED,
			"name" },
		{ { "D1", "--command", "x", "--param", "a=1", "--param",
			  "a=2" },
			EXIT_REFUSED, "a" },
		{ { "D1", "--command", "x", "--param", "a=\xff" }, EXIT_REFUSED,
			"UTF-8" },
		{ { "D1", "--command", "x", "--lifetime", "5s" }, EXIT_USAGE,
			"--lifetime" },
		{ { "D1", "--command", "x", "--lifetime", "4000d" }, EXIT_USAGE,
			"--lifetime" },
		{ { "D1", "--command", "x", "--send", "--output", "y" },
			EXIT_USAGE, "not both" },
		{ { "D1", "--command", "x", "--sendmail", "y" }, EXIT_USAGE,
			"--send" },
		{ { "--all", "--command", "x" }, EXIT_USAGE, "--json" },
		{ { "--overdue", "soon", "--send", "--command", "x" },
			EXIT_USAGE, "--overdue" },
		{ { "--center", "_", "--send", "--command", "x" }, EXIT_REFUSED,
			"center ID" },
	};
	const char *argv[1 + 8] = { "request" };
	char out[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int argc = 1;

		for (; argc <= 8 && rows[i].words[argc - 1] != NULL; argc++)
			argv[argc] = rows[i].words[argc - 1];
		assert_int_equal(run(context, argv, argc, out), rows[i].code);
		assert_non_null(strstr(out, rows[i].why));
	}
}

static void
refusals(void **state)
{
	struct command_context c = { .started = 0 };
	char out[512];

	(void)state;
	assert_int_equal(RUN("dance"), EXIT_USAGE);
	assert_int_equal(RUN("device"), EXIT_USAGE);
	assert_int_equal(RUN("device", "show"), EXIT_USAGE);
	assert_non_null(strstr(out, "usage: csrcadm device show SERIAL"));
	assert_int_equal(RUN("device", "show", "A", "B"), EXIT_USAGE);
	assert_int_equal(RUN("device", "add", "A"), EXIT_USAGE);
	assert_non_null(strstr(out, "--center"));
	assert_int_equal(RUN("device", "import", "x.csv"), EXIT_USAGE);
	assert_int_equal(
		RUN("device", "key", "A", "--list", "--generate"), EXIT_USAGE);
	assert_int_equal(RUN("device", "key", "A"), EXIT_USAGE);
	assert_non_null(strstr(out, "one of --generate, --import"));
	assert_int_equal(RUN("device", "key", "A", "--list", "--bits", "128"),
		EXIT_USAGE);
	assert_int_equal(RUN("identify", "device:A"), EXIT_USAGE);
	assert_non_null(strstr(out, "--center"));
	assert_int_equal(RUN("quarantine", "remove"), EXIT_USAGE);
	assert_non_null(
		strstr(out, "one of NAME, --reason, --serial, --center"));
	assert_int_equal(RUN("quarantine", "remove", "A", "--reason", "stale"),
		EXIT_USAGE);
	assert_int_equal(RUN("device", "list", "--overdue", "2x"), EXIT_USAGE);
	assert_int_equal(
		RUN("center", "address", "swap", "K", "a@b"), EXIT_USAGE);
	assert_int_equal(RUN("backup", "relative/path"), EXIT_USAGE);
	requests_refused(&c);
	assert_int_equal(RUN("sequence", "--next", "-1"), EXIT_USAGE);
	assert_int_equal(RUN("sequence", "--next", "7x"), EXIT_USAGE);
	assert_int_equal(RUN("sequence", "--next", ""), EXIT_USAGE);
	assert_int_equal(RUN("reload"), EXIT_REFUSED);
	assert_non_null(strstr(out, "no daemon"));
	c.started = 1;
	assert_int_equal(RUN("init"), EXIT_REFUSED);
	assert_int_equal(RUN("spool", "next"), EXIT_REFUSED);
}

static void
errors_as_json(void **state)
{
	struct command_context c = { .json = true };
	char out[512];

	(void)state;
	assert_int_equal(RUN("reload"), EXIT_REFUSED);
	assert_string_equal(
		out, "{\"error\":\"no daemon is running\",\"exit_code\":3}\n");
	/* Known only once the options are read. */
	c.json = false;
	assert_int_equal(RUN("backup", "x", "--json"), EXIT_USAGE);
	assert_int_equal(out[0], '{');
}

static void
device_fields(void **state)
{
	static const struct {
		const char *name, *value, *kept; /* kept NULL: refused */
	} rows[] = {
		{ "serial", "a4fm021007478", "A4FM021007478" },
		{ "serial", "", NULL },
		{ "serial", "with space", NULL },
		{ "center", "k0001", "K0001" },
		{ "center", "K_1", NULL },
		{ "protection", "optional", "optional" },
		{ "protection", "", "required" },
		{ "protection", "none", NULL },
		{ "from", "Printer@Example.ORG", "printer@example.org" },
		{ "from", "", "" },
		{ "from", "no address", NULL },
		{ "network", "192.0.2.0/24", "192.0.2.0/24" },
		{ "network", "2001:db8::/32", "2001:db8::/32" },
		{ "network", "192.0.2.1", "192.0.2.1" },
		{ "network", "", "" },
		{ "network", "192.0.2.0/33", NULL },
		{ "network", "192.0.2/24", NULL },
		{ "network", "example.org", NULL },
		{ "address", "Printer@Device.Example",
			"printer@device.example" },
		{ "address", "", "" },
		{ "address", "no address", NULL },
		{ "enabled", "no", "no" },
		{ "enabled", "", "yes" },
		{ "enabled", "maybe", NULL },
		{ "channel", "webdav", "webdav" },
		{ "channel", "", "mail" },
		{ "channel", "fax", NULL },
		{ "model", "Laser 4\xc3\xa4", "Laser 4\xc3\xa4" },
		{ "model", "", "" },
		{ "model", "\xc3", NULL },
		{ "model", "a\nb", NULL },
		{ "model", "\xc2\x9b", NULL },
		{ "model", "\xf4\x90\x80\x80", NULL },
		{ "model",
			"123456789012345678901234567890123456789012345678901234"
			"5678901234",
			"123456789012345678901234567890123456789012345678901234"
			"5678901234" },
		{ "model",
			"123456789012345678901234567890123456789012345678901234"
			"56789012345",
			NULL },
	};
	struct error e;

	(void)state;
	assert_int_equal(device_field_find("key"), -1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct device d = { .enabled = true };
		int field = device_field_find(rows[i].name);
		int rc;

		assert_int_not_equal(field, -1);
		rc = device_field_set(&d, (size_t)field, rows[i].value, &e);
		assert_int_equal(rc, rows[i].kept != NULL ? 0 : -1);
		if (rc == -1)
			assert_int_equal(e.code, ERROR_BAD);
		else
			assert_string_equal(device_field_get(&d, (size_t)field),
				rows[i].kept);
	}
}

/* Who adds a command has to say whether it changes something. */
static void
changes_are_on_record(void **state)
{
	enum { NOUNS = 8 };
	static const char *const lookers[] = { "list", "show", "export",
		"readings", "unknown", "signing", "registry", "heard", "stats",
		"clock", "sequence", "check", "explain", "doctor", "log",
		"setup", "submit", "identify", "spool", "pending", "fetch",
		"delivered", "called", "fax", "prove", "authority", "format",
		"audit" };
	const struct command *rows;
	size_t count = command_table(&rows);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool looks = false;

		for (size_t k = 0; k < sizeof(lookers) / sizeof(*lookers); k++)
			looks = looks ||
				strcmp(lookers[k],
					rows[i].noun != NULL && k < NOUNS
						? rows[i].noun
						: rows[i].verb) == 0;
		if (rows[i].noun != NULL && strcmp(rows[i].noun, "accept") == 0)
			looks = false;
		if (rows[i].changes == looks)
			fail_msg("%s %s", rows[i].verb,
				rows[i].noun != NULL ? rows[i].noun : "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(too_many_words),
		cmocka_unit_test(synopsis_is_made),
		cmocka_unit_test(usage_is_judged),
		cmocka_unit_test(operands_are_counted),
		cmocka_unit_test(slips_are_near),
		cmocka_unit_test(columns_flow),
		cmocka_unit_test(table_is_consistent),
		cmocka_unit_test(roles_are_kept_apart),
		cmocka_unit_test(changes_are_on_record),
		cmocka_unit_test(refusals),
		cmocka_unit_test(errors_as_json),
		cmocka_unit_test(device_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
