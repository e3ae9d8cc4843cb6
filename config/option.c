/*
 * What a value may be, how it is read and how it is written again, goes by the
 * option's kind.
 */
#include "config/option.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/log.h"
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
	[KIND_FILE] = "absolute path, or nothing",
	[KIND_TEXT] = "text on one line",
	[KIND_MODE] = "octal mode",
	[KIND_CHOICE] = "one of several words", /* the row's choices say it */
	[KIND_SECONDS] = "duration such as 90s, 15m, 36h, 7d or 2w",
	[KIND_OCTETS] = "size in octets such as 4096, 64k, 4M or 1G",
	[KIND_COUNT] = "number",
};

const char *const option_log_levels[OPTION_CHOICES] = {
	[LEVEL_ERROR] = "error",
	[LEVEL_WARN] = "warn",
	[LEVEL_INFO] = "info",
	[LEVEL_DEBUG] = "debug",
};

#define DAY 86400LL
#define MIB (1LL << 20)

static bool
is_number(const struct option *o)
{
	return o->kind >= KIND_MODE;
}

static char **
text_of(const void *s, const struct option *o)
{
	return (char **)(void *)((char *)(uintptr_t)s + o->offset);
}

static int64_t *
number_of(const void *s, const struct option *o)
{
	return (int64_t *)(void *)((char *)(uintptr_t)s + o->offset);
}

const struct option *
option_find(const struct option *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

int
option_defaults(
	void *s, const struct option *rows, size_t count, struct error *e)
{
	for (size_t i = 0; i < count; i++)
		if (option_set(s, &rows[i], rows[i].fallback, e) == -1)
			return -1;
	return 0;
}

static int
read_choice(const struct option *o, const char *value, int64_t *number_r)
{
	int64_t i;

	for (i = 0; i < OPTION_CHOICES; i++) {
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
	case KIND_TEXT:
		return good_words(value);
	case KIND_FILE:
		return value[0] == '\0' || good_path(value);
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
set_number(void *s, const struct option *o, const char *value, struct error *e)
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
option_set(void *s, const struct option *o, const char *value, struct error *e)
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

int
option_take(void *s, const struct option *rows, size_t count, int *lines,
	const char *name, const char *value, int line, const char *whose,
	struct error *e)
{
	const struct option *o = option_find(rows, count, name);

	if (o == NULL)
		return error_set(
			e, ERROR_BAD, "%s: no such option%s", name, whose);
	if (lines[o - rows] != 0)
		return error_set(e, ERROR_BAD, "%s: given before in line %d",
			name, lines[o - rows]);
	lines[o - rows] = line;
	return option_set(s, o, value, e);
}

bool
option_same(const void *a, const void *b, const struct option *o)
{
	if (is_number(o))
		return *number_of(a, o) == *number_of(b, o);
	return strcmp(*text_of(a, o), *text_of(b, o)) == 0;
}

int64_t
option_number(const void *s, const struct option *o)
{
	return *number_of(s, o);
}

void
option_free(void *s, const struct option *o)
{
	if (!is_number(o))
		free(*text_of(s, o));
}

int
option_print(const void *s, const struct option *o, char *out, size_t size)
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
