/*
 * A file a printer, written anew as a whole. It says what the center was told,
 * and so it is written after the reports are in the queue: whoever is killed in
 * between tells a change twice, and none is lost.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "agent/printer_inside.h"
#include "base/durable.h"
#include "base/file.h"
#include "base/text.h"
#include "base/wipe.h"
#include "parser/spelling.h"

#define SUFFIX ".json"

enum { STATE_OCTETS = 512 * 1024, STATE_MODE = 0600 };

static int
state_path(const char *directory, const char *serial, char path[PATH_MAX],
	struct error *e)
{
	char spelled[SPELLED_SIZE];

	if (!spelling_make(serial, spelled) ||
		!text_format(
			path, PATH_MAX, "%s/%s" SUFFIX, directory, spelled))
		return error_set(
			e, ERROR_TROUBLE, "%s: no name for a state", directory);
	return 0;
}

/* A member's text, "" if there is none; false: it is no text, or too long. */
static bool
member(const json_t *object, const char *name, char *out, size_t size)
{
	const json_t *value = json_object_get(object, name);

	out[0] = '\0';
	return value == NULL ||
		(json_is_string(value) &&
			text_copy(out, size, json_string_value(value)));
}

static bool
take_setting(const json_t *row, struct printer_state *s)
{
	struct printer_setting *setting = &s->settings[s->setting_count];

	if (s->setting_count == PRINTER_SETTINGS ||
		!member(row, "name", setting->name, sizeof(setting->name)) ||
		!member(row, "value", setting->value, sizeof(setting->value)) ||
		setting->name[0] == '\0')
		return false;
	s->setting_count++;
	return true;
}

static bool
take_alarm(const json_t *row, struct printer_state *s)
{
	struct printer_told *told = &s->alarms[s->alarm_count];
	struct printer_alarm *a = &told->alarm;

	if (s->alarm_count == PRINTER_ALARMS ||
		!member(row, "code", a->code, sizeof(a->code)) ||
		!member(row, "group", a->group, sizeof(a->group)) ||
		!member(row, "place", a->place, sizeof(a->place)) ||
		!member(row, "severity", a->severity, sizeof(a->severity)) ||
		!member(row, "text", a->text, sizeof(a->text)) ||
		!member(row, "since", told->since, sizeof(told->since)) ||
		a->code[0] == '\0')
		return false;
	a->age = -1;
	s->alarm_count++;
	return true;
}

static bool
take_rows(const json_t *root, const char *name, struct printer_state *s,
	bool (*take)(const json_t *row, struct printer_state *s))
{
	const json_t *rows = json_object_get(root, name), *row;
	size_t i;

	json_array_foreach(rows, i, row) if (!take(row, s)) return false;
	return json_is_array(rows);
}

/* False: it is not what we wrote. */
static bool
parse(const struct buffer *text, struct printer_state *s)
{
	char serial[SERIAL_SIZE];
	json_t *root = json_loadb((const char *)text->data, text->length,
		JSON_REJECT_DUPLICATES, NULL);
	bool good = root != NULL &&
		json_integer_value(json_object_get(root, "version")) == 1 &&
		member(root, "serial", serial, sizeof(serial)) &&
		strcmp(serial, s->serial) == 0 &&
		take_rows(root, "settings", s, take_setting) &&
		take_rows(root, "alarms", s, take_alarm);

	json_decref(root);
	return good;
}

int
printer_state_read(const char *directory, const char *serial,
	struct printer_state **state_r, bool *damaged_r, struct error *e)
{
	struct buffer text = { .limit = STATE_OCTETS };
	struct printer_state *s = calloc(1, sizeof(*s));
	char path[PATH_MAX];
	int rc;

	*state_r = NULL;
	*damaged_r = false;
	if (s == NULL)
		return error_memory(e);
	text_copy(s->serial, sizeof(s->serial), serial);
	rc = state_path(directory, serial, path, e);
	if (rc == 0 && access(path, F_OK) == 0) {
		rc = file_read(path, &text, e);
		*damaged_r =
			rc == 0 ? !parse(&text, s) : e->code == ERROR_LIMIT;
		rc = *damaged_r ? 0 : rc;
	}
	buffer_clear(&text);
	if (*damaged_r)
		s->setting_count = s->alarm_count = 0;
	if (rc == 0)
		*state_r = s;
	else
		printer_state_free(&s);
	return rc;
}

void
printer_state_free(struct printer_state **state)
{
	free(*state);
	*state = NULL;
}

static json_t *
settings_json(const struct printer_state *s)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < s->setting_count; i++)
		if (json_array_append_new(rows,
			    json_pack("{ss,ss}", "name", s->settings[i].name,
				    "value", s->settings[i].value)) != 0) {
			json_decref(rows);
			return NULL;
		}
	return rows;
}

static json_t *
alarms_json(const struct printer_state *s)
{
	json_t *rows = json_array();
	const struct printer_alarm *a;

	for (size_t i = 0; i < s->alarm_count; i++) {
		a = &s->alarms[i].alarm;
		if (json_array_append_new(rows,
			    json_pack("{ss,ss,ss,ss,ss,ss}", "code", a->code,
				    "group", a->group, "place", a->place,
				    "severity", a->severity, "text", a->text,
				    "since", s->alarms[i].since)) != 0) {
			json_decref(rows);
			return NULL;
		}
	}
	return rows;
}

