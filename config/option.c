/*
 * The options: everything known of one is its row in the table below. What a
 * value may be, how it is read and how it is written again, goes by its kind.
 */
#include "config/option.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/network.h"
#include "base/text.h"
#include "config/roles.h"

/* What the operator may write for a kind, as manual and errors say it. */
static const char *const kinds[] = {
	[KIND_PATH] = "absolute path",
	[KIND_SOCKET_PATH] = "absolute path of a socket",
	[KIND_SOCKET] = "unix:PATH, inet:PORT@HOST, inet6:PORT@HOST or fd:N",
	[KIND_NAME] = "name or nothing",
	[KIND_LOG] = "syslog, stderr or absolute path",
	[KIND_WORDS] = "words with blanks between, or nothing",
	[KIND_NETWORKS] = ("networks such as 192.0.2.0/24 with blanks "
			   "between, or nothing"),
	[KIND_ROLES] = ("USER=ROLE with blanks between, or nothing"),
	[KIND_DELIMITERS] = "up to 8 of !#$%&'*+-/=?^_`{|}~, or nothing",
	[KIND_MODE] = "octal mode",
	[KIND_CHOICE] = "one of several words", /* the row's choices say it */
	[KIND_SECONDS] = "duration such as 90s, 15m, 36h, 7d or 2w",
	[KIND_OCTETS] = "size in octets such as 4096, 64k, 4M or 1G",
	[KIND_COUNT] = "number",
};

/* A choice's value is its place among the names. NULL names are not offered. */
static const char *const genuine_names[] = { [ACTION_DISCARD] = "discard",
	[ACTION_DELIVER] = "deliver",
	[ACTION_QUARANTINE] = NULL };
static const char *const action_names[] = { [ACTION_DISCARD] = "discard",
	[ACTION_REJECT] = "reject",
	[ACTION_QUARANTINE] = "quarantine" };
static const char *const level_names[] = { [LEVEL_ERROR] = "error",
	[LEVEL_WARN] = "warn",
	[LEVEL_INFO] = "info",
	[LEVEL_DEBUG] = "debug" };

enum { CHOICES = 4 };

#define ETC(name) SYSCONFDIR "/csrc-milter/" name
#define RUN(name) RUNSTATEDIR "/csrc-milter/" name
#define AT(member) offsetof(struct settings, member)
#define TEXT(name, kind, restart, fallback)                                \
	{                                                                  \
#name, fallback, kind, restart, AT(name), 0, 0, NULL, NULL \
	}
#define NUMBER(name, member, kind, restart, fallback, min, max)             \
	{                                                                   \
#name, fallback, kind, restart, AT(member), min, max, NULL, \
			NULL                                                \
	}
#define CHOICE(name, names, values, fallback)                               \
	{                                                                   \
#name, fallback, KIND_CHOICE, false, AT(name), 0, 0, names, \
			values                                              \
	}

#define DAY 86400LL
#define MIB (1LL << 20)
#define TIB (1LL << 40)

