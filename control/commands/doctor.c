/*
 * doctor: everything that csrc-gateway(7) names under Troubleshooting and that
 * can be looked at, a row each, with what to type where it is wrong. Of the
 * store and the daemon it asks as csrcadm would; it changes nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "control/commands/commands.h"
#include "control/commands/mta.h"
#include "control/commands/smtp_ask.h"
#include "control/output.h"
#include "base/clock.h"
#include "base/local.h"
#include "base/program.h"
#include "base/text.h"
#include "base/wipe.h"
#include "config/masterkey.h"
#include "config/rules.h"
#include "parser/claims.h"
#include "parser/formats/formats.h"

#define START "systemctl start csrc-milter"
#define START_AUTHORITY "systemctl start csrc-ca"
#define AS_ROOT "run csrcadm doctor as root"

enum { SILENT = 60 /* seconds: it asks every few */ };

struct doctor {
	struct diagnosis d;
	const struct settings *settings;
	json_t *stats; /* as csrcadm stats; NULL: not answered */
	bool daemon;   /* one answers */
};

/* The first line that a command answers in JSON; NULL: it was not run, or
 * failed. */
static json_t *
ask_line(struct doctor *x, const char *const *words)
{
	enum exit_code code;
	FILE *answer = x->d.c->ask(x->d.c->ask_arg, words, &code);
	json_t *line;

	if (answer == NULL)
		return NULL;
	line = json_loadf(answer, JSON_DISABLE_EOF_CHECK, NULL);
	fclose(answer);
	if (json_object_get(line, "error") == NULL)
		return line;
	json_decref(line);
	return NULL;
}

static long long
figure(const struct doctor *x, const char *name)
{
	return json_integer_value(json_object_get(x->stats, name));
}

static void
look_at_formats(struct doctor *x)
{
	const struct settings *s = x->settings;
	const char *const directories[] = { s->format_directory,
		s->local_format_directory };
	struct formats *formats = NULL;
	struct error e;

	if (formats_load(directories, 2, &formats, &e) == -1)
		diagnosis_row(&x->d, SEEN_WRONG, "formats",
			"correct that file, csrcadm reload", "%s", e.text);
	else if (formats_count(formats) == 0)
		diagnosis_row(&x->d, SEEN_WRONG, "formats",
			"set format_directory, or install the gateway anew",
			"no format file in %s", s->format_directory);
	else
		diagnosis_row(&x->d, SEEN_OK, "formats", NULL,
			"%zu format files", formats_count(formats));
	if (formats != NULL)
		formats_free(&formats);
}

static void
look_at_log(struct doctor *x)
{
	const struct settings *s = x->settings;

	if (s->log_level < LEVEL_INFO)
		diagnosis_row(&x->d, SEEN_WRONG, "log",
			"set log_level = info, csrcadm reload",
			"verdicts are not logged");
	else
		diagnosis_row(
			&x->d, SEEN_OK, "log", NULL, "to %s", s->log_target);
}

/* One that was made and is not in its place yet. */
static void
look_at_next_key(struct doctor *x)
{
	char path[MTA_PATH_SIZE];

	(void)text_format(
		path, sizeof(path), "%s.new", x->settings->master_key_file);
	if (access(path, F_OK) == 0)
		diagnosis_row(&x->d, SEEN_WRONG, "master key",
			"systemctl stop csrc-milter; csrcadm masterkey rotate; "
			"systemctl start csrc-milter",
			"its change was cut off: there is %s", path);
}

static void
look_at_master_key(struct doctor *x)
{
	const char *path = x->settings->master_key_file;
	unsigned char key[MASTER_KEY_SIZE];
	char cure[MTA_PATH_SIZE];
	struct stat st;
	struct error e;

	(void)text_format(
		cure, sizeof(cure), "chown root %s; chmod 600 %s", path, path);
	if (masterkey_read(path, key, &e) == 0)
		diagnosis_row(&x->d, SEEN_OK, "master key", NULL, "%s", path);
	else if (e.code == ERROR_DENIED || e.code == ERROR_BAD)
		diagnosis_row(
			&x->d, SEEN_WRONG, "master key", cure, "%s", e.text);
	else if (stat(path, &st) == 0 || errno == EACCES)
		diagnosis_row(
			&x->d, SEEN_NOT, "master key", AS_ROOT, "%s", e.text);
	else
		diagnosis_row(&x->d, SEEN_WRONG, "master key",
			"put its copy back; for a new store, csrcadm init",
			"%s", e.text);
	wipe(key, sizeof(key));
}

