/*
 * Sendmail has no program that tells its settings: its sendmail.cf is read, of
 * which a filter is one line, "Xcsrc, S=…, F=T, T=C:30s;…", and the filters in
 * use another, "O InputMailFilters=csrc".
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/commands/mta.h"
#include "base/text.h"
#include "config/settings.h"

struct filter {
	char name[64], line[1024]; /* as it is written, behind the name */
	char used[1024];           /* InputMailFilters */
	bool listens;              /* a DaemonPortOptions was seen: */
	char host[64], port[32]; /* of the first; it may be a service's name */
};

/* The value of an equate of the filter; "T E": of a timeout. "": none. */
static void
equate(const struct filter *f, const char *name, char out[MTA_PATH_SIZE])
{
	const bool timeout = strncmp(name, "T ", 2) == 0;
	const char *separators = timeout ? ",;" : ",";
	const char letter = timeout ? name[2] : name[0];
	const char *at = timeout ? strstr(f->line, "T=") : f->line;

	out[0] = '\0';
	if (at == NULL)
		return;
	for (at += timeout ? 2 : 0; *at != '\0';
		at += strcspn(at, separators)) {
		at += strspn(at, ",; \t");
		if (at[0] != letter || at[1] != (timeout ? ':' : '='))
			continue;
		(void)text_format(out, MTA_PATH_SIZE, "%.*s",
			(int)strcspn(at + 2, separators), at + 2);
		return;
	}
}

/* The value of an option's equate, if it has one, at most size - 1 octets. */
static void
listener_equate(const char *options, const char *name, char *out, size_t size)
{
	const char *at = strstr(options, name);

	if (at != NULL && (at == options || strchr(", ", at[-1]) != NULL))
		(void)text_format(out, size, "%.*s",
			(int)strcspn(at + strlen(name), ", "),
			at + strlen(name));
}

/* Where it listens for mail from outside: its first socket. */
static void
take_listener(struct filter *f, const char *options)
{
	if (f->listens)
		return;
	f->listens = true;
	listener_equate(options, "Addr=", f->host, sizeof(f->host));
	listener_equate(options, "Port=", f->port, sizeof(f->port));
}

static void
take_line(struct filter *f, char *line, const char *milter)
{
	static const char used[] = "O InputMailFilters=";
	static const char listener[] = "O DaemonPortOptions=";
	struct filter other = { .used = "" };
	char socket[MTA_PATH_SIZE];

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, used, sizeof(used) - 1) == 0)
		(void)text_copy(
			f->used, sizeof(f->used), line + sizeof(used) - 1);
	if (strncmp(line, listener, sizeof(listener) - 1) == 0)
		take_listener(f, line + sizeof(listener) - 1);
	if (line[0] != 'X' || sscanf(line + 1, "%63[^, \t]", other.name) != 1)
		return;
	(void)text_copy(
		other.line, sizeof(other.line), line + 1 + strlen(other.name));
	equate(&other, "S", socket);
	if (!mta_names(socket, milter) && strcmp(other.name, "csrc") != 0)
		return;
	memcpy(f->name, other.name, sizeof(f->name));
	memcpy(f->line, other.line, sizeof(f->line));
}

static void
look_at_rows(struct diagnosis *d, const struct filter *f, const char *milter)
{
	const struct mta_setting *rows;
	size_t count = mta_sendmail(&rows);
	char value[MTA_PATH_SIZE], what[32];

	for (size_t i = 0; i < count; i++) {
		equate(f, rows[i].name, value);
		(void)text_format(
			what, sizeof(what), "filter %s", rows[i].name);
		if (mta_good(&rows[i], value, milter))
			diagnosis_row(d, SEEN_OK, what, NULL, "%s", value);
		else
			diagnosis_row(d, SEEN_WRONG, what,
				"csrcadm setup sendmail", "it is \"%s\". %s",
				value, rows[i].why);
	}
}

static void
look_at_filter(struct diagnosis *d, const struct filter *f, const char *path,
	const char *milter)
{
	diagnosis_row(d, SEEN_OK, "mta", NULL, "Sendmail, %s", path);
	if (strncmp(milter, "unix:", 5) == 0)
		mta_look_at_socket(d, milter + 5, NULL);
	if (f->name[0] == '\0')
		diagnosis_row(d, SEEN_WRONG, "filter", "csrcadm setup sendmail",
			"%s has no filter at %s", path, milter);
	else if (!mta_names(f->used, f->name))
		diagnosis_row(d, SEEN_WRONG, "filter", "csrcadm setup sendmail",
			"InputMailFilters does not name %s", f->name);
	else
		look_at_rows(d, f, milter);
	mta_look_at_recipients(d, f->host, f->port);
}

bool
sendmail_look(struct diagnosis *d, const char *place)
{
	const char *milter = d->c->rules->settings->milter_socket;
	const char *path = place != NULL ? place : "/etc/mail/sendmail.cf";
	FILE *file = fopen(path, "re");
	struct filter f = { .host = "127.0.0.1", .port = "25" };
	char *line = NULL;
	size_t size = 0;

	if (file == NULL && errno == ENOENT)
		return false;
	if (strncmp(milter, "fd:", 3) == 0) /* where its unit says */
		milter = "unix:" RUNSTATEDIR "/csrc-milter.sock";
	if (file == NULL) {
		diagnosis_row(d, SEEN_NOT, "mta", "run this as root", "%s: %s",
			path, strerror(errno));
		return true;
	}
	while (getline(&line, &size, file) > 0)
		take_line(&f, line, milter);
	free(line);
	fclose(file);
	look_at_filter(d, &f, path, milter);
	return true;
}