/* Order is that of the manual. */
const struct option options[] = {
	TEXT(milter_socket, KIND_SOCKET, true, "unix:" RUN("milter.sock")),
	NUMBER(milter_socket_mode, milter_socket_mode, KIND_MODE, true, "0660",
		0, 0777),
	TEXT(milter_socket_group, KIND_NAME, true, ""),
	TEXT(control_socket, KIND_SOCKET_PATH, true, RUN("control.sock")),
	TEXT(control_socket_group, KIND_NAME, true, "csrc-channel"),
	TEXT(channel_users, KIND_ROLES, false, ""),
	TEXT(user, KIND_NAME, true, "csrc-milter"),
	TEXT(state_directory, KIND_PATH, true,
		LOCALSTATEDIR "/lib/csrc-milter"),
	TEXT(spool_directory, KIND_PATH, true, LOCALSTATEDIR "/spool/csrc"),
	TEXT(spool_group, KIND_NAME, true, ""),
	TEXT(master_key_file, KIND_PATH, true, ETC("master.key")),
	TEXT(format_directory, KIND_PATH, false, PKGDATADIR "/formats"),
	TEXT(local_format_directory, KIND_PATH, false, ETC("formats")),
	CHOICE(on_genuine, genuine_names, "discard|deliver", "discard"),
	CHOICE(on_spoof, action_names, "discard|reject|quarantine", "discard"),
	CHOICE(on_malformed, action_names, "discard|reject|quarantine",
		"discard"),
	TEXT(quarantine_directory, KIND_PATH, false,
		LOCALSTATEDIR "/lib/csrc-milter/quarantine"),
	NUMBER(quarantine_size, quarantine_size, KIND_OCTETS, false, "256M",
		64 << 10, TIB),
	NUMBER(quarantine_retention, quarantine_retention, KIND_SECONDS, false,
		"90d", 3600, 3660 * DAY),
	NUMBER(email_id_lifetime, email_id_lifetime, KIND_SECONDS, false, "14d",
		60, 3660 * DAY),
	NUMBER(report_window, report_window, KIND_SECONDS, false, "7d", 60,
		3660 * DAY),
	NUMBER(clock_skew, clock_skew, KIND_SECONDS, false, "15m", 0, 7 * DAY),
	TEXT(recipient_delimiter, KIND_DELIMITERS, false, ""),
	TEXT(submit_networks, KIND_NETWORKS, false, ""),
	TEXT(submit_logins, KIND_WORDS, false, ""),
	TEXT(submit_daemons, KIND_WORDS, false, ""),
	NUMBER(max_message_size, limits.message_size, KIND_OCTETS, false, "4M",
		1 << 10, 256 * MIB),
	NUMBER(max_header_size, limits.header_size, KIND_OCTETS, false, "64k",
		256, 16 * MIB),
	NUMBER(max_header_fields, limits.header_fields, KIND_COUNT, false,
		"200", 1, 100000),
	NUMBER(max_line_length, limits.line_length, KIND_OCTETS, false, "8192",
		78, 16 * MIB),
	NUMBER(max_parts, limits.parts, KIND_COUNT, false, "32", 1, 10000),
	NUMBER(max_depth, limits.depth, KIND_COUNT, false, "8", 1, 64),
	NUMBER(max_report_size, limits.report_size, KIND_OCTETS, false, "1M",
		256, 256 * MIB),
	NUMBER(max_reports_per_hour, max_reports_per_hour, KIND_COUNT, false,
		"3600", 1, 1000000000),
	NUMBER(max_octets_per_day, max_octets_per_day, KIND_OCTETS, false,
		"256M", 1 << 10, TIB),
	NUMBER(max_connections, max_connections, KIND_COUNT, false, "200", 1,
		100000),
	NUMBER(max_buffered, max_buffered, KIND_OCTETS, false, "256M", 1 << 10,
		TIB),
	NUMBER(milter_timeout, milter_timeout, KIND_SECONDS, true, "10m", 1,
		DAY),
	NUMBER(stop_timeout, stop_timeout, KIND_SECONDS, false, "30s", 0, 3600),
	NUMBER(clock_hold, clock_hold, KIND_SECONDS, true, "2h", 0, DAY),
	NUMBER(publish_interval, publish_interval, KIND_SECONDS, true, "1s", 0,
		DAY),
	NUMBER(segment_reports, segment_reports, KIND_COUNT, true, "1000", 1,
		1000000),
	NUMBER(min_free_space, min_free_space, KIND_OCTETS, true, "32M", 0,
		TIB),
	NUMBER(database_cache, database_cache, KIND_OCTETS, true, "32M", MIB,
		TIB),
	CHOICE(log_level, level_names, "error|warn|info|debug", "info"),
	TEXT(log_target, KIND_LOG, false, "syslog"),
};

_Static_assert(sizeof(options) / sizeof(options[0]) == OPTIONS,
	"OPTIONS is not the number of rows");

