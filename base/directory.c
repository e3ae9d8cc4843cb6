/*
 * scandir's filter knows no suffix: what it lets through is looked at once
 * more.
 */
#include "base/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool
ends_in(const char *name, const char *suffix)
{
	const size_t length = strlen(name), end = strlen(suffix);

	return length > end && strcmp(name + length - end, suffix) == 0;
}

int
directory_each(const char *directory, const char *suffix,
	int (*each)(void *arg, const char *path, const char *called,
		struct error *e),
	void *arg, struct error *e)
{
	struct dirent **entries;
	char *path, *name;
	int count, rc = 0;

	count = scandir(directory, &entries, is_shown, alphasort);
	if (count == -1)
		return errno == ENOENT ? 0 : error_errno(e, "%s", directory);
	for (int i = 0; i < count; i++) {
		name = entries[i]->d_name;
		if (rc == 0 && ends_in(name, suffix)) {
			if (asprintf(&path, "%s/%s", directory, name) == -1) {
				rc = error_memory(e);
			} else {
				name[strlen(name) - strlen(suffix)] = '\0';
				rc = each(arg, path, name, e);
				free(path);
			}
		}
		free(entries[i]);
	}
	free(entries);
	return rc;
}
