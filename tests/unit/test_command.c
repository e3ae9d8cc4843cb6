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
#include "control/commands/device_fields.h"

static const struct option_spec specs[] = {
	{ .name = "name", .value = "NAME", .letter = 'n' },
	{ .name = "flag" },
	{ .name = "many", .value = "X", .many = true },
	{ .name = NULL },
};

static int
parse(const char **argv, int argc, struct arguments *a, struct error *e)
{
	const struct option_spec *const tables[OPTION_TABLES_MAX] = { specs,
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

/* What a row shows must be what it takes. */
static void
table_is_consistent(void **state)
{
	const struct command *rows;
	size_t count = command_table(&rows);
	char name[64];
	int used;

	(void)state;
	assert_true(count > 20);
	for (size_t i = 0; i < count; i++) {
		const struct option_spec *s = rows[i].options;
		char *argv[] = { (char *)(uintptr_t)rows[i].verb,
			(char *)(uintptr_t)rows[i].noun };

		assert_ptr_equal(
			command_find(rows[i].noun != NULL ? 2 : 1, argv, &used),
			&rows[i]);
		assert_int_equal(used, rows[i].noun != NULL ? 2 : 1);
		assert_true(strlen(rows[i].summary) > 0);
		assert_true(rows[i].operands_max <= ARGUMENTS_MAX);
		assert_int_equal(rows[i].operands_max > 0,
			rows[i].synopsis[0] != '\0' &&
				rows[i].synopsis[0] != '[');
		for (; s != NULL && s->name != NULL; s++) {
			snprintf(name, sizeof(name), "--%s%s%s", s->name,
				s->value != NULL ? " " : "",
				s->value != NULL ? s->value : "");
			assert_non_null(strstr(rows[i].synopsis, name));
			assert_non_null(s->meaning);
		}
		if (rows[i].file_option != NULL)
			assert_non_null(
				strstr(rows[i].synopsis, rows[i].file_option));
	}
	assert_null(command_find(0, NULL, &used));
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
	};
	const struct command *table;
	size_t count = command_table(&table), found = 0;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		unsigned int roles = 0;

		for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
			if (strcmp(table[i].verb, rows[k].verb) == 0 &&
				table[i].noun == rows[k].noun) {
				roles = rows[k].roles;
				found++;
			}
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(bad_options_are_refused),
		cmocka_unit_test(too_many_words),
		cmocka_unit_test(table_is_consistent),
		cmocka_unit_test(roles_are_kept_apart),
		cmocka_unit_test(refusals),
		cmocka_unit_test(errors_as_json),
		cmocka_unit_test(device_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
