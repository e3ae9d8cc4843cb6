/*
 * The configuration file and the master key's file, through their public faces:
 * each error must name file and line, and no value may be cut or joined.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/masterkey.h"
#include "config/settings.h"

static char directory[] = "settings.XXXXXX";
static char file[64], key_file[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/conf", directory);
	snprintf(key_file, sizeof(key_file), "%s/key", directory);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(file);
	unlink(key_file);
	return rmdir(directory);
}

static void
write_file(const char *path, const char *text, mode_t mode)
{
	FILE *out;

	unlink(path);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static struct settings *
load(const char *text)
{
	struct settings *s;
	struct error e = { 0 };

	write_file(file, text, 0644);
	if (settings_load(file, &s, &e) != 0)
		fail_msg("%s", e.text);
	return s;
}

/* The text is refused in this line, for this reason. */
static void
refused(const char *text, int line, const char *why)
{
	struct settings *s;
	struct error e = { 0 };
	char start[80];

	write_file(file, text, 0644);
	snprintf(start, sizeof(start), "%s:%d: ", file, line);
	assert_int_equal(settings_load(file, &s, &e), -1);
	assert_null(s);
	if (strncmp(e.text, start, strlen(start)) != 0 ||
		strstr(e.text, why) == NULL)
		fail_msg("expected %s…%s…, got: %s", start, why, e.text);
}

static void
empty_file_gives_defaults(void **state)
{
	struct settings *s = load("");
	const struct option_info *rows;
	char value[256];
	size_t count = settings_options(&rows);
	size_t i;

	(void)state;
	for (i = 0; i < count; i++) {
		assert_int_equal(
			settings_value(s, rows[i].name, value, sizeof(value)),
			0);
		/* max_line_length's 8192 prints as 8k */
		if (strcmp(rows[i].name, "max_line_length") != 0)
			assert_string_equal(value, rows[i].fallback);
		assert_true(rows[i].values[0] != '\0');
	}
	assert_int_equal(s->limits.line_length, 8192);
	assert_memory_equal(
		&s->limits, &limits_default, sizeof(limits_default));
	assert_int_equal(s->email_id_lifetime, 14 * 86400);
	assert_int_equal(s->milter_socket_mode, 0660);
	assert_int_equal(s->on_genuine, ACTION_DISCARD);
	settings_free(&s);
	assert_null(s);
}

/* The sample names every option once, with its default. */
static void
sample_gives_defaults(void **state)
{
	static char text[16384];
	const char *builddir = getenv("builddir");
	const struct option_info *rows;
	char line[512], sample[512], value[256], wanted[256];
	struct settings *s, *defaults = load("");
	size_t given = 0, i;
	FILE *in;

	(void)state;
	snprintf(sample, sizeof(sample), "%s/contrib/csrc-milter.conf",
		builddir != NULL ? builddir : ".");
	in = fopen(sample, "r");
	if (in == NULL)
		fail_msg("%s is missing", sample);
	while (fgets(line, sizeof(line), in) != NULL) {
		if (line[0] != '#' || line[1] < 'a' || line[1] > 'z')
			continue;
		strcat(text, line + 1);
		given++;
	}
	fclose(in);
	assert_int_equal(given, settings_options(&rows));
	s = load(text);
	for (i = 0; i < given; i++) {
		settings_value(s, rows[i].name, value, sizeof(value));
		settings_value(defaults, rows[i].name, wanted, sizeof(wanted));
		assert_string_equal(value, wanted);
	}
	settings_free(&s);
	settings_free(&defaults);
}

static void
absent_file_is_an_error_if_named(void **state)
{
	struct settings *s;
	struct error e;

	(void)state;
	unlink(file);
	assert_int_equal(settings_load(file, &s, &e), -1);
	assert_non_null(strstr(e.text, file));
}

static void
values_are_read(void **state)
{
	struct settings *s = load("# a comment\n"
				  "; another\n"
				  "\n"
				  "  milter_socket = inet:10025@127.0.0.1\r\n"
				  "milter_socket_mode=600\n"
				  "on_spoof = quarantine\n"
				  "on_malformed =reject\n"
				  "report_window= 2w\n"
				  "max_message_size = 8M\n"
				  "max_parts = 7\n"
				  "log_level = debug\n"
				  "user =\n"
				  "log_target = /var/log/x");

	(void)state;
	assert_string_equal(s->milter_socket, "inet:10025@127.0.0.1");
	assert_int_equal(s->milter_socket_mode, 0600);
	assert_int_equal(s->on_spoof, ACTION_QUARANTINE);
	assert_int_equal(s->on_malformed, ACTION_REJECT);
	assert_int_equal(s->report_window, 14 * 86400);
	assert_int_equal(s->limits.message_size, 8 << 20);
	assert_int_equal(s->limits.parts, 7);
	assert_int_equal(s->log_level, LEVEL_DEBUG);
	assert_string_equal(s->user, "");
	assert_string_equal(s->log_target, "/var/log/x");
	assert_string_equal(s->path, file);
	settings_free(&s);
}