/* The state's file as text; NULL: no memory. */
static char *
write_text(const struct printer_state *s)
{
	json_t *settings = settings_json(s), *alarms = alarms_json(s);
	json_t *root = json_pack("{si,ss,so*,so*}", "version", 1, "serial",
		s->serial, "settings", settings, "alarms", alarms);
	char *text = settings == NULL || alarms == NULL
		? NULL
		: json_dumps(root, JSON_COMPACT);

	json_decref(root);
	return text;
}

static void
next_settings(const struct printer_state *old, const struct printer *p,
	struct printer_state *next)
{
	const struct printer_setting *told;

	memcpy(next->settings, p->settings,
		p->setting_count * sizeof(p->settings[0]));
	next->setting_count = p->setting_count;
	for (size_t i = 0; i < old->setting_count; i++) {
		told = &old->settings[i];
		if (printer_setting_now(p, told->name) == NULL &&
			!printer_setting_gone(p, told) &&
			next->setting_count < PRINTER_SETTINGS)
			next->settings[next->setting_count++] = *told;
	}
}

static void
next_alarms(const struct printer_state *old, const struct printer *p,
	const struct printer_origin *origin, struct printer_state *next)
{
	const struct printer_told *told;

	for (size_t i = 0; i < old->alarm_count; i++) {
		told = &old->alarms[i];
		if (!p->whole || printer_alarm_now(p, &told->alarm) != NULL)
			next->alarms[next->alarm_count++] = *told;
	}
	for (size_t i = 0; i < p->alarm_count; i++) {
		if (p->alarms[i].lingers ||
			next->alarm_count == PRINTER_ALARMS ||
			printer_alarm_told(old, &p->alarms[i]) != NULL)
			continue;
		next->alarms[next->alarm_count].alarm = p->alarms[i];
		printer_alarm_since(&p->alarms[i], origin,
			next->alarms[next->alarm_count].since);
		next->alarm_count++;
	}
}

/* Only as far as it is in use: most of it never was, and has no memory. */
static void
take_over(struct printer_state *state, const struct printer_state *next)
{
	memcpy(state->settings, next->settings,
		next->setting_count * sizeof(next->settings[0]));
	memcpy(state->alarms, next->alarms,
		next->alarm_count * sizeof(next->alarms[0]));
	state->setting_count = next->setting_count;
	state->alarm_count = next->alarm_count;
}

/* Writes what is to be told apart from what is there; e: ERROR_TROUBLE. */
static int
write_change(const struct printer_state *old, const struct printer_state *next,
	const char *directory, struct error *e)
{
	char *before = write_text(old), *text = write_text(next);
	struct buffer octets = { 0 };
	char path[PATH_MAX];
	int rc = 0;

	if (before == NULL || text == NULL)
		rc = error_memory(e);
	else if (strcmp(before, text) != 0) {
		rc = state_path(directory, next->serial, path, e);
		if (rc == 0 && buffer_text(&octets, text) != BUFFER_OK)
			rc = error_memory(e);
		if (rc == 0)
			rc = file_write(path, STATE_MODE, &octets, e);
	}
	buffer_clear(&octets);
	wipe_free(before);
	wipe_free(text);
	return rc;
}

int
printer_state_advance(struct printer_state *state,
	const struct printer *printer, const struct printer_origin *origin,
	const char *directory, struct error *e)
{
	struct printer_state *next;
	int rc;

	if (printer->serial[0] == '\0')
		return 0;
	next = calloc(1, sizeof(*next));
	if (next == NULL)
		return error_memory(e);
	text_copy(next->serial, sizeof(next->serial), state->serial);
	next_settings(state, printer, next);
	next_alarms(state, printer, origin, next);
	rc = write_change(state, next, directory, e);
	if (rc == 0)
		take_over(state, next);
	printer_state_free(&next);
	return rc;
}

/* A state's file, as the sweep sees it. */
struct swept {
	char name[SPELLED_SIZE + sizeof(SUFFIX)];
	struct timespec written;
};

static int
by_age(const void *a, const void *b)
{
	const struct swept *x = a, *y = b;

	if (x->written.tv_sec != y->written.tv_sec)
		return x->written.tv_sec < y->written.tv_sec ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
take_swept(int directory, const char *name, struct swept **rows, size_t *count)
{
	const size_t length = strlen(name);
	struct swept *more;
	struct stat st;

	if (length <= strlen(SUFFIX) || length >= sizeof((*rows)->name) ||
		strcmp(name + length - strlen(SUFFIX), SUFFIX) != 0 ||
		fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	more = reallocarray(*rows, *count + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	*rows = more;
	text_copy(more[*count].name, sizeof(more->name), name);
	more[(*count)++].written = st.st_mtim;
	return 0;
}

int
printer_state_sweep(const char *directory, size_t most, struct error *e)
{
	DIR *d = opendir(directory);
	struct swept *rows = NULL;
	struct dirent *entry;
	size_t count = 0;
	int rc = 0;

	if (d == NULL)
		return error_errno(e, "%s", directory);
	while (rc == 0 && (entry = readdir(d)) != NULL)
		rc = take_swept(dirfd(d), entry->d_name, &rows, &count);
	if (rc != 0)
		error_memory(e);
	if (rc == 0 && count > most) {
		qsort(rows, count, sizeof(*rows), by_age);
		for (size_t i = 0; i < count - most; i++)
			unlinkat(dirfd(d), rows[i].name, 0);
	}
	closedir(d);
	free(rows);
	return rc;
}
