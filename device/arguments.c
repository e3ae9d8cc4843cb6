/*
 * Options by table: which command takes them, which it needs, how each is
 * read. No option carries a key: others can read command lines.
 */
#include "device/arguments.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "device/header.h"

enum { ALL = FOR_REPORT | FOR_ANSWER | FOR_SHOW };
enum { SENDS = FOR_REPORT | FOR_ANSWER };

static int
take_center(struct arguments *a, const char *value, struct error *e)
{
	claims_take_center(&a->own, value, strlen(value));
	return a->own.center_state == CLAIM_PRESENT
		? 0
		: error_set(e, ERROR_USAGE, "--center is no center ID");
}

static int
take_serial(struct arguments *a, const char *value, struct error *e)
{
	claims_take_serial(&a->own, value, strlen(value));
	return a->own.serial_state == CLAIM_PRESENT
		? 0
		: error_set(e, ERROR_USAGE, "--serial is no serial");
}

static int
take_key_fd(struct arguments *a, const char *value, struct error *e)
{
	char *end;
	long fd = strtol(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' || fd > INT_MAX)
		return error_set(
			e, ERROR_USAGE, "--key-fd is no file descriptor");
	a->key_fd = (int)fd;
	return 0;
}

static int
take_date(struct arguments *a, const char *value, struct error *e)
{
	if (text_time_parse(value, &a->date))
		return error_set(e, ERROR_USAGE,
			"--date is no RFC 3339 date-time with zone");
	a->dated = true;
	return 0;
}

static int
check_address(const char *address, const char *option, struct error *e)
{
	return header_is_address(address)
		? 0
		: error_set(e, ERROR_USAGE, "%s is no mail address", option);
}

static int
take_from(struct arguments *a, const char *value, struct error *e)
{
	a->from = value;
	return check_address(value, "--from", e);
}

static int
take_to(struct arguments *a, const char *value, struct error *e)
{
	a->to = value;
	return check_address(value, "--to", e);
}

struct rule {
	const char *name;
	int row;      /* of a struct row, or 0 */
	int commands; /* that take it */
	bool value;
	size_t offset; /* of a const char * in struct arguments, or */
	int (*take)(struct arguments *a, const char *value, struct error *e);
};
#define PLAIN(member) offsetof(struct arguments, member), NULL

/* Without offset, function and value it is --entity. */
static const struct rule rules[] = {
	{ "center", 0, ALL, true, 0, take_center },
	{ "serial", 0, ALL, true, 0, take_serial },
	{ "key-file", 0, ALL, true, PLAIN(key_file) },
	{ "key-fd", 0, ALL, true, 0, take_key_fd },
	{ "state", 0, FOR_ANSWER | FOR_SHOW, true, PLAIN(state) },
	{ "json", 0, SENDS, true, PLAIN(json) },
	{ "mail", 0, SENDS, true, PLAIN(mail) },
	{ "formats", 0, SENDS, true, PLAIN(formats) },
	{ "counter", 'c', SENDS, true, 0, NULL },
	{ "alarm", 'a', SENDS, true, 0, NULL },
	{ "setting", 's', SENDS, true, 0, NULL },
	{ "model", 0, SENDS, true, PLAIN(model) },
	{ "kind", 0, FOR_REPORT, true, PLAIN(kind) },
	{ "date", 0, SENDS, true, 0, take_date },
	{ "from", 0, SENDS, true, 0, take_from },
	{ "to", 0, SENDS, true, 0, take_to },
	{ "entity", 0, FOR_SHOW, false, 0, NULL },
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static int
take_row(struct arguments *a, int option, const char *text, struct error *e)
{
	if (a->row_count == ROWS_MAX)
		return error_set(e, ERROR_USAGE,
			"more than %d counters, alarms and settings", ROWS_MAX);
	a->rows[a->row_count].option = option;
	a->rows[a->row_count++].text = text;
	return 0;
}

static int
take(struct arguments *a, const struct rule *r, const char *value,
	struct error *e)
{
	const char **into = (const char **)((char *)a + r->offset);

	if (r->take != NULL)
		return r->take(a, value, e);
	if (!r->value)
		a->entity = true;
	else if (r->row != 0)
		return take_row(a, r->row, value, e);
	else if (*into != NULL)
		return error_set(
			e, ERROR_USAGE, "--%s is given twice", r->name);
	else
		*into = value;
	return 0;
}

static int
read_options(struct arguments *a, int command, int argc, char **argv,
	struct error *e)
{
	struct option options[RULES + 1] = { 0 };
	size_t count = 0;
	int index;

	for (size_t i = 0; i < RULES; i++)
		if ((rules[i].commands & command) != 0) {
			options[count].name = rules[i].name;
			options[count].has_arg = rules[i].value;
			options[count++].val = (int)i + 1;
		}
	opterr = 0;
	optind = 1;
	while ((index = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (index == '?' || index < 1 || index > RULES)
			return error_set(e, ERROR_USAGE,
				"%s: unknown, or without its value",
				argv[optind - 1]);
		if (take(a, &rules[index - 1], optarg, e))
			return -1;
	}
	return 0;
}

static bool
is_stdin(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
}

static int
check(const struct arguments *a, int command, struct error *e)
{
	int contents = (a->json != NULL) + (a->mail != NULL) +
		(a->row_count > 0 || a->model != NULL || a->kind != NULL);

	if (a->own.center_state != CLAIM_PRESENT ||
		a->own.serial_state != CLAIM_PRESENT)
		return error_set(
			e, ERROR_USAGE, "--center and --serial are needed");
	if ((a->key_file != NULL) == (a->key_fd != -1))
		return error_set(e, ERROR_USAGE,
			"one of --key-file and --key-fd is needed");
	if (contents > 1)
		return error_set(e, ERROR_USAGE,
			"--json, --mail and the options that make a report "
			"exclude one another");
	if (contents == 0 && command == FOR_REPORT)
		return error_set(e, ERROR_USAGE,
			"nothing to report: --json, --mail, --counter, --alarm "
			"or --setting");
	if (is_stdin(a->request) && (is_stdin(a->json) || is_stdin(a->mail)))
		return error_set(e, ERROR_USAGE,
			"standard input is the request or the report, not "
			"both");
	if (command == FOR_ANSWER && a->state == NULL)
		return error_set(e, ERROR_USAGE, "--state is needed");
	return 0;
}

int
arguments_read(struct arguments *a, int command, int argc, char **argv,
	struct error *e)
{
	int operands = command == FOR_REPORT ? 0 : 1;

	memset(a, 0, sizeof(*a));
	a->key_fd = -1;
	a->now = time(NULL);
	a->date = a->now;
	if (read_options(a, command, argc, argv, e))
		return -1;
	if (argc - optind != operands)
		return error_set(e, ERROR_USAGE,
			operands == 0 ? "takes no operand"
				      : "takes one operand, the request's "
					"file or -");
	if (operands != 0)
		a->request = argv[optind];
	return check(a, command, e);
}
