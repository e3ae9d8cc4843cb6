/*
 * The set of profile files, and which of them are a printer's: those whose
 * device its sysObjectID begins with, the longest first, and those for every
 * printer behind them.
 */
#include "agent/profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/profile_file.h"
#include "base/directory.h"
#include "base/text.h"

static const struct oid object_id = { { 1, 3, 6, 1, 2, 1, 1, 2, 0 }, 9 };
const struct oid profile_up_time = { { 1, 3, 6, 1, 2, 1, 1, 3, 0 }, 9 };

_Static_assert(
	PROFILE_CHAIN *PROFILE_QUERIES <= QUERIES_MAX, "all is asked at once");

struct profiles {
	bool personal;
	struct profile_file **rows; /* in order of name */
	size_t count;
	char **faults;
	size_t fault_count;
};

/* The place of that name, or where it would be. */
static size_t
place_of(const struct profiles *p, const char *name, bool *there_r)
{
	size_t i = 0;

	while (i < p->count && strcmp(p->rows[i]->name, name) < 0)
		i++;
	*there_r = i < p->count && strcmp(p->rows[i]->name, name) == 0;
	return i;
}

/* Puts a file in its place; one of the same name goes. */
static int
insert(struct profiles *p, struct profile_file *file, struct error *e)
{
	struct profile_file **rows;
	bool there;
	const size_t i = place_of(p, file->name, &there);

	if (there) {
		profile_file_free(p->rows[i]);
		p->rows[i] = file;
		return 0;
	}
	rows = reallocarray(p->rows, p->count + 1, sizeof(*rows));
	if (rows == NULL) {
		profile_file_free(file);
		return error_memory(e);
	}
	memmove(rows + i + 1, rows + i, (p->count - i) * sizeof(*rows));
	rows[i] = file;
	p->rows = rows;
	p->count++;
	return 0;
}

/* The file is left out, and so is another of its name. */
static int
note_fault(struct profiles *p, const char *name, const struct error *fault,
	struct error *e)
{
	bool there;
	const size_t i = place_of(p, name, &there);
	char **rows =
		reallocarray(p->faults, p->fault_count + 1, sizeof(*rows));

	if (rows == NULL)
		return error_memory(e);
	p->faults = rows;
	rows[p->fault_count] = strdup(fault->text);
	if (rows[p->fault_count] == NULL)
		return error_memory(e);
	p->fault_count++;
	if (there) {
		profile_file_free(p->rows[i]);
		p->count--;
		memmove(p->rows + i, p->rows + i + 1,
			(p->count - i) * sizeof(*p->rows));
	}
	return 0;
}

/* For directory_each. */
static int
load_one(void *arg, const char *path, const char *called, struct error *e)
{
	struct profiles *p = arg;
	struct profile_file *file;
	struct error fault;

	if (profile_file_read(path, called, p->personal, &file, &fault) == 0)
		return insert(p, file, e);
	return note_fault(p, called, &fault, e);
}

int
profiles_load(const char *const *directories, size_t count, bool personal,
	struct profiles **profiles_r, struct error *e)
{
	struct profiles *p = calloc(1, sizeof(*p));

	*profiles_r = NULL;
	if (p == NULL)
		return error_memory(e);
	p->personal = personal;
	for (size_t i = 0; i < count; i++)
		if (directory_each(
			    directories[i], ".profile", load_one, p, e) != 0) {
			profiles_free(&p);
			return -1;
		}
	*profiles_r = p;
	return 0;
}

void
profiles_free(struct profiles **profiles)
{
	struct profiles *p = *profiles;

	*profiles = NULL;
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->count; i++)
		profile_file_free(p->rows[i]);
	for (size_t i = 0; i < p->fault_count; i++)
		free(p->faults[i]);
	free(p->rows);
	free(p->faults);
	free(p);
}

size_t
profiles_count(const struct profiles *p)
{
	return p->count;
}

const char *
profiles_fault(const struct profiles *p, size_t index)
{
	return index < p->fault_count ? p->faults[index] : NULL;
}

/* How many numbers of the sysObjectID a file names; 0: for every printer; -1:
 * it is not for this one. */
static int
fit(const struct profile_file *f, const struct oid *id)
{
	int best = f->everybody ? 0 : -1;

	for (size_t i = 0; i < f->device_count; i++)
		if (oid_begins(id, &f->devices[i]) &&
			(int)f->devices[i].count > best)
			best = (int)f->devices[i].count;
	return best;
}

void
profile_choose(const struct profiles *profiles, const struct answers *answers,
	struct profile *profile_r)
{
	int fits[PROFILE_CHAIN], one;
	struct profile *p = profile_r;
	struct answer answer;
	size_t at;

	*p = (struct profile){ .count = 0 };
	if (!answers_find(answers, &object_id, &answer) ||
		answer.kind != ANSWER_OID)
		answer.value.count = 0;
	for (size_t i = 0; i < profiles->count; i++) {
		one = fit(profiles->rows[i], &answer.value);
		for (at = 0; at < p->count && fits[at] >= one;)
			at++;
		if (one == -1 || at == PROFILE_CHAIN)
			continue;
		p->count += p->count < PROFILE_CHAIN ? 1 : 0;
		for (size_t j = p->count - 1; j > at; j--) {
			p->files[j] = p->files[j - 1];
			fits[j] = fits[j - 1];
		}
		p->files[at] = profiles->rows[i];
		fits[at] = one;
	}
}

void
profile_names(const struct profile *profile, char out[PROFILE_CHAIN_SIZE])
{
	size_t at = 0;

	text_copy(out, PROFILE_CHAIN_SIZE, "-");
	for (size_t i = 0; i < profile->count; i++)
		at += (size_t)snprintf(out + at, PROFILE_CHAIN_SIZE - at,
			i > 0 ? " %s" : "%s", profile->files[i]->name);
}

static void
ask_all(const struct profile *profile, struct queries *queries)
{
	for (size_t i = 0; i < profile->count; i++)
		for (size_t j = 0; j < profile->files[i]->rule_count; j++)
			source_ask(
				&profile->files[i]->rules[j].source, queries);
}

int
profile_next(struct profile_asking *asking, const struct answers *so_far,
	struct queries *queries)
{
	switch (asking->step++) {
	case 0:
		queries_add(queries, &object_id, false);
		queries_add(queries, &profile_up_time, false);
		return 1;
	case 1:
		profile_choose(asking->profiles, so_far, &asking->profile);
		ask_all(&asking->profile, queries);
		return queries->count > 0 ? 1 : 0;
	default:
		return 0;
	}
}
