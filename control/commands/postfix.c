/*
 * Everything is asked of postconf(1), which knows the defaults and what refers
 * to what; master.cf may say otherwise for a service of its own.
 */
#include "control/commands/postfix.h"

#include <stdlib.h>
#include <string.h>

#include "base/program.h"
#include "base/text.h"

enum { PATIENCE = 30 };

int
postfix_ask(const struct postfix *p, const char *const *words, bool lines,
	char *out, size_t size, struct error *e)
{
	const char *argv[POSTFIX_WORDS_MAX + 4] = { "postconf" };
	size_t count = 1;
	int status;

	if (p->place != NULL) {
		argv[count++] = "-c";
		argv[count++] = p->place;
	}
	for (size_t i = 0; i < POSTFIX_WORDS_MAX && words[i] != NULL; i++)
		argv[count++] = words[i];
	if (program_read(argv, PATIENCE, out, size, &status, e) == -1)
		return -1;
	if (status != 0)
		return error_set(e, ERROR_TROUBLE,
			"postconf fails: try postconf %s%s -n",
			p->place != NULL ? "-c " : "",
			p->place != NULL ? p->place : "");
	if (!lines)
		out[strcspn(out, "\n")] = '\0';
	return 0;
}

static int
value_of(const struct postfix *p, const char *name, char *out, size_t size,
	struct error *e)
{
	return postfix_ask(p, (const char *const[]){ "-xh", name, NULL }, false,
		out, size, e);
}

/* "inet:PORT@HOST" is "inet:HOST:PORT" to Postfix; a socket that systemd opens
 * is where its unit says. */
static void
name_milter(struct postfix *p, const char *address)
{
	const char *port = strchr(address, ':') + 1, *host = strchr(port, '@');
	size_t queue = strlen(p->queue);

	p->socket[0] = '\0';
	if (strncmp(address, "fd:", 3) == 0)
		(void)text_copy(p->socket, sizeof(p->socket),
			RUNSTATEDIR "/csrc-milter.sock");
	else if (host == NULL)
		(void)text_copy(p->socket, sizeof(p->socket), port);
	else
		(void)text_format(p->milter, sizeof(p->milter),
			address[4] == '6' ? "inet:[%s]:%.*s" : "inet:%s:%.*s",
			host + 1, (int)(host - port), port);
	if (p->socket[0] == '\0')
		return;
	if (strncmp(p->socket, p->queue, queue) == 0 && p->socket[queue] == '/')
		(void)text_format(p->milter, sizeof(p->milter), "unix:%s",
			p->socket + queue + 1);
	else
		(void)text_format(
			p->milter, sizeof(p->milter), "unix:%s", p->socket);
}

bool
postfix_hidden(const struct postfix *p)
{
	return p->chroot && strncmp(p->milter, "unix:/", 6) == 0;
}

/* A line of master.cf, as postconf -M writes it. */
struct entry {
	char name[64], type[16], chroot[4], program[64];
};

static bool
read_entry(const char *line, struct entry *entry)
{
	return sscanf(line, "%63s %15s %*s %*s %3s %*s %*s %63s", entry->name,
		       entry->type, entry->chroot, entry->program) == 4;
}

/* "smtp", "[::1]:25", "127.0.0.1:10025", "2525" */
static void
read_listener(struct postfix *p, const char *name)
{
	const char *colon = strrchr(name, ':');
	const char *port = colon != NULL ? colon + 1 : name;
	int length = colon != NULL ? (int)(colon - name) : 0;

	if (length > 2 && name[0] == '[') {
		name++;
		length -= 2;
	}
	(void)text_copy(p->port, sizeof(p->port), port);
	if (length > 0)
		(void)text_format(
			p->host, sizeof(p->host), "%.*s", length, name);
	else
		(void)text_copy(p->host, sizeof(p->host), "127.0.0.1");
}

/* A service of the devices' own is the one that their mail comes to. */
static void
prefer_service(struct postfix *p)
{
	char name[sizeof(p->service)];

	(void)text_format(name, sizeof(name), "%.*s",
		(int)strcspn(p->service, "/"), p->service);
	read_listener(p, name);
}

static void
read_service(struct postfix *p, const char *line, bool usual_chroot)
{
	struct entry s;
	bool smtpd;

	if (!read_entry(line, &s))
		return;
	smtpd = strcmp(s.program, "smtpd") == 0;
	if (strcmp(s.type, "inet") == 0 && p->port[0] == '\0' &&
		(smtpd || strcmp(s.program, "postscreen") == 0))
		read_listener(p, s.name);
	if ((smtpd || strcmp(s.program, "cleanup") == 0) &&
		(s.chroot[0] == 'y' || (s.chroot[0] == '-' && usual_chroot)))
		p->chroot = true;
}