static void
values_stay_whole(void **state)
{
	char text[512], path[160];
	struct settings *s = load("state_directory = /a;b=c: \"d\"\n"
				  "spool_directory = /with space/x\n");

	(void)state;
	assert_string_equal(s->state_directory, "/a;b=c: \"d\"");
	assert_string_equal(s->spool_directory, "/with space/x");
	settings_free(&s);
	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	snprintf(text, sizeof(text), "state_directory = %s\n", path);
	s = load(text);
	assert_string_equal(s->state_directory, path);
	settings_free(&s);
}

static void
what_would_be_cut_is_refused(void **state)
{
	char text[512] = "user = x\nstate_directory = /";

	(void)state;
	refused("state_directory = /a ;b\n", 1, "a line of its own");
	refused("\nstate_directory = /a # b\n", 2, "a line of its own");
	/* an indented line is a line, not more of the one before */
	refused("state_directory = /a\n  /b\n", 2, "name = value");
	memset(text + strlen(text), 'x', 300);
	refused(text, 2, "too long");
}

static void
bad_lines_are_refused(void **state)
{
	(void)state;
	refused("[main]\n", 1, "no sections");
	refused("user x\n", 1, "name = value");
	refused("user: x\n", 1, "name = value");
	refused("= x\n", 1, "name = value");
	refused("user = a\n\n# b\nuser = c\n", 4, "given before in line 1");
	refused("user = a\nUser = b\n", 2, "no such option");
	refused("user = a\nmax_conections = 5\n", 2, "no such option");
}

static void
bad_values_are_refused(void **state)
{
	static const char *const lines[] = { "state_directory = relative",
		"submit_networks = 192.0.2.0/24 192.0.2.0/33",
		"submit_networks = 192.0.2.0/24,192.0.3.0/24",
		"submit_networks = *", "submit_networks = host.example",
		("submit_networks = "
		 "1111111111111111111111111111111111111111111111111111111111"),
		"state_directory =", "control_socket = ./x",
		"milter_socket = /run/x", "milter_socket = unix:x",
		"milter_socket = inet:10025", "milter_socket = inet:10025@",
		"milter_socket = fd:", "milter_socket = fd:3x",
		"milter_socket = local:/run/x",
		"milter_socket =", "milter_socket_mode = 0888",
		"milter_socket_mode = rw", "on_genuine = quarantine",
		"on_genuine = reject", "on_spoof = deliver",
		"on_malformed = Discard", "log_level = verbose",
		"log_target = file", "report_window = 7 days",
		"report_window = -1d", "clock_skew = 15M",
		"max_message_size = 4MB", "max_parts = 3k",
		"max_parts =", "max_parts = 0x10", "user = a b",
		"max_message_size = 99999999999999999999" };
	char text[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(text, sizeof(text), "\n%s\n", lines[i]);
		refused(text, 2, "bad value");
	}
}

static void
bounds_are_inclusive(void **state)
{
	struct settings *s = load("max_depth = 64\nmax_parts = 1\n");

	(void)state;
	assert_int_equal(s->limits.depth, 64);
	assert_int_equal(s->limits.parts, 1);
	settings_free(&s);
	refused("max_depth = 65\n", 1, "out of range (1 to 64)");
	refused("max_parts = 0\n", 1, "out of range");
	refused("milter_socket_mode = 1777\n", 1, "out of range");
	refused("database_cache = 4k\n", 1, "out of range (1M to 1024G)");
}

static void
contradictions_are_refused(void **state)
{
	(void)state;
	refused("max_message_size = 8k\nuser = x\n"
		"max_header_size = 9k\n",
		3, "max_header_size is more than max_message_size");
	refused("max_buffered = 1M\n", 1, "max_buffered");
	refused("quarantine_size = 1M\n", 1, "quarantine_size");
	refused("user = x\nmilter_socket = unix:/a/b\n"
		"control_socket = /a/b\n",
		3, "same as milter_socket");
	refused("state_directory = /a\nspool_directory = /a\n", 2, "same as");
}