static void
look_at_control(struct doctor *x)
{
	const char *path = x->settings->control_socket;
	struct error e;
	int fd = local_connect(path, SOCK_SEQPACKET, CONTROL_STATE_WAIT, &e);

	x->daemon = fd != -1;
	if (fd != -1) {
		diagnosis_row(
			&x->d, SEEN_OK, "control socket", NULL, "%s", path);
		close(fd);
	} else if (e.code == ERROR_DENIED) {
		diagnosis_row(&x->d, SEEN_NOT, "control socket", AS_ROOT, "%s",
			e.text);
	} else {
		diagnosis_row(&x->d, SEEN_WRONG, "control socket", START,
			"no daemon is running: %s", e.text);
	}
}

static void
look_at_daemon(struct doctor *x)
{
	static const char *const words[] = { "stats", "--json", NULL };
	const char *why;

	x->stats = ask_line(x, words);
	why = json_string_value(json_object_get(x->stats, "why"));
	if (x->stats == NULL)
		diagnosis_row(&x->d, SEEN_NOT, "gateway", AS_ROOT,
			"it does not tell us how it is");
	else if (why != NULL)
		diagnosis_row(&x->d, SEEN_WRONG, "gateway",
			x->daemon ? "read csrc-gateway(7), Troubleshooting, "
				    "and the log"
				  : START,
			"no report can be admitted: %s", why);
	else
		diagnosis_row(&x->d, SEEN_OK, "gateway", NULL,
			"reports can be admitted");
	if (figure(x, "recoveries") > 0)
		diagnosis_row(&x->d, SEEN_WRONG, "database",
			"journalctl -k; look for errors of the disk",
			"it was recovered %lld times since the start",
			figure(x, "recoveries"));
}

static void
look_at_clock(struct doctor *x)
{
	static const char *const words[] = { "clock", "--json", NULL };
	json_t *clock = x->stats != NULL ? ask_line(x, words) : NULL;
	const char *why = json_string_value(json_object_get(clock, "why"));

	if (clock == NULL)
		diagnosis_row(&x->d, SEEN_NOT, "clock", NULL,
			"the gateway does not tell");
	else if (json_is_true(json_object_get(clock, "believed")))
		diagnosis_row(&x->d, SEEN_OK, "clock", NULL, "it is believed");
	else
		diagnosis_row(&x->d, SEEN_WRONG, "clock",
			"set it right, by NTP if it can be; then csrcadm clock "
			"accept",
			"it is not believed: %s", why != NULL ? why : "");
	json_decref(clock);
}

static void
look_at_space(struct doctor *x, const char *what, const char *path)
{
	struct statvfs fs;
	int64_t left;

	if (statvfs(path, &fs) == -1) {
		diagnosis_row(&x->d, errno == EACCES ? SEEN_NOT : SEEN_WRONG,
			what, errno == EACCES ? AS_ROOT : "csrcadm init",
			"%s: %s", path, strerror(errno));
		return;
	}
	left = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	diagnosis_row(&x->d,
		left < x->settings->min_free_space ? SEEN_WRONG : SEEN_OK, what,
		"make room there", "%lld MiB are free at %s",
		(long long)(left >> 20), path);
}

/* Members of spool_group take segments away: it must be theirs. */
static bool
is_spool_group(const struct doctor *x, const struct stat *st)
{
	const struct group *group = getgrgid(st->st_gid);

	return x->settings->spool_group[0] == '\0' ||
		(group != NULL &&
			strcmp(group->gr_name, x->settings->spool_group) == 0);
}

static void
look_at_directory(struct doctor *x, const char *path, mode_t mode, bool group)
{
	struct stat st;

	if (stat(path, &st) == -1 && errno == EACCES)
		diagnosis_row(&x->d, SEEN_NOT, "directory", AS_ROOT, "%s: %s",
			path, strerror(errno));
	else if (stat(path, &st) == -1)
		diagnosis_row(&x->d, SEEN_WRONG, "directory", "csrcadm init",
			"%s: %s", path, strerror(errno));
	else if (!S_ISDIR(st.st_mode) || (st.st_mode & 07777) != mode)
		diagnosis_row(&x->d, SEEN_WRONG, "directory", "csrcadm init",
			"%s: its mode should be %04o", path,
			(unsigned int)mode);
	else if (group && !is_spool_group(x, &st))
		diagnosis_row(&x->d, SEEN_WRONG, "directory", "csrcadm init",
			"%s: its group should be %s", path,
			x->settings->spool_group);
	else
		diagnosis_row(&x->d, SEEN_OK, "directory", NULL, "%s", path);
}