static void
each_line(struct postfix *p, char *lines,
	void (*each)(struct postfix *p, const char *line, bool flag), bool flag)
{
	char *rest, *line;

	for (line = strtok_r(lines, "\n", &rest); line != NULL;
		line = strtok_r(NULL, "\n", &rest))
		each(p, line, flag);
}

/* "smtp/inet/smtpd_milters = …": is our milter that service's alone? */
static void
read_override(struct postfix *p, const char *line, bool flag)
{
	static const char name[] = "/smtpd_milters = ";
	const char *at = strstr(line, name);

	(void)flag;
	if (at != NULL && p->service[0] == '\0' &&
		mta_names(at + sizeof(name) - 1, p->milter))
		(void)text_format(p->service, sizeof(p->service), "%.*s",
			(int)(at - line), line);
}

/* Until Postfix 3.0 a "-" in master.cf's column meant a chroot. */
static int
read_master(struct postfix *p, struct error *e)
{
	char level[32], copy[sizeof(p->services)];

	if (value_of(p, "compatibility_level", level, sizeof(level), e) == -1 ||
		postfix_ask(p, (const char *const[]){ "-M", NULL }, true,
			p->services, sizeof(p->services), e) == -1 ||
		postfix_ask(p, (const char *const[]){ "-P", NULL }, true,
			p->overrides, sizeof(p->overrides), e) == -1)
		return -1;
	memcpy(copy, p->services, sizeof(copy));
	each_line(p, copy, read_service, atoi(level) < 1);
	return 0;
}

int
postfix_find(struct postfix *p, const struct settings *s, const char *place,
	struct error *e)
{
	char value[MTA_VALUE_SIZE];

	*p = (struct postfix){ .place = place };
	if (value_of(p, "config_directory", p->config, sizeof(p->config), e) ==
			-1 ||
		value_of(p, "queue_directory", p->queue, sizeof(p->queue), e) ==
			-1 ||
		value_of(p, "mail_owner", p->owner, sizeof(p->owner), e) ==
			-1 ||
		value_of(p, "mail_version", p->version, sizeof(p->version),
			e) == -1 ||
		value_of(p, "smtpd_milter_maps", value, sizeof(value), e) ==
			-1 ||
		read_master(p, e) == -1)
		return -1;
	p->maps = value[0] != '\0';
	name_milter(p, s->milter_socket);
	if (value_of(p, "smtpd_milters", value, sizeof(value), e) == -1)
		return -1;
	if (!mta_names(value, p->milter)) {
		char copy[sizeof(p->overrides)];

		memcpy(copy, p->overrides, sizeof(copy));
		each_line(p, copy, read_override, false);
	}
	if (p->service[0] != '\0')
		prefer_service(p);
	return 0;
}

/* What our milter's own service says of a setting; NULL: nothing. */
static const char *
override_of(const struct postfix *p, const char *name)
{
	char start[MTA_PATH_SIZE];
	const char *at;

	(void)text_format(start, sizeof(start), "%s/%s = ", p->service, name);
	at = p->service[0] != '\0' ? strstr(p->overrides, start) : NULL;
	return at != NULL ? at + strlen(start) : NULL;
}

/* The gateway's socket, at a place where it is not any more? Postfix would let
 * all mail wait for it. */
static bool
is_former(const char *word, size_t length)
{
	static const char end[] = "csrc-milter/milter.sock";
	const size_t tail = sizeof(end) - 1;

	return length >= tail && strncmp(word, "unix:", 5) == 0 &&
		memcmp(word + length - tail, end, tail) == 0;
}

/* Our milter goes behind those that are there. What has braces is left whole.
 */
static void
put_milter(const char *raw, const char *ours, char out[MTA_VALUE_SIZE])
{
	const char *separators = strchr(raw, '{') != NULL ? "" : ", \t";
	size_t length, used = 0;

	out[0] = '\0';
	for (; *raw != '\0'; raw += length) {
		raw += strspn(raw, separators);
		length = strcspn(raw, separators);
		if (length == 0 || is_former(raw, length))
			continue;
		(void)text_format(out + used, MTA_VALUE_SIZE - used, "%.*s, ",
			(int)length, raw);
		used = strlen(out);
	}
	(void)text_format(out + used, MTA_VALUE_SIZE - used, "%s", ours);
}

