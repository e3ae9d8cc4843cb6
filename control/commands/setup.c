/*
 * setup: what to change in an MTA, printed, looked at, or (Postfix) done.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/commands/commands.h"
#include "control/commands/postfix.h"
#include "control/output.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/text.h"

/* What is printed: lines of files and of a shell, each with its reason. */
struct sheet {
	struct command_context *c;
	const char *where; /* of the line before */
	struct error e;
	bool failed;
};

static void
say_line(struct sheet *s, const char *where, const char *line, const char *why)
{
	if (s->c->json) {
		s->failed = s->failed ||
			output_json(s->c->out, &s->e, "{s:s,s:s,s:s*}", "where",
				where, "line", line, "why", why) == -1;
		return;
	}
	if (s->where == NULL || strcmp(s->where, where) != 0)
		fprintf(s->c->out, "%s# %s\n", s->where != NULL ? "\n" : "",
			where);
	if (why != NULL)
		fprintf(s->c->out, "# %s\n", why);
	fprintf(s->c->out, "%s\n", line);
	s->where = where;
}

static enum exit_code
end_sheet(struct sheet *s)
{
	return s->failed ? command_failed(s->c, &s->e) : EXIT_DONE;
}

/* Our own configuration, where Postfix cannot see the socket as it is. */
static void
say_socket(struct sheet *s, const struct postfix *p)
{
	const char *conf = s->c->rules->settings->path;
	char line[2 * MTA_PATH_SIZE];

	if (!postfix_hidden(p))
		return;
	(void)text_format(line, sizeof(line),
		"install -d -o root -g %s -m 750 %s/csrc-milter", p->owner,
		p->queue);
	say_line(s, "once, as root", line, NULL);
	(void)text_format(line, sizeof(line),
		"milter_socket = unix:%s/csrc-milter/milter.sock", p->queue);
	say_line(s, conf, line,
		"Postfix may run in a chroot, and sees what is below its queue "
		"directory.");
	(void)text_format(
		line, sizeof(line), "milter_socket_group = %s", p->owner);
	say_line(s, conf, line, NULL);
	(void)text_format(line, sizeof(line),
		"[Service]\nReadWritePaths=%s/csrc-milter", p->queue);
	/* the unit knows the usual place */
	if (strcmp(p->queue, "/var/spool/postfix") != 0)
		say_line(s, "systemctl edit csrc-milter", line,
			"The unit lets the daemon write nowhere else than it "
			"must.");
	say_line(s, "then", "systemctl restart csrc-milter", NULL);
}

/* What there would be, where there is no Postfix to ask. */
static void
imagine(struct postfix *p)
{
	*p = (struct postfix){ .chroot = true };
	(void)text_copy(p->config, sizeof(p->config), "/etc/postfix");
	(void)text_copy(p->queue, sizeof(p->queue), "/var/spool/postfix");
	(void)text_copy(p->owner, sizeof(p->owner), "postfix");
	(void)text_copy(p->milter, sizeof(p->milter),
		"unix:/run/csrc-milter/milter.sock");
}

/* Once the socket is where say_socket puts it, that is its name. */
static void
move_socket(struct postfix *p)
{
	if (postfix_hidden(p))
		(void)text_copy(p->milter, sizeof(p->milter),
			"unix:csrc-milter/milter.sock");
}

static int
say_settings(struct sheet *s, const struct postfix *p, bool found)
{
	const struct mta_setting *rows;
	size_t count = mta_postfix(&rows), said = 0;
	char file[MTA_PATH_SIZE + 16], line[MTA_VALUE_SIZE + 64];
	struct postfix_change c;

	(void)text_format(file, sizeof(file), "%s/main.cf", p->config);
	for (size_t i = 0; i < count; i++) {
		c = (struct postfix_change){
			.name = rows[i].name, .why = rows[i].why, .needed = true
		};
		(void)text_copy(c.value, sizeof(c.value), rows[i].value);
		if (found && postfix_change(p, &rows[i], &c, &s->e) == -1)
			return -1;
		(void)text_format(
			line, sizeof(line), "%s = %s", c.name, c.value);
		if (c.needed)
			say_line(s, file, line, c.why);
		said += c.needed;
	}
	if (said > 0)
		say_line(s, "then", "postfix reload", NULL);
	else if (!s->c->json)
		fprintf(s->c->out, "# %s is as it should be\n", file);
	return 0;
}

static enum exit_code
print_postfix(struct command_context *c, struct postfix *p, bool found)
{
	struct sheet s = { .c = c };

	say_socket(&s, p);
	move_socket(p);
	if (say_settings(&s, p, found) == -1)
		return command_failed(c, &s.e);
	if (!c->json)
		fprintf(c->out,
			"\n# To spare other mail an outage of the gateway's, "
			"let it see the\n# devices' alone: csrc-gateway(7), "
			"For devices alone.\n");
	return end_sheet(&s);
}

static enum exit_code
check_mta(struct command_context *c, const char *place,
	bool (*look)(struct diagnosis *d, const char *place))
{
	struct diagnosis d = { .c = c };

	if (!look(&d, place))
		return command_refused(
			c, ERROR_NOT_FOUND, "there is no such MTA here");
	return diagnosis_end(&d);
}

static int
copy_octets(int from, int to, struct error *e)
{
	char octets[4096];
	ssize_t got;

	while ((got = read(from, octets, sizeof(octets))) > 0) {
		if (write(to, octets, (size_t)got) != got)
			return error_errno(e, "write");
	}
	return got == 0 ? 0 : error_errno(e, "read");
}