static void
look_at_directories(struct doctor *x)
{
	static const struct {
		const char *name;
		mode_t mode;
	} parts[] = { { "new", 02770 }, { "cur", 02770 }, { "tmp", 02700 } };
	const struct settings *s = x->settings;
	char path[MTA_PATH_SIZE];

	look_at_directory(x, s->state_directory, 0700, false);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)text_format(path, sizeof(path), "%s/%s",
			s->spool_directory, parts[i].name);
		look_at_directory(x, path, parts[i].mode, i < 2);
	}
	look_at_directory(x, s->quarantine_directory, 0700, false);
	look_at_space(x, "space", s->state_directory);
	look_at_space(x, "space", s->spool_directory);
	look_at_space(x, "space", s->quarantine_directory);
}

struct spooled {
	int64_t oldest;            /* 0: there is none */
	char stray[MTA_PATH_SIZE]; /* no regular file; "": none */
};

static void
walk_spool(DIR *dir, struct spooled *seen)
{
	struct dirent *entry;
	struct stat st;

	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
			fstatat(dirfd(dir), entry->d_name, &st,
				AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		if (!S_ISREG(st.st_mode))
			(void)text_copy(seen->stray, sizeof(seen->stray),
				entry->d_name);
		else if (seen->oldest == 0 || st.st_mtime < seen->oldest)
			seen->oldest = st.st_mtime;
	}
}

/* What billing should have taken by now. */
static void
look_at_spool(struct doctor *x)
{
	enum { DAY = 86400 };
	char path[MTA_PATH_SIZE];
	struct spooled seen = { 0, "" };
	struct clock_reading now;
	DIR *dir;

	(void)text_format(
		path, sizeof(path), "%s/new", x->settings->spool_directory);
	dir = opendir(path);
	if (dir == NULL) {
		diagnosis_row(&x->d, SEEN_NOT, "spool", AS_ROOT, "%s: %s", path,
			strerror(errno));
		return;
	}
	walk_spool(dir, &seen);
	closedir(dir);
	clock_read(&now);
	if (seen.stray[0] != '\0')
		diagnosis_row(&x->d, SEEN_WRONG, "spool", "remove it",
			"%s/%s is not a regular file", path, seen.stray);
	else if (seen.oldest != 0 && now.real - seen.oldest > DAY)
		diagnosis_row(&x->d, SEEN_WRONG, "spool",
			"csrcadm spool list; is billing running, and in "
			"spool_group?",
			"nobody takes segments since %lld hours",
			(long long)(now.real - seen.oldest) / 3600);
	else
		diagnosis_row(&x->d, SEEN_OK, "spool", NULL,
			"no segment waits for a day");
}

static void
look_at_quarantine(struct doctor *x)
{
	json_t *shares = json_object_get(x->stats, "quarantine"), *share;
	const char *name;

	if (shares == NULL)
		diagnosis_row(&x->d, SEEN_NOT, "quarantine", NULL,
			"the gateway does not tell");
	json_object_foreach(shares, name, share)
	{
		long long octets = json_integer_value(
				  json_object_get(share, "octets")),
			  limit = json_integer_value(
				  json_object_get(share, "limit"));

		diagnosis_row(&x->d,
			octets >= limit - limit / 10 ? SEEN_WRONG : SEEN_OK,
			"quarantine",
			"csrcadm quarantine list; then release or remove",
			"%s: %lld files, %lld of %lld octets", name,
			(long long)json_integer_value(
				json_object_get(share, "files")),
			octets, limit);
	}
}