/* raw: as it is written, with what it refers to by name. */
static bool
is_good(const struct postfix *p, const struct mta_setting *row, const char *raw,
	const char *now)
{
	/* who has a service for devices alone, or tells clients apart */
	if (row->rule == MTA_MILTER && (p->service[0] != '\0' || p->maps))
		return true;
	return mta_good(row, now, p->milter) ||
		(row->rule == MTA_MILTER && mta_names(raw, row->value));
}

int
postfix_change(const struct postfix *p, const struct mta_setting *row,
	struct postfix_change *change_r, struct error *e)
{
	const char *own = override_of(p, row->name), *ours = row->value;
	const char *const raw[3] = { "-h", row->name, NULL };
	char text[MTA_VALUE_SIZE];

	*change_r =
		(struct postfix_change){ .name = row->name, .why = row->why };
	if (value_of(p, row->name, change_r->now, MTA_VALUE_SIZE, e) == -1 ||
		postfix_ask(p, raw, false, text, sizeof(text), e) == -1)
		return -1;
	if (own != NULL)
		(void)text_format(change_r->now, MTA_VALUE_SIZE, "%.*s",
			(int)strcspn(own, "\n"), own);
	change_r->known = row->rule == MTA_MILTER || change_r->now[0] != '\0';
	if (strcmp(row->name, "smtpd_milters") == 0)
		ours = p->milter;
	if (row->rule == MTA_MILTER)
		put_milter(text, ours, change_r->value);
	else
		(void)text_copy(change_r->value, MTA_VALUE_SIZE, row->value);
	change_r->needed = !is_good(p, row, text, change_r->now);
	return 0;
}

static void
look_at_setting(struct diagnosis *d, const struct postfix *p,
	const struct mta_setting *row)
{
	char cure[MTA_VALUE_SIZE + MTA_PATH_SIZE];
	struct postfix_change c;
	struct error e;

	if (postfix_change(p, row, &c, &e) == -1) {
		diagnosis_row(d, SEEN_NOT, row->name, NULL, "%s", e.text);
		return;
	}
	(void)text_format(cure, sizeof(cure),
		"postconf -c %s -e '%s = %s' && postfix -c %s reload",
		p->config, c.name, c.value, p->config);
	if (!c.known && c.needed)
		diagnosis_row(d, SEEN_WRONG, row->name, "update Postfix",
			"Postfix %s does not know it. %s", p->version, c.why);
	else if (c.needed)
		diagnosis_row(d, SEEN_WRONG, row->name, cure,
			"it is \"%s\". %s", c.now, c.why);
	else if (row->rule == MTA_MILTER && p->service[0] != '\0')
		diagnosis_row(d, SEEN_OK, row->name, NULL,
			"%s alone has the gateway", p->service);
	else if (row->rule == MTA_MILTER && p->maps)
		diagnosis_row(d, SEEN_NOT, row->name, NULL,
			"smtpd_milter_maps says for which clients");
	else
		diagnosis_row(d, SEEN_OK, row->name, NULL, "%s", c.now);
}

void
postfix_rows(struct diagnosis *d, const struct postfix *p)
{
	const struct mta_setting *rows;
	size_t count = mta_postfix(&rows);

	diagnosis_row(d, SEEN_OK, "mta", NULL, "Postfix %s, %s", p->version,
		p->config);
	if (postfix_hidden(p))
		diagnosis_row(d, SEEN_WRONG, "milter socket",
			"csrcadm setup postfix",
			"smtpd or cleanup is in a chroot and cannot see %s: it "
			"has to be below %s",
			p->socket, p->queue);
	else if (p->socket[0] != '\0')
		mta_look_at_socket(d, p->socket, p->owner);
	for (size_t i = 0; i < count; i++)
		look_at_setting(d, p, &rows[i]);
	if (p->port[0] != '\0')
		mta_look_at_recipients(d, p->host, p->port);
}

bool
postfix_look(struct diagnosis *d, const char *place)
{
	struct postfix p;
	struct error e;

	if (postfix_find(&p, d->c->rules->settings, place, &e) == 0)
		postfix_rows(d, &p);
	else if (e.code != ERROR_NOT_FOUND)
		diagnosis_row(d, SEEN_NOT, "mta", NULL, "%s", e.text);
	else
		return false;
	return true;
}