static int
copy_to(int from, const char *copy, struct error *e)
{
	struct stat st;
	int to, rc = -1;

	if (fstat(from, &st) == -1)
		return error_errno(e, "stat");
	to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		st.st_mode & 0777);
	if (to == -1)
		return error_errno(e, "make");
	if (copy_octets(from, to, e) == -1)
		rc = -1;
	else if (fsync(to) == -1)
		error_errno(e, "sync");
	else
		rc = durable_entry(copy, e);
	close(to);
	if (rc == -1)
		unlink(copy);
	return rc;
}

/* main.cf as it was stays beside it, named by the time. */
static int
keep_copy(const struct postfix *p, char copy_r[MTA_PATH_SIZE], struct error *e)
{
	char path[MTA_PATH_SIZE], now[TEXT_TIME_SIZE];
	struct clock_reading r;
	int from, rc;

	clock_read(&r);
	text_time((time_t)r.real, now);
	if (!text_format(path, sizeof(path), "%s/main.cf", p->config) ||
		!text_format(copy_r, MTA_PATH_SIZE, "%s.csrc-%s", path, now))
		return error_set(e, ERROR_BAD, "the path is too long");
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from == -1)
		return error_errno(e, "%s", path);
	rc = copy_to(from, copy_r, e);
	close(from);
	return rc == 0 ? 0 : error_prefix(e, "%s", copy_r);
}

/* The words for postconf, which are all that is to be changed. */
struct edit {
	const char *words[POSTFIX_WORDS_MAX + 1];
	size_t count;
	char lines[POSTFIX_WORDS_MAX][MTA_VALUE_SIZE + 64];
};

static int
collect(const struct postfix *p, struct edit *edit, struct error *e)
{
	const struct mta_setting *rows;
	size_t count = mta_postfix(&rows);
	struct postfix_change c;

	edit->words[edit->count++] = "-e";
	for (size_t i = 0; i < count; i++) {
		if (postfix_change(p, &rows[i], &c, e) == -1)
			return -1;
		if (!c.needed || !c.known)
			continue;
		(void)text_format(edit->lines[i], sizeof(edit->lines[i]),
			"%s = %s", c.name, c.value);
		edit->words[edit->count++] = edit->lines[i];
	}
	return 0;
}

/* While its milter is not there, Postfix would let all mail wait. */
static bool
ready(struct command_context *c, const struct postfix *p)
{
	struct diagnosis d = { .c = c };

	if (p->socket[0] != '\0' && !postfix_hidden(p))
		mta_look_at_socket(&d, p->socket, p->owner);
	return !postfix_hidden(p) && d.count[SEEN_WRONG] == 0;
}

static enum exit_code
apply(struct command_context *c, const struct postfix *p)
{
	struct edit edit = { .count = 0 };
	struct sheet s = { .c = c };
	char copy[MTA_PATH_SIZE], out[1024];
	struct error e;

	if (!ready(c, p))
		return command_refused(c, ERROR_DENIED,
			"Postfix would not reach the gateway, and all mail "
			"would wait: do first what csrcadm setup postfix "
			"says of the socket");
	if (collect(p, &edit, &e) == -1)
		return command_failed(c, &e);
	if (edit.count == 1) {
		if (!c->json)
			fprintf(c->out, "main.cf is as it should be\n");
		return EXIT_DONE;
	}
	if (keep_copy(p, copy, &e) == -1 ||
		postfix_ask(p, edit.words, true, out, sizeof(out), &e) == -1)
		return command_failed(c, &e);
	for (size_t i = 1; i < edit.count; i++)
		say_line(&s, "was set", edit.words[i], NULL);
	say_line(&s, "main.cf as it was", copy, NULL);
	say_line(&s, "then", "postfix reload", NULL);
	return end_sheet(&s);
}

enum exit_code
command_setup_postfix(struct command_context *c, const struct arguments *a)
{
	const char *place = options_value(a, "mta-config");
	struct postfix p;
	struct error e;
	bool found;

	if (options_given(a, "check"))
		return check_mta(c, place, postfix_look);
	found = postfix_find(&p, c->rules->settings, place, &e) == 0;
	if (!found && (e.code != ERROR_NOT_FOUND || options_given(a, "apply")))
		return command_failed(c, &e);
	if (options_given(a, "apply"))
		return apply(c, &p);
	if (!found)
		imagine(&p);
	return print_postfix(c, &p, found);
}

enum exit_code
command_setup_sendmail(struct command_context *c, const struct arguments *a)
{
	const char *milter = c->rules->settings->milter_socket;
	const char *place = options_value(a, "mta-config");
	struct sheet s = { .c = c };
	const struct mta_setting *rows;
	size_t count = mta_sendmail(&rows);
	char line[MTA_VALUE_SIZE];

	if (options_given(a, "check"))
		return check_mta(c, place, sendmail_look);
	if (options_given(a, "apply"))
		return command_refused(c, ERROR_DENIED,
			"sendmail.mc is a program that only its author can "
			"change: put the lines that csrcadm setup sendmail "
			"prints ahead of its MAILER lines");
	for (size_t i = 0; i < count && !c->json; i++)
		fprintf(c->out, "# %s %s: %s\n", rows[i].name, rows[i].value,
			rows[i].why);
	if (strncmp(milter, "fd:", 3) == 0)
		milter = "unix:" RUNSTATEDIR "/csrc-milter.sock";
	(void)text_format(line, sizeof(line),
		"INPUT_MAIL_FILTER(`csrc', `S=%s, F=%s, "
		"T=C:%s;S:%s;R:%s;E:%s')dnl",
		milter, rows[1].value, rows[2].value, rows[3].value,
		rows[4].value, rows[5].value);
	say_line(&s, "/etc/mail/sendmail.mc, ahead of the MAILER lines", line,
		NULL);
	say_line(&s, "then", "make -C /etc/mail && systemctl restart sendmail",
		NULL);
	return end_sheet(&s);
}