/* A second look tells whether what waits is on its way. */
static void
look_at_outbox(struct doctor *x)
{
	static const char *const words[] = { "stats", "--json", NULL };
	enum { AWHILE_MAX = 10 };
	const int64_t interval = x->settings->publish_interval;
	long long waiting = figure(x, "outbox"), segments;

	if (json_object_get(x->stats, "outbox") == NULL) {
		diagnosis_row(&x->d, SEEN_NOT, "outbox", NULL,
			"the gateway does not tell");
		return;
	}
	if (x->daemon && waiting > 0 && interval + 2 <= AWHILE_MAX) {
		segments = figure(x, "segments");
		sleep((unsigned int)interval + 2);
		json_decref(x->stats);
		x->stats = ask_line(x, words);
		if (figure(x, "segments") != segments)
			waiting = 0;
	}
	if (waiting == 0 || (x->daemon && interval + 2 > AWHILE_MAX))
		diagnosis_row(&x->d, SEEN_OK, "outbox", NULL,
			"reports reach the spool");
	else
		diagnosis_row(&x->d, SEEN_WRONG, "outbox",
			x->daemon ? "read the log: it says why publishing fails"
				  : START,
			"%lld reports wait for the spool", waiting);
}

static void
look_at_registry(struct doctor *x)
{
	if (json_object_get(x->stats, "centers") == NULL)
		diagnosis_row(&x->d, SEEN_NOT, "registry", NULL,
			"the gateway does not tell");
	else if (figure(x, "centers") == 0)
		diagnosis_row(&x->d, SEEN_WRONG, "registry",
			"csrcadm center add ID --address ADDRESS",
			"no center is registered");
	else if (figure(x, "devices") == 0)
		diagnosis_row(&x->d, SEEN_WRONG, "registry",
			"csrcadm device add SERIAL --center ID",
			"no device is registered");
	else
		diagnosis_row(&x->d, SEEN_OK, "registry", NULL,
			"%lld centers, %lld devices", figure(x, "centers"),
			figure(x, "devices"));
}

static void
look_at_agents(struct doctor *x)
{
	if (figure(x, "agents") == 0)
		return;
	if (figure(x, "agents_silent") > 0)
		diagnosis_row(&x->d, SEEN_WRONG, "agents",
			"csrcadm agent list --overdue 1d",
			"%lld of %lld agents have been silent for a day",
			figure(x, "agents_silent"), figure(x, "agents"));
	else
		diagnosis_row(&x->d, SEEN_OK, "agents", NULL,
			"%lld agents; %lld printers seen that are nobody's",
			figure(x, "agents"), figure(x, "unassigned"));
}

/* Must its mail be sealed, though it has no key to seal with? */
static bool
is_mute(const json_t *device)
{
	const char *protection =
		json_string_value(json_object_get(device, "protection"));

	return protection != NULL && strcmp(protection, "required") == 0 &&
		json_is_true(json_object_get(device, "enabled"));
}

/* How many, and one of them. */
static uint64_t
count_mute(FILE *devices, char one_r[SERIAL_SIZE])
{
	uint64_t count = 0;
	char *text = NULL;
	size_t size = 0;
	ssize_t length;
	json_t *line;

	while ((length = getline(&text, &size, devices)) > 0) {
		line = json_loadb(text, (size_t)length, 0, NULL);
		if (is_mute(line) && count++ == 0)
			(void)text_copy(one_r, SERIAL_SIZE,
				json_string_value(
					json_object_get(line, "serial")));
		json_decref(line);
	}
	free(text);
	return count;
}

static void
look_at_keys(struct doctor *x)
{
	static const char *const words[] = { "device", "list", "--without-key",
		"--json", NULL };
	char one[SERIAL_SIZE] = "", cure[SERIAL_SIZE + 64];
	uint64_t count;
	enum exit_code code = EXIT_TROUBLE;
	FILE *devices = x->stats != NULL
		? x->d.c->ask(x->d.c->ask_arg, words, &code)
		: NULL;

	if (devices == NULL || code != EXIT_DONE) {
		diagnosis_row(&x->d, SEEN_NOT, "keys", NULL,
			"the gateway does not tell");
	} else {
		count = count_mute(devices, one);
		(void)text_format(cure, sizeof(cure),
			"csrcadm device key %s --generate; or device list "
			"--without-key",
			one);
		diagnosis_row(&x->d, count > 0 ? SEEN_WRONG : SEEN_OK, "keys",
			cure, "%llu devices must seal, and have no key",
			(unsigned long long)count);
	}
	if (devices != NULL)
		fclose(devices);
}

/* Is there an authority, or has there been? */
static bool
has_authority(const struct doctor *x)
{
	return figure(x, "crl_made") != 0 || figure(x, "certificates") != 0 ||
		strstr(x->settings->channel_users, "=authority") != NULL;
}

