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

enum { ALL = FOR_REPORT | FOR_ANSWER | FOR_SHOW | FOR_POLL | FOR_LINE };
enum { SENDS = FOR_REPORT | FOR_ANSWER | FOR_POLL | FOR_LINE };
enum { ASKED = FOR_ANSWER | FOR_SHOW | FOR_POLL | FOR_LINE };
enum { FETCHES = FOR_POLL | FOR_LINE };
enum { QUEUES = FOR_REPORT | FOR_POLL };
enum { SERVERS = QUEUES | FOR_ENROL };
enum { SPEED_MAX = 230400, DAY = 86400 };

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

static int
take_before(struct arguments *a, const char *value, struct error *e)
{
	if (text_duration(value, &a->before))
		return error_set(
			e, ERROR_USAGE, "--before is no time, such as 60d");
	return 0;
}

static int
take_speed(struct arguments *a, const char *value, struct error *e)
{
	char *end;

	a->speed = strtol(value, &end, 10);
	return *value >= '0' && *value <= '9' && *end == '\0' &&
			a->speed <= SPEED_MAX
		? 0
		: error_set(e, ERROR_USAGE, "--speed is no speed");
}

static int
take_call_timeout(struct arguments *a, const char *value, struct error *e)
{
	return text_duration(value, &a->call_timeout) == 0 &&
			a->call_timeout > 0 && a->call_timeout <= DAY
		? 0
		: error_set(e, ERROR_USAGE,
			  "--call-timeout is no time, such as 30m");
}

struct rule {
	const char *name;
	int row;      /* of a struct row, or 0 */
	int commands; /* that take it */
	bool value;
	size_t offset; /* of a const char * in struct arguments, of a bool if
			  there is no value, or */
	int (*take)(struct arguments *a, const char *value, struct error *e);
};
#define PLAIN(member) offsetof(struct arguments, member), NULL