static bool
is_number(const struct option *o)
{
	return o->kind >= KIND_MODE;
}

static char **
text_of(const struct settings *s, const struct option *o)
{
	return (char **)(void *)((char *)(uintptr_t)s + o->offset);
}

static int64_t *
number_of(const struct settings *s, const struct option *o)
{
	return (int64_t *)(void *)((char *)(uintptr_t)s + o->offset);
}

const struct option *
option_find(const char *name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

static int
read_choice(const struct option *o, const char *value, int64_t *number_r)
{
	int64_t i;

	for (i = 0; i < CHOICES; i++) {
		if (o->choices[i] != NULL &&
			strcmp(o->choices[i], value) == 0) {
			*number_r = i;
			return 0;
		}
	}
	return -1;
}

static int
read_mode(const char *value, int64_t *number_r)
{
	size_t length = strlen(value);

	if (length < 3 || length > 4 || strspn(value, "01234567") != length)
		return -1;
	*number_r = strtol(value, NULL, 8);
	return 0;
}

static int
read_number(const struct option *o, const char *value, int64_t *number_r)
{
	switch (o->kind) {
	case KIND_MODE:
		return read_mode(value, number_r);
	case KIND_CHOICE:
		return read_choice(o, value, number_r);
	case KIND_SECONDS:
		return text_duration(value, number_r);
	case KIND_OCTETS:
		return text_octets(value, number_r);
	default:
		if (value[strspn(value, "0123456789")] != '\0')
			return -1;
		return text_octets(value, number_r);
	}
}

/* An absolute path that names a file and not a way around. */
static bool
good_path(const char *value)
{
	return value[0] == '/' && value[1] != '\0';
}

/* Longer ones cannot be bound. */
static bool
good_socket_path(const char *value)
{
	return good_path(value) &&
		strlen(value) < sizeof(((struct sockaddr_un *)0)->sun_path);
}

/* Goes on behind its digits. */
static bool
good_port(const char **text)
{
	size_t length = strspn(*text, "0123456789");
	unsigned long port = strtoul(*text, NULL, 10);

	*text += length;
	return length < 6 && port > 0 && port <= UINT16_MAX;
}

static bool
good_socket(const char *value)
{
	const char *rest = strchr(value, ':');
	size_t length;

	if (rest == NULL)
		return false;
	length = (size_t)(rest++ - value);
	if (strncmp(value, "unix:", length + 1) == 0)
		return good_socket_path(rest);
	if (rest[0] < '0' || rest[0] > '9')
		return false;
	if (strncmp(value, "fd:", length + 1) == 0)
		return strlen(rest) < 6 &&
			rest[strspn(rest, "0123456789")] == 0;
	if (strncmp(value, "inet:", length + 1) != 0 &&
		strncmp(value, "inet6:", length + 1) != 0)
		return false;
	/* Without a host it would listen to the whole world. */
	return good_port(&rest) && rest[0] == '@' && rest[1] != '\0';
}

static bool
good_words(const char *value)
{
	for (; *value != '\0'; value++)
		if ((unsigned char)*value < ' ' && *value != '\t')
			return false;
	return true;
}

/* One that is not read as it was meant could let strangers in. */
static bool
good_networks(const char *value)
{
	char cidr[NETWORK_SIZE];
	const char *word;
	size_t length;

	while ((length = text_word(&value, &word)) != 0) {
		if (length >= sizeof(cidr))
			return false;
		memcpy(cidr, word, length);
		cidr[length] = '\0';
		if (!network_valid(cidr))
			return false;
	}
	return true;
}

static bool
good_roles(const char *value)
{
	struct role_user users[ROLE_USERS_MAX];

	return roles_read(value, users, NULL) != -1;
}

static bool
good_text(const struct option *o, const char *value)
{
	switch (o->kind) {
	case KIND_SOCKET:
		return good_socket(value);
	case KIND_SOCKET_PATH:
		return good_socket_path(value);
	case KIND_LOG:
		return strcmp(value, "syslog") == 0 ||
			strcmp(value, "stderr") == 0 || good_path(value);
	case KIND_WORDS:
		return good_words(value);
	case KIND_NETWORKS:
		return good_networks(value);
	case KIND_ROLES:
		return good_roles(value);
	case KIND_DELIMITERS:
		return strlen(value) <= 8 &&
			value[strspn(value, "!#$%&'*+-/=?^_`{|}~")] == '\0';
	case KIND_NAME:
		return strpbrk(value, " \t/:") == NULL;
	default:
		return good_path(value);
	}
}

static int
bad_value(const struct option *o, const char *value, struct error *e)
{
	return error_set(e, ERROR_BAD, "%s: bad value \"%s\" (%s)", o->name,
		value, option_values(o));
}

static int
print_scaled(int64_t value, const char *units, const int64_t *factors,
	char *out, size_t size)
{
	for (size_t i = strlen(units); i > 0; i--)
		if (value != 0 && value % factors[i - 1] == 0)
			return text_format(out, size, "%lld%c",
				       (long long)(value / factors[i - 1]),
				       units[i - 1])
				? 0
				: -1;
	return text_format(out, size, "%lld", (long long)value) ? 0 : -1;
}

static int
print_number(const struct option *o, int64_t value, char *out, size_t size)
{
	static const int64_t spans[] = { 1, 60, 3600, DAY };
	static const int64_t sizes[] = { 1 << 10, MIB, 1 << 30 };

	switch (o->kind) {
	case KIND_MODE:
		return text_format(out, size, "%04llo", (long long)value) ? 0
									  : -1;
	case KIND_CHOICE:
		return text_copy(out, size, o->choices[value]) ? 0 : -1;
	case KIND_SECONDS:
		return print_scaled(value, "smhd", spans, out, size);
	case KIND_OCTETS:
		return print_scaled(value, "kMG", sizes, out, size);
	default:
		return text_format(out, size, "%lld", (long long)value) ? 0
									: -1;
	}
}

static int
set_number(struct settings *s, const struct option *o, const char *value,
	struct error *e)
{
	char low[32], high[32];
	int64_t number;

	if (read_number(o, value, &number) == -1)
		return bad_value(o, value, e);
	if (o->kind != KIND_CHOICE && (number < o->min || number > o->max)) {
		print_number(o, o->min, low, sizeof(low));
		print_number(o, o->max, high, sizeof(high));
		return error_set(e, ERROR_BAD,
			"%s: %s is out of range (%s to %s)", o->name, value,
			low, high);
	}
	*number_of(s, o) = number;
	return 0;
}

int
option_set(struct settings *s, const struct option *o, const char *value,
	struct error *e)
{
	char *copy;

	if (is_number(o))
		return set_number(s, o, value, e);
	if (!good_text(o, value))
		return bad_value(o, value, e);
	copy = strdup(value);
	if (copy == NULL)
		return error_memory(e);
	free(*text_of(s, o));
	*text_of(s, o) = copy;
	return 0;
}

bool
option_same(const struct settings *a, const struct settings *b,
	const struct option *o)
{
	if (is_number(o))
		return *number_of(a, o) == *number_of(b, o);
	return strcmp(*text_of(a, o), *text_of(b, o)) == 0;
}

int64_t
option_number(const struct settings *s, const struct option *o)
{
	return *number_of(s, o);
}

void
option_free(struct settings *s, const struct option *o)
{
	if (!is_number(o))
		free(*text_of(s, o));
}

int
option_print(const struct settings *s, const struct option *o, char *out,
	size_t size)
{
	if (is_number(o))
		return print_number(o, *number_of(s, o), out, size);
	return text_copy(out, size, *text_of(s, o)) ? 0 : -1;
}

const char *
option_values(const struct option *o)
{
	return o->values != NULL ? o->values : kinds[o->kind];
}