/* Warns while there is time to do something. */
static void
look_at_crl(struct doctor *x)
{
	const long long made = figure(x, "crl_made");
	const long long ends = figure(x, "crl_ends");
	const long long left = ends - (long long)time(NULL);
	char until[TEXT_TIME_SIZE];

	output_time(ends, until);
	if (ends == 0)
		diagnosis_row(&x->d, SEEN_WRONG, "crl", START_AUTHORITY,
			"none was published");
	else if (left <= (ends - made) / 3)
		diagnosis_row(&x->d, SEEN_WRONG, "crl",
			"read csrc-ca's log: it says why there is no new one",
			"%s at %s", left <= 0 ? "it ended" : "it ends", until);
	else
		diagnosis_row(
			&x->d, SEEN_OK, "crl", NULL, "good until %s", until);
}

static void
look_at_authority(struct doctor *x)
{
	const long long heard = figure(x, "authority_heard");
	const long long ending = figure(x, "certificates_ending");

	if (x->stats == NULL || !has_authority(x))
		return;
	if (x->daemon && (heard < 0 || heard > SILENT))
		diagnosis_row(&x->d, SEEN_WRONG, "authority", START_AUTHORITY,
			heard < 0 ? "it was not heard since the gateway began"
				  : "it was not heard for %lld s",
			heard);
	else if (x->daemon)
		diagnosis_row(&x->d, SEEN_OK, "authority", NULL,
			"heard %lld s ago", heard);
	look_at_crl(x);
	diagnosis_row(&x->d, ending > 0 ? SEEN_WRONG : SEEN_OK, "certificates",
		"csrcadm certificate list --expiring 30d; whoever has one "
		"should have renewed it",
		"%lld are valid, %lld end within 30 days",
		figure(x, "certificates"), ending);
}

static void
look_at_mta(struct doctor *x)
{
	if (!postfix_look(&x->d, NULL) && !sendmail_look(&x->d, NULL))
		diagnosis_row(&x->d, SEEN_NOT, "mta",
			"csrcadm setup postfix|sendmail --check --mta-config "
			"PATH",
			"there is neither postconf nor /etc/mail/sendmail.cf");
}

static void
look_at_unit(struct doctor *x, const char *unit)
{
	const char *const argv[] = { "systemctl", "is-enabled", unit, NULL };
	char out[256], cure[128];
	struct error e;
	int status;

	if (program_read(argv, CONTROL_STATE_WAIT, out, sizeof(out), &status,
		    &e) == -1) {
		diagnosis_row(&x->d, SEEN_NOT, "unit", NULL, "%s", e.text);
		return;
	}
	out[strcspn(out, "\n")] = '\0';
	(void)text_format(
		cure, sizeof(cure), "systemctl enable --now %s", unit);
	diagnosis_row(&x->d, status == 0 ? SEEN_OK : SEEN_WRONG, "unit", cure,
		"%s: %s", unit, out[0] != '\0' ? out : "not enabled");
}

static void
look_at_units(struct doctor *x)
{
	if (access("/run/systemd/system", F_OK) == -1) {
		diagnosis_row(&x->d, SEEN_NOT, "unit", NULL,
			"the machine does not run systemd");
		return;
	}
	look_at_unit(x, "csrc-milter.service");
	if (strncmp(x->settings->milter_socket, "fd:", 3) == 0)
		look_at_unit(x, "csrc-milter.socket");
}

/* In the order in which one thing needs another. */
static void (*const looks[])(struct doctor *x) = {
	look_at_formats,
	look_at_log,
	look_at_master_key,
	look_at_next_key,
	look_at_control,
	look_at_daemon,
	look_at_clock,
	look_at_directories,
	look_at_spool,
	look_at_outbox,
	look_at_quarantine,
	look_at_registry,
	look_at_agents,
	look_at_keys,
	look_at_authority,
	look_at_mta,
	look_at_units,
};

enum exit_code
command_doctor(struct command_context *c, const struct arguments *a)
{
	struct doctor x = { .d = { .c = c } };

	(void)a;
	if (c->rules == NULL) {
		diagnosis_row(&x.d, SEEN_WRONG, "configuration",
			"correct it; csrc-milter -n", "%s", c->why->text);
		return diagnosis_end(&x.d);
	}
	x.settings = c->rules->settings;
	diagnosis_row(
		&x.d, SEEN_OK, "configuration", NULL, "%s", x.settings->path);
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		looks[i](&x);
	json_decref(x.stats);
	return diagnosis_end(&x.d);
}
