/*
 * What holds for every MTA: it must reach our socket, and take mail for the
 * centers. The former is read from owners and modes, since we are not the MTA's
 * user; the latter it says itself.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "control/commands/mta.h"
#include "control/commands/smtp_ask.h"
#include "base/local.h"
#include "base/text.h"

enum { GROUPS_MAX = 64, RECIPIENTS_MAX = 20 };

struct reacher {
	const char *name; /* NULL: root */
	uid_t uid;
	gid_t groups[GROUPS_MAX];
	int count;
};

static int
find_reacher(const char *name, struct reacher *r)
{
	const struct passwd *user;

	*r = (struct reacher){ .name = name, .count = GROUPS_MAX };
	if (name == NULL)
		return 0;
	user = getpwnam(name);
	if (user == NULL)
		return -1;
	r->uid = user->pw_uid;
	if (getgrouplist(name, user->pw_gid, r->groups, &r->count) == -1)
		r->count = GROUPS_MAX;
	return 0;
}

/* By owner, group and mode: 1 to search, 2 to write. */
static bool
may(const struct reacher *r, const struct stat *st, mode_t bit)
{
	if (r->name == NULL || r->uid == 0)
		return true;
	if (st->st_uid == r->uid)
		return (st->st_mode & (bit << 6)) != 0;
	for (int i = 0; i < r->count; i++) {
		if (r->groups[i] == st->st_gid)
			return (st->st_mode & (bit << 3)) != 0;
	}
	return (st->st_mode & bit) != 0;
}

/* One name on the way, or the socket at its end. */
static bool
pass(struct diagnosis *d, const struct reacher *r, const char *path, bool last)
{
	struct stat st;

	if (stat(path, &st) == -1 && errno == ENOENT)
		diagnosis_row(d, SEEN_WRONG, "milter socket",
			last ? "systemctl start csrc-milter"
			     : "csrcadm setup postfix|sendmail",
			"there is no %s", path);
	else if (stat(path, &st) == -1)
		diagnosis_row(d, SEEN_NOT, "milter socket", "run this as root",
			"%s: %s", path, strerror(errno));
	else if (last && !S_ISSOCK(st.st_mode))
		diagnosis_row(d, SEEN_WRONG, "milter socket",
			"remove it, systemctl restart csrc-milter",
			"%s is no socket", path);
	else if (!last && r->name == NULL && (st.st_mode & 022) != 0 &&
		(st.st_mode & S_ISVTX) == 0)
		diagnosis_row(d, SEEN_WRONG, "milter socket",
			"chmod go-w that directory",
			"others may write to %s: Sendmail refuses the socket",
			path);
	else if (!may(r, &st, last ? 2 : 1))
		diagnosis_row(d, SEEN_WRONG, "milter socket",
			last ? "set milter_socket_group and milter_socket_mode "
			       "in csrc-milter.conf, systemctl restart "
			       "csrc-milter"
			     : "chgrp and chmod g+x, or chmod o+x, that "
			       "directory",
			"%s may not %s %s (mode %04o)", r->name,
			last ? "write to" : "search", path,
			(unsigned int)(st.st_mode & 07777));
	else
		return true;
	return false;
}

static bool
pass_all(struct diagnosis *d, const struct reacher *r, const char *path)
{
	char part[MTA_PATH_SIZE];

	if (!text_copy(part, sizeof(part), path))
		return true; /* longer than any socket's */
	for (char *slash = strchr(part + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!pass(d, r, part, false))
			return false;
		*slash = '/';
	}
	return pass(d, r, part, true);
}

void
mta_look_at_socket(struct diagnosis *d, const char *path, const char *user)
{
	struct reacher r;
	struct error e;
	int fd;

	if (find_reacher(user, &r) == -1) {
		diagnosis_row(d, SEEN_NOT, "milter socket", NULL,
			"there is no user %s", user);
		return;
	}
	if (!pass_all(d, &r, path))
		return;
	fd = local_connect(path, SOCK_STREAM, 5, &e);
	if (fd != -1 || e.code == ERROR_DENIED)
		diagnosis_row(d, SEEN_OK, "milter socket", NULL,
			"%s reaches %s", user != NULL ? user : "root", path);
	else
		diagnosis_row(d, SEEN_WRONG, "milter socket",
			"systemctl start csrc-milter", "nobody listens: %s",
			e.text);
	if (fd != -1)
		close(fd);
}

/* Only what the MTA says for good is wrong with its configuration. */
static void
look_at_recipient(
	struct diagnosis *d, struct smtp_ask *ask, const char *address)
{
	char reply[SMTP_REPLY_SIZE];
	struct error e;
	int code;

	if (!text_ascii(address)) {
		diagnosis_row(d, SEEN_NOT, "recipient", NULL,
			"%s is not ASCII: mail to it yourself", address);
		return;
	}
	code = smtp_ask_recipient(ask, address, reply, &e);
	if (code == -1)
		diagnosis_row(d, SEEN_NOT, "recipient", NULL, "%s: %s", address,
			e.text);
	else if (code / 100 == 2)
		diagnosis_row(d, SEEN_OK, "recipient", NULL,
			"the MTA takes mail for %s", address);
	else if (code / 100 == 4)
		diagnosis_row(d, SEEN_WRONG, "recipient",
			"look into the logs of the MTA and the gateway",
			"the MTA does not take mail for %s now: %s", address,
			reply);
	else
		diagnosis_row(d, SEEN_WRONG, "recipient",
			"make it an alias (/etc/aliases, newaliases), its "
			"domain one of the MTA's",
			"the MTA does not know %s: %s", address, reply);
}

static void
look_at_each(struct diagnosis *d, struct smtp_ask *ask, FILE *centers)
{
	char *text = NULL;
	size_t size = 0, i, asked = 0;
	json_t *line, *address;
	ssize_t length;

	while ((length = getline(&text, &size, centers)) > 0) {
		line = json_loadb(text, (size_t)length, 0, NULL);
		json_array_foreach(
			json_object_get(line, "addresses"), i, address)
		{
			if (asked++ < RECIPIENTS_MAX)
				look_at_recipient(
					d, ask, json_string_value(address));
		}
		json_decref(line);
	}
	free(text);
	if (asked > RECIPIENTS_MAX)
		diagnosis_row(d, SEEN_NOT, "recipient", NULL,
			"%zu more addresses of centers",
			asked - RECIPIENTS_MAX);
}

void
mta_look_at_recipients(struct diagnosis *d, const char *host, const char *port)
{
	static const char *const words[] = { "center", "list", "--json", NULL };
	struct smtp_ask *ask = NULL;
	enum exit_code code;
	struct error e;
	FILE *centers = d->c->ask(d->c->ask_arg, words, &code);

	if (centers == NULL || code != EXIT_DONE)
		diagnosis_row(d, SEEN_NOT, "recipient", "run this as root",
			"the centers cannot be listed");
	else if (smtp_ask_open(host, port, &ask, &e) == -1)
		diagnosis_row(d, SEEN_WRONG, "recipient",
			e.code == ERROR_NOT_FOUND
				? "start the MTA"
				: "look into the logs of the MTA and the "
				  "gateway",
			"the MTA: %s", e.text);
	else
		look_at_each(d, ask, centers);
	smtp_ask_close(&ask);
	if (centers != NULL)
		fclose(centers);
}