static void
writable_file_is_refused(void **state)
{
	struct settings *s;
	struct error e;

	(void)state;
	write_file(file, "user = x\n", 0664);
	assert_int_equal(settings_load(file, &s, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
	assert_non_null(strstr(e.text, "writable by group or others"));
	assert_int_equal(chmod(file, 0642), 0);
	assert_int_equal(settings_load(file, &s, &e), -1);
	assert_int_equal(settings_load(directory, &s, &e), -1);
	assert_non_null(strstr(e.text, "not a regular file"));
	assert_int_equal(chmod(file, 0600), 0);
	assert_int_equal(settings_load(file, &s, &e), 0);
	settings_free(&s);
}

static void
restart_is_asked_for(void **state)
{
	struct settings *a = load("user = x\nlog_level = info\n");
	struct settings *b = load("user = x\nlog_level = debug\n");
	struct settings *c = load("user = x\ndatabase_cache = 64M\n");

	(void)state;
	assert_null(settings_needs_restart(a, b));
	assert_string_equal(settings_needs_restart(a, c), "database_cache");
	settings_free(&a);
	settings_free(&b);
	settings_free(&c);
}

static void
written_values_read_back(void **state)
{
	struct settings *s = load("report_window = 90m\nclock_skew = 0\n"
				  "max_report_size = 1536\n");
	char value[64];

	(void)state;
	assert_int_equal(
		settings_value(s, "report_window", value, sizeof(value)), 0);
	assert_string_equal(value, "90m");
	assert_int_equal(
		settings_value(s, "clock_skew", value, sizeof(value)), 0);
	assert_string_equal(value, "0");
	assert_int_equal(
		settings_value(s, "max_report_size", value, sizeof(value)), 0);
	assert_string_equal(value, "1536");
	assert_int_equal(settings_value(s, "none", value, sizeof(value)), -1);
	assert_int_equal(settings_value(s, "state_directory", value, 3), -1);
	settings_free(&s);
}

static void
key_is_made_and_read(void **state)
{
	unsigned char a[MASTER_KEY_SIZE], b[MASTER_KEY_SIZE];
	struct error e;
	struct stat st;

	(void)state;
	unlink(key_file);
	assert_int_equal(masterkey_read(key_file, a, &e), -1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	assert_int_equal(masterkey_create(key_file, &e), 0);
	assert_int_equal(stat(key_file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(masterkey_read(key_file, a, &e), 0);
	/* it is never overwritten */
	assert_int_equal(masterkey_create(key_file, &e), -1);
	assert_int_equal(e.code, ERROR_EXISTS);
	assert_int_equal(chmod(key_file, 0400), 0);
	assert_int_equal(masterkey_read(key_file, b, &e), 0);
	assert_memory_equal(a, b, sizeof(a));
}

#define HEX "00112233445566778899aabbccddeeffFFEEDDCCBBAA99887766554433221100"

static void
bad_keys_are_refused(void **state)
{
	static const struct {
		const char *text;
		mode_t mode;
		enum error_code code;
	} cases[] = {
		{ HEX "\n", 0600, ERROR_NONE },
		{ HEX, 0600, ERROR_NONE },
		{ HEX "\n", 0640, ERROR_DENIED },
		{ HEX "\n", 0604, ERROR_DENIED },
		{ HEX "\n", 0700, ERROR_DENIED },
		{ HEX "\n\n", 0600, ERROR_BAD },
		{ HEX "0", 0600, ERROR_BAD },
		{ HEX "00\n", 0600, ERROR_BAD },
		{ "", 0600, ERROR_BAD },
		{ "zz1122334455667788", 0600, ERROR_BAD },
	};
	unsigned char key[MASTER_KEY_SIZE];
	struct error e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		e.code = ERROR_NONE;
		write_file(key_file, cases[i].text, cases[i].mode);
		assert_int_equal(masterkey_read(key_file, key, &e),
			cases[i].code == ERROR_NONE ? 0 : -1);
		assert_int_equal(e.code, cases[i].code);
	}
	assert_int_equal(masterkey_read(directory, key, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_file_gives_defaults),
		cmocka_unit_test(sample_gives_defaults),
		cmocka_unit_test(absent_file_is_an_error_if_named),
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(values_stay_whole),
		cmocka_unit_test(what_would_be_cut_is_refused),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(bad_values_are_refused),
		cmocka_unit_test(bounds_are_inclusive),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(writable_file_is_refused),
		cmocka_unit_test(restart_is_asked_for),
		cmocka_unit_test(written_values_read_back),
		cmocka_unit_test(key_is_made_and_read),
		cmocka_unit_test(bad_keys_are_refused),
	};

	return cmocka_run_group_tests_name("settings", tests, setup, teardown);
}