static const struct rule rules[] = {
	{ "center", 0, ALL, true, 0, take_center },
	{ "serial", 0, ALL | FOR_ENROL | FOR_FAX, true, 0, take_serial },
	{ "key-file", 0, ALL, true, PLAIN(key_file) },
	{ "key-fd", 0, ALL, true, 0, take_key_fd },
	{ "old-key-file", 0, FETCHES, true, PLAIN(old_key_file) },
	{ "state", 0, ASKED, true, PLAIN(state) },
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
	{ "entity", 0, FOR_SHOW, false, PLAIN(entity) },
	{ "run", 0, FETCHES, true, PLAIN(run) },
	{ "now", 0, FETCHES | FOR_FAX, false, PLAIN(at_once) },
	{ "plain", 0, QUEUES, false, PLAIN(plain) },
	{ "queue", 0, QUEUES | FOR_LINE | FOR_FAX, true, PLAIN(queue) },
	{ "webdav", 0, SERVERS, true, PLAIN(webdav) },
	{ "user", 0, QUEUES, true, PLAIN(user) },
	{ "password-file", 0, QUEUES, true, PLAIN(password_file) },
	{ "certificate", 0, SERVERS, true, PLAIN(certificate) },
	{ "certificate-key", 0, SERVERS, true, PLAIN(certificate_key) },
	{ "ca-file", 0, SERVERS, true, PLAIN(ca_file) },
	{ "proxy", 0, SERVERS, true, PLAIN(proxy) },
	{ "proxy-user", 0, SERVERS, true, PLAIN(proxy_user) },
	{ "proxy-password-file", 0, SERVERS, true, PLAIN(proxy_password_file) },
	{ "allow-http", 0, QUEUES, false, PLAIN(allow_http) },
	{ "url", 0, FOR_ENROL, true, PLAIN(url) },
	{ "licence", 0, FOR_ENROL, true, PLAIN(licence) },
	{ "code-file", 0, FOR_ENROL, true, PLAIN(code_file) },
	{ "ca-out", 0, FOR_ENROL, true, PLAIN(ca_out) },
	{ "key-file", 0, FOR_ENROL, true, PLAIN(new_key_file) },
	{ "output", 0, FOR_FAX, true, PLAIN(output) },
	{ "send", 0, FOR_FAX, true, PLAIN(send) },
	{ "csi", 0, FOR_FAX, true, PLAIN(csi) },
	{ "dots", 0, FOR_FAX, true, PLAIN(dots) },
	{ "resolution", 0, FOR_FAX, true, PLAIN(resolution) },
	{ "compression", 0, FOR_FAX, true, PLAIN(compression) },
	{ "renew", 0, FOR_ENROL, false, PLAIN(renew) },
	{ "before", 0, FOR_ENROL, true, 0, take_before },
	{ "command", 0, FOR_LINE, true, PLAIN(command) },
	{ "tty", 0, FOR_LINE, true, PLAIN(tty) },
	{ "speed", 0, FOR_LINE, true, 0, take_speed },
	{ "no-flow", 0, FOR_LINE, false, PLAIN(no_flow) },
	{ "connect", 0, FOR_LINE, true, PLAIN(connect) },
	{ "number", 0, FOR_LINE, true, PLAIN(number) },
	{ "answer", 0, FOR_LINE, false, PLAIN(called) },
	{ "call-timeout", 0, FOR_LINE, true, 0, take_call_timeout },
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
	void *member = (char *)a + r->offset;
	const char **into = member;

	if (r->take != NULL)
		return r->take(a, value, e);
	if (!r->value)
		*(bool *)member = true;
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
check_who(const struct arguments *a, struct error *e)
{
	bool key = a->key_file != NULL, fd = a->key_fd != -1;

	if (a->own.center_state != CLAIM_PRESENT ||
		a->own.serial_state != CLAIM_PRESENT)
		return error_set(
			e, ERROR_USAGE, "--center and --serial are needed");
	if (key && fd)
		return error_set(e, ERROR_USAGE,
			"--key-file and --key-fd exclude one another");
	if (!key && !fd && !a->plain)
		return error_set(e, ERROR_USAGE,
			"one of --key-file and --key-fd is needed");
	return 0;
}

static int
check_content(const struct arguments *a, int command, struct error *e)
{
	int contents = (a->json != NULL) + (a->mail != NULL) +
		(a->run != NULL) +
		(a->row_count > 0 || a->model != NULL || a->kind != NULL);

	if (contents > 1)
		return error_set(e, ERROR_USAGE,
			"--json, --mail, --run and the options that make a "
			"report exclude one another");
	if (contents == 0 && command == FOR_REPORT)
		return error_set(e, ERROR_USAGE,
			"nothing to report: --json, --mail, --counter, --alarm "
			"or --setting");
	if (is_stdin(a->request) && (is_stdin(a->json) || is_stdin(a->mail)))
		return error_set(e, ERROR_USAGE,
			"standard input is the request or the report, not "
			"both");
	if ((command & FETCHES) != 0 &&
		(is_stdin(a->json) || is_stdin(a->mail)))
		return error_set(e, ERROR_USAGE,
			"standard input can be read only once, for the first "
			"of several requests");
	return 0;
}

/* Those that say something of another one are for nothing without it. */
struct tie {
	bool given, needed;
	const char *text;
};
static int
check_ties(const struct tie *ties, size_t count, struct error *e)
{
	for (size_t i = 0; i < count; i++)
		if (ties[i].given && !ties[i].needed)
			return error_set(e, ERROR_USAGE, "%s", ties[i].text);
	return 0;
}

static int
check_proxy(const struct arguments *a, struct error *e)
{
	const bool user = a->proxy_user != NULL;
	const bool password = a->proxy_password_file != NULL;
	const struct tie ties[] = {
		{ user || password, user && password,
			"--proxy-user and --proxy-password-file need one "
			"another" },
		{ user, a->proxy != NULL, "--proxy is needed" },
	};

	return check_ties(ties, sizeof(ties) / sizeof(ties[0]), e);
}

static int
check_server(const struct arguments *a, int command, struct error *e)
{
	const struct tie ties[] = {
		{ command == FOR_POLL, a->queue != NULL && a->webdav != NULL,
			"--webdav and --queue are needed" },
		{ a->webdav != NULL, a->queue != NULL, "--queue is needed" },
		{ a->user != NULL || a->certificate != NULL ||
				a->ca_file != NULL || a->proxy != NULL ||
				a->allow_http,
			a->webdav != NULL, "--webdav is needed" },
		{ a->user != NULL || a->password_file != NULL,
			a->user != NULL && a->password_file != NULL,
			"--user and --password-file need one another" },
		{ a->certificate_key != NULL, a->certificate != NULL,
			"--certificate is needed" },
	};

	return check_ties(ties, sizeof(ties) / sizeof(ties[0]), e);
}

static int
check_enrol(const struct arguments *a, struct error *e)
{
	const bool serial = a->own.serial_state == CLAIM_PRESENT;
	const struct tie ties[] = {
		{ true, a->url != NULL && a->certificate != NULL,
			"--url and --certificate are needed" },
		{ !a->renew, serial, "--serial is needed" },
		{ !a->renew, a->licence != NULL || a->code_file != NULL,
			"--licence is needed, or --code-file with one in it" },
		{ a->renew,
			a->licence == NULL && a->code_file == NULL &&
				a->new_key_file == NULL,
			"--renew needs no licence, and brings no key" },
		{ a->before >= 0, a->renew, "--renew is needed" },
		{ a->new_key_file != NULL || a->webdav != NULL,
			a->new_key_file != NULL && a->webdav != NULL,
			"--key-file and --webdav need one another" },
	};

	return check_ties(ties, sizeof(ties) / sizeof(ties[0]), e);
}

static int
check_fax(const struct arguments *a, struct error *e)
{
	const bool serial = a->own.serial_state == CLAIM_PRESENT;
	const struct tie ties[] = {
		{ true, a->output != NULL, "--output is needed" },
		{ a->queue != NULL, serial, "--serial is needed" },
		{ a->queue == NULL || a->request != NULL,
			a->queue == NULL && a->request != NULL,
			"a message is needed, or --queue" },
		{ a->send != NULL || a->csi != NULL,
			a->send != NULL && a->csi != NULL,
			"--send and --csi need one another" },
	};

	return check_ties(ties, sizeof(ties) / sizeof(ties[0]), e);
}

static int
check_line(const struct arguments *a, int command, struct error *e)
{
	const bool modem = a->speed != 0 || a->no_flow || a->connect != NULL ||
		a->number != NULL || a->called;
	const struct tie ties[] = {
		{ command == FOR_LINE, a->queue != NULL, "--queue is needed" },
		{ modem, a->tty != NULL, "--tty is needed" },
		{ a->number != NULL, a->connect != NULL,
			"--connect is needed" },
		{ a->command != NULL, a->tty == NULL,
			"--command and --tty exclude one another" },
		{ a->called, a->number == NULL,
			"--answer and --number exclude one another" },
	};

	return check_ties(ties, sizeof(ties) / sizeof(ties[0]), e);
}

static int
check(const struct arguments *a, int command, struct error *e)
{
	if (command == FOR_FAX)
		return check_fax(a, e);
	if (command == FOR_ENROL)
		return check_enrol(a, e) ? -1 : check_proxy(a, e);
	if (check_who(a, e) || check_content(a, command, e) ||
		check_server(a, command, e) || check_proxy(a, e) ||
		check_line(a, command, e))
		return -1;
	if (command == FOR_ANSWER && a->state == NULL)
		return error_set(e, ERROR_USAGE, "--state is needed");
	return 0;
}

int
arguments_read(struct arguments *a, int command, int argc, char **argv,
	struct error *e)
{
	const bool one = (command & (FOR_ANSWER | FOR_SHOW)) != 0;
	int operands;

	memset(a, 0, sizeof(*a));
	a->key_fd = -1;
	a->before = -1;
	a->now = time(NULL);
	a->date = a->now;
	if (read_options(a, command, argc, argv, e))
		return -1;
	operands = argc - optind;
	if (operands > 1 || (operands != one && command != FOR_FAX))
		return error_set(e, ERROR_USAGE,
			!one ? "takes no operand"
			     : "takes one operand, the request's "
			       "file or -");
	if (operands == 1)
		a->request = argv[optind];
	return check(a, command, e);
}
