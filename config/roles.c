#include "config/roles.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* A name that is misspelt must be no channel's. */
static const struct {
	const char *name;
	enum role role;
} names[] = {
	{ "observer", ROLE_OBSERVER },
	{ "authority", ROLE_AUTHORITY },
	{ "webdav", ROLE_CHANNEL },
	{ "agent", ROLE_CHANNEL },
	{ "line", ROLE_CHANNEL },
	{ "fax", ROLE_CHANNEL },
};

static int
read_role(const char *name, size_t length, struct role_user *u, struct error *e)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i].name) != length ||
			memcmp(names[i].name, name, length) != 0)
			continue;
		u->role = names[i].role;
		u->channel = u->role == ROLE_CHANNEL ? names[i].name : NULL;
		return 0;
	}
	return error_set(e, ERROR_BAD, "%.*s is no role", (int)length, name);
}

static int
read_user(const char *word, size_t length, struct role_user *u, struct error *e)
{
	const char *equals = memchr(word, '=', length);
	size_t name = equals != NULL ? (size_t)(equals - word) : 0;

	if (name == 0 || name >= ROLE_USER_SIZE)
		return error_set(e, ERROR_BAD, "%.*s is not USER=ROLE",
			(int)length, word);
	memcpy(u->user, word, name);
	u->user[name] = '\0';
	return read_role(equals + 1, length - name - 1, u, e);
}

static bool
given_before(const struct role_user *users, int count)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(users[i].user, users[count].user) == 0)
			return true;
	}
	return false;
}

int
roles_read(const char *list, struct role_user users_r[ROLE_USERS_MAX],
	struct error *e)
{
	const char *word;
	size_t length;
	int count = 0;

	while ((length = text_word(&list, &word)) != 0) {
		if (count == ROLE_USERS_MAX)
			return error_set(e, ERROR_BAD, "more than %d users",
				ROLE_USERS_MAX);
		if (read_user(word, length, &users_r[count], e) == -1)
			return -1;
		if (given_before(users_r, count))
			return error_set(e, ERROR_BAD, "%s is given twice",
				users_r[count].user);
		count++;
	}
	return count;
}
