/*
 * The quarantine by itself: three shares filled and overfilled, by owners and
 * by strangers, with restarts and with files that somebody took away, and ends
 * between any two of its steps. System calls are counted, not timed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "gate/quarantine.h"
#include "gate/verdict.h"
#include "tests/unit/gate_fixture.h"

/* These stand before the C library's: steps to end at or fail in, and counts.
 */
static int dies_at, fails_at, steps;
static int listed, looked;

static int
step(void)
{
	steps++;
	if (steps == dies_at)
		kill(getpid(), SIGKILL);
	errno = EIO;
	return steps == fails_at ? -1 : 0;
}

/* The first sync fails, when another has come for the same. */
static atomic_bool first_fails, another;

int
fsync(int fd)
{
	if (atomic_exchange(&first_fails, false)) {
		while (!atomic_load(&another))
			sched_yield();
		/* Long enough for it to look, most times; never wrong. */
		usleep(100000);
		errno = EIO;
		return -1;
	}
	return step() == -1 ? -1 : (int)syscall(SYS_fsync, fd);
}

int
renameat(int from, const char *old, int to, const char *new)
{
	return step() == -1
		? -1
		: (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

int
lstat(const char *path, struct stat *st)
{
	looked++;
	return fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

DIR *
opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	listed++;
	return fd == -1 ? NULL : fdopendir(fd);
}

#define DAY 86400
#define NOW ((int64_t)1764000000)

struct place {
	char directory[64], path[80], log[80];
	struct settings settings;
	struct quarantine *q;
	struct error e;
};

static int
make(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	const char *tmp = getenv("TMPDIR");

	snprintf(p->directory, sizeof(p->directory), "%s/csrc-kept-XXXXXX",
		tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(p->directory) == NULL)
		return -1;
	snprintf(p->path, sizeof(p->path), "%s/kept", p->directory);
	snprintf(p->log, sizeof(p->log), "%s/log", p->directory);
	mkdir(p->path, 0700);
	p->settings.quarantine_directory = p->path;
	p->settings.quarantine_size = 1 << 20;
	p->settings.quarantine_retention = 90 * DAY;
	p->q = quarantine_new();
	must(log_open(p->log, LEVEL_INFO, &p->e), &p->e);
	dies_at = fails_at = steps = 0;
	*state = p;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
unmake(void **state)
{
	struct place *p = *state;

	quarantine_free(&p->q);
	(void)log_open("stderr", LEVEL_ERROR, &p->e);
	nftw(p->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(p);
	return 0;
}

static void
restart(struct place *p)
{
	quarantine_free(&p->q);
	p->q = quarantine_new();
}

/* Files whose name begins so; with remove they are taken away by hand. */
static int
on_disk(struct place *p, const char *beginning, bool remove)
{
	DIR *d = opendir(p->path);
	struct dirent *entry;
	int count = 0;

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0 ||
			strncmp(entry->d_name, beginning, strlen(beginning)) !=
				0)
			continue;
		count++;
		if (remove)
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	return count;
}

static int64_t
files(struct place *p, enum share share)
{
	struct quarantine_share shares[SHARE_PROVED + 1];

	must(quarantine_count(p->q, &p->settings, shares, &p->e), &p->e);
	return shares[share].files;
}

/* A mail of that many octets, from a client. */
static int
put(struct place *p, const struct verdict *v, size_t octets, const char *client,
	int64_t now)
{
	char centers[1][CENTER_ID_SIZE] = { "K0001" };
	char *text = calloc(1, octets + 1);
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "Q1",
		.evidence.sender = "printer@site.example",
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = 1,
		.octets = (unsigned char *)text,
		.length = octets };
	int rc;

	memset(text, 'x', octets);
	if (strchr(client, ':') != NULL) {
		m.evidence.client.ss_family = AF_INET6;
		inet_pton(AF_INET6, client,
			&((struct sockaddr_in6 *)&m.evidence.client)
				 ->sin6_addr);
	} else {
		m.evidence.client.ss_family = AF_INET;
		inet_pton(AF_INET, client,
			&((struct sockaddr_in *)&m.evidence.client)->sin_addr);
	}
	memset(&p->e, 0, sizeof(p->e));
	rc = quarantine_put(p->q, &p->settings, &m, v, now, &p->e);
	free(text);
	return rc;
}

static struct verdict
verdict(enum share share, const char *owner, unsigned int content)
{
	struct verdict v = { .kind = VERDICT_MALFORMED,
		.reason = REASON_UNREADABLE,
		.share = share };

	if (share == SHARE_STRANGER)
		v.reason = REASON_MALFORMED;
	snprintf(v.owner, sizeof(v.owner), "%s", owner);
	snprintf(v.content, sizeof(v.content), "%016x", content);
	return v;
}

/* A proved owner's small mail. */
static int
keep(struct place *p, unsigned int owner, unsigned int content)
{
	char name[32];
	struct verdict v;

	snprintf(name, sizeof(name), "device:D%u", owner);
	v = verdict(SHARE_PROVED, name, content);
	return put(p, &v, 100, "192.0.2.1", NOW);
}

static int
keep_stranger(
	struct place *p, unsigned int content, const char *client, int64_t now)
{
	const struct verdict v = verdict(SHARE_STRANGER, "", content);

	return put(p, &v, 100, client, now);
}

#define KEPT(call) must(call, &p->e)
#define FULL(call, about)                                  \
	do {                                               \
		assert_int_equal(call, -1);                \
		assert_int_equal(p->e.code, ERROR_LIMIT);  \
		assert_non_null(strstr(p->e.text, about)); \
	} while (0)

/* A 32nd of its share; the others go on. */
static void
owner_has_a_part(void **state)
{
	struct place *p = *state;
	unsigned int i;

	/* 512k are proved, 16k an owner's, which are four files. */
	for (i = 0; i < 4; i++)
		KEPT(keep(p, 1, i));
	FULL(keep(p, 1, 4), "device:D1");
	KEPT(keep(p, 2, 4));
	restart(p);
	FULL(keep(p, 1, 5), "device:D1");
	assert_int_equal(on_disk(p, "", false), 5);
	/* What was kept is kept, full or not. */
	KEPT(keep(p, 1, 3));
	assert_int_equal(on_disk(p, "", false), 5);
	/* By hand, while it runs. */
	assert_int_equal(on_disk(p, "", true), 5);
	KEPT(keep(p, 1, 5));
	assert_int_equal(files(p, SHARE_PROVED), 2);
}

static void
owner_has_a_hundred_files(void **state)
{
	struct place *p = *state;
	unsigned int i;

	p->settings.quarantine_size = 64 << 20;
	for (i = 0; i < 100; i++)
		KEPT(keep(p, 1, i));
	FULL(keep(p, 1, i), "device:D1");
	restart(p);
	FULL(keep(p, 1, i), "device:D1");
	KEPT(keep(p, 2, i));
}

/* A part may be smaller than a mail: there is room for one. */
static void
owner_has_room_for_one(void **state)
{
	struct place *p = *state;
	const struct verdict first = verdict(SHARE_REGISTERED, "device:B", 1);
	const struct verdict second = verdict(SHARE_REGISTERED, "device:B", 2);

	KEPT(put(p, &first, 300000, "192.0.2.1", NOW));
	FULL(put(p, &second, 100, "192.0.2.1", NOW), "device:B");
	assert_int_equal(on_disk(p, "", false), 1);
}

/* Full is full for those in it, and nobody else. */
static void
share_fills(void **state)
{
	struct place *p = *state;
	const struct verdict plain = verdict(SHARE_REGISTERED, "site:x", 1);
	unsigned int i;

	for (i = 0; i < 128; i++)
		KEPT(keep(p, i, i));
	FULL(keep(p, i, i), "share of proved");
	restart(p);
	FULL(keep(p, i, i), "share of proved");
	assert_non_null(strstr(p->e.text, "device:D128"));
	KEPT(put(p, &plain, 100, "192.0.2.1", NOW));
	KEPT(keep_stranger(p, i, "198.51.100.1", NOW));
	assert_int_equal(on_disk(p, "", true), 130);
	/* All gone by hand: it finds out when it would have to say no. */
	KEPT(keep(p, i, i));
}

/* The registered share, by a site of many devices. */
static void
registered_fill(void **state)
{
	struct place *p = *state;
	struct verdict v;
	char owner[32];
	unsigned int i;

	for (i = 0; i < 96; i++) {
		snprintf(owner, sizeof(owner), "site:%u", i);
		v = verdict(SHARE_REGISTERED, owner, i);
		KEPT(put(p, &v, 100, "192.0.2.1", NOW));
	}
	v = verdict(SHARE_REGISTERED, "site:last", i);
	FULL(put(p, &v, 100, "192.0.2.1", NOW), "share of registered");
	KEPT(keep(p, 1, 1));
}

static void
strangers_are_a_ring(void **state)
{
	struct place *p = *state;
	char client[32];
	unsigned int i;

	for (i = 0; i < 200; i++) {
		snprintf(client, sizeof(client), "10.0.%u.1", i);
		KEPT(keep_stranger(p, i, client, NOW + i));
		if (i == 100)
			restart(p);
	}
	/* 128k, and the last ones are there. */
	assert_int_equal(on_disk(p, "", false), 32);
	KEPT(keep_stranger(p, 168, "10.0.168.1", NOW + 200));
	assert_int_equal(on_disk(p, "", false), 32);
	assert_int_equal(files(p, SHARE_STRANGER), 32);
	/* The largest that can be kept at all. */
	const struct verdict v = verdict(SHARE_STRANGER, "", 1000);

	KEPT(put(p, &v, 120000, "10.1.0.1", NOW + 300));
	FULL(put(p, &v, 140000, "10.2.0.1", NOW + 300), "larger");
	assert_int_equal(files(p, SHARE_PROVED), 0);
}

static int
keep_agents(struct place *p, unsigned int agent, unsigned int content)
{
	char name[32];
	struct verdict v;

	snprintf(name, sizeof(name), "agent:A%u", agent);
	v = verdict(SHARE_AGENT, name, content);
	return put(p, &v, 100, "192.0.2.1", NOW);
}

/* Of an agent the oldest go, and of all agents; they make room for what other
 * keys have proved, and find none when that is full. */
static void
agents_are_a_ring(void **state)
{
	struct place *p = *state;
	unsigned int i;

	for (i = 0; i < 5; i++)
		KEPT(keep_agents(p, 0, i));
	assert_int_equal(files(p, SHARE_AGENT), 2);
	for (i = 1; i < 100; i++) {
		KEPT(keep_agents(p, i, i));
		if (i == 50)
			restart(p);
	}
	assert_int_equal(files(p, SHARE_AGENT), 64);
	KEPT(keep_agents(p, 99, 99));
	assert_int_equal(files(p, SHARE_AGENT), 64);
	for (i = 0; i < 128; i++)
		KEPT(keep(p, i, i));
	assert_int_equal(files(p, SHARE_AGENT), 0);
	FULL(keep(p, i, i), "share of proved");
	FULL(keep_agents(p, 1, 1), "share of agent");
}

/* What only the settings keep takes nobody's room. */
static void
copies_are_strangers(void **state)
{
	struct place *p = *state;
	struct verdict v = verdict(SHARE_PROVED, "device:D1", 1);

	v.reason = REASON_EXPIRED_EMAIL_ID;
	KEPT(put(p, &v, 100, "192.0.2.1", NOW));
	assert_int_equal(files(p, SHARE_STRANGER), 1);
	assert_int_equal(files(p, SHARE_PROVED), 0);
}

static void
network_has_a_day(void **state)
{
	static const char *const clients[][2] = { { "198.51.100.1",
							  "198.51.100.200" },
		{ "2001:db8:1:2::1", "2001:db8:1:ffff::1" },
		{ "::ffff:203.0.113.1", "203.0.113.9" } };
	struct place *p = *state;
	unsigned int i, k, content = 0;

	p->settings.quarantine_size = 8 << 20;
	for (k = 0; k < 3; k++) {
		for (i = 0; i < 20; i++)
			KEPT(keep_stranger(
				p, content++, clients[k][i % 2], NOW));
		restart(p);
		FULL(keep_stranger(p, content++, clients[k][0], NOW), "today");
		FULL(keep_stranger(p, content++, clients[k][1], NOW), "today");
		KEPT(keep_stranger(p, content++, clients[k][1], NOW + DAY));
	}
	KEPT(keep_stranger(p, content++, "2001:db8:2::1", NOW));
}

static void *
replay(void *arg)
{
	struct place *p = arg;
	const struct verdict v = verdict(SHARE_PROVED, "device:D1", 77);
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "",
		.evidence.sender = "",
		.octets = NULL };
	struct error e;

	for (int i = 0; i < 250; i++)
		if (quarantine_put(p->q, &p->settings, &m, &v, NOW, &e) != 0)
			return arg;
	return NULL;
}

/* A thousand replays, four at a time, are one file. */
static void
content_is_kept_once(void **state)
{
	struct place *p = *state;
	pthread_t threads[4];
	void *failed;
	int i;

	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, replay, p);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	assert_int_equal(on_disk(p, "", false), 1);
	restart(p);
	KEPT(keep(p, 1, 77));
	assert_int_equal(on_disk(p, "", false), 1);
	/* Another's is another. */
	KEPT(keep(p, 2, 77));
	assert_int_equal(on_disk(p, "", false), 2);
	/* Taken away by hand it is not there. */
	on_disk(p, "", true);
	KEPT(keep(p, 1, 77));
	assert_int_equal(on_disk(p, "", false), 1);
}

static void *
replay_once(void *arg)
{
	struct place *p = arg;
	const struct verdict v = verdict(SHARE_PROVED, "device:D1", 78);
	struct arrival m = { .channel = CHANNEL_MAIL,
		.trace = "",
		.evidence.sender = "",
		.octets = NULL };
	struct error e;

	return quarantine_put(p->q, &p->settings, &m, &v, NOW, &e) == 0 ? NULL
									: arg;
}

static void *
keep_another(void *arg)
{
	atomic_store(&another, true);
	return replay_once(arg);
}

/* Nobody hears that it is kept while it is not. */
static void
copy_under_way_is_no_copy(void **state)
{
	struct place *p = *state;
	pthread_t thread;
	void *failed;

	must(quarantine_tend(p->q, &p->settings, 0, &p->e), &p->e);
	atomic_store(&another, false);
	atomic_store(&first_fails, true);
	pthread_create(&thread, NULL, replay_once, p);
	while (atomic_load(&first_fails))
		sched_yield();
	assert_null(keep_another(p));
	pthread_join(thread, &failed);
	assert_non_null(failed);
	assert_int_equal(on_disk(p, "", false), 1);
}

/* What was not sealed is known by its date, its Message-ID and its body. */
static void
plain_content_is_kept_once(void **state)
{
	static const char *const mails[] = {
		"Received: from a\r\nDate: 1\r\nMessage-ID:\r\n <1>\r\n\r\nx",
		("Received: from b\r\n by c\r\nMESSAGE-ID:\r\n <1>\r\n"
		 "Date: 1\r\n\r\nx"),
		"Date: 1\r\nMessage-ID:\r\n <2>\r\n\r\nx",
		"Date: 2\r\nMessage-ID:\r\n <1>\r\n\r\nx",
		"Date: 1\r\nMessage-ID:\r\n <1>\r\n\r\ny",
		"Date: 1",
		"",
	};
	static const int kept[] = { 1, 2, 3, 4, 5, 6, 7 };
	struct place *p = *state;
	struct verdict v = verdict(SHARE_REGISTERED, "device:B", 0);
	struct arrival m = {
		.channel = CHANNEL_MAIL, .trace = "", .evidence.sender = ""
	};
	size_t i;

	p->settings.quarantine_size = 8 << 20;
	v.content[0] = '\0';
	for (i = 0; i < 7; i++) {
		m.octets = (const unsigned char *)mails[i];
		m.length = strlen(mails[i]);
		KEPT(quarantine_put(p->q, &p->settings, &m, &v, NOW, &p->e));
		KEPT(quarantine_put(p->q, &p->settings, &m, &v, NOW, &p->e));
		assert_int_equal(on_disk(p, "", false), kept[i]);
	}
}

static int
by_mail(const struct quarantined *q, void *arg)
{
	int *count = arg;

	assert_string_equal(q->channel, CHANNEL_MAIL);
	(*count)++;
	return 0;
}

static int
take(const struct quarantined *q, void *arg)
{
	memcpy(arg, q, sizeof(*q));
	return 0;
}

/* By hand, or as version 0.1 did. */
static void
place_file(struct place *p, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->path, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

#define OLD_PROLOGUE(reason)                                                  \
	"Received: 2026-01-01T00:00:00Z\nVerdict: malformed\nReason: " reason \
	"\nDetail: \nQueue-ID: Q\nSender: a@b.example\nClient: "              \
	"192.0.2.1\nCenters: K0001\nToo-Large: no\n\nmail"

static void
old_files_count(void **state)
{
	struct place *p = *state;
	struct stat st;
	char path[256];

	place_file(p, "2026-01-01T00:00:00.000001Z-00000000000000aa.eml",
		OLD_PROLOGUE("unreadable"));
	place_file(p, "by-hand.eml", OLD_PROLOGUE("unprotected"));
	place_file(p, "notes.txt", "not ours");
	place_file(p, "notes.eml", "not ours either");
	place_file(p, "no-channel.eml",
		"Channel: a \\x1b[2J\n" OLD_PROLOGUE("unprotected"));
	place_file(p, ".tmp-2026-01-01T00:00:00Z-1.eml", "half a ma");
	snprintf(path, sizeof(path), "%s/fifo.eml", p->path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(files(p, SHARE_PROVED), 1);
	assert_int_equal(files(p, SHARE_STRANGER), 1);
	/* The half one is gone, what is not ours is not. */
	assert_int_equal(on_disk(p, "", false), 6);
	/* Its replay is not kept again. */
	KEPT(keep(p, 1, 0xaa));
	assert_int_equal(on_disk(p, "", false), 6);
	snprintf(path, sizeof(path), "%s/by-hand.eml", p->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	must(quarantine_remove(p->q, &p->settings, "by-hand.eml", &p->e),
		&p->e);
	assert_int_equal(files(p, SHARE_STRANGER), 0);
}

/* Those of the fixture: each counted, listed and known again. */
static void
first_version_is_read(void **state)
{
	struct place *p = *state;
	struct quarantined q;
	char command[512];
	int mails = 0;

	snprintf(command, sizeof(command),
		"cp '%s'/tests/fixture/v1/quarantine/*.eml '%s'",
		getenv("srcdir"), p->path);
	assert_int_equal(system(command), 0);
	assert_int_equal(files(p, SHARE_PROVED) + files(p, SHARE_STRANGER), 4);
	assert_int_equal(files(p, SHARE_PROVED), 1);
	assert_int_equal(quarantine_each(p->path, take, &q, &p->e), 0);
	assert_string_equal(q.centers, "K0001");
	assert_true(q.received > 1764000000);
	/* There was one channel then. */
	assert_int_equal(quarantine_each(p->path, by_mail, &mails, &p->e), 0);
	assert_int_equal(mails, 4);
}

static void
others_cannot_read(void **state)
{
	struct place *p = *state;
	struct stat st;

	chmod(p->path, 0755);
	umask(0);
	KEPT(keep(p, 1, 1));
	umask(022);
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void
names_go_both_ways(void **state)
{
	static const char *const bad[] = { "",
		"2026-01-01T00:00:00.000001Z-00000000000000aa.eml",
		"2026-01-01T00:00:00.000001Z-x-0000000000000001-"
		"0000000000000001.eml",
		"2026-13-01T00:00:00.000001Z-p-0000000000000001-"
		"0000000000000001.eml",
		"2026-01-01T00:00:00.000001Z-p-000000000000000G-"
		"0000000000000001.eml",
		"2026-01-01T00:00:00.000001Z-p-0000000000000001-"
		"000000000000000A.eml",
		"2026-01-01T00:00:00.00001xZ-p-0000000000000001-"
		"0000000000000001.eml" };
	struct quarantine_name n = { 1767225600000001, SHARE_REGISTERED,
		UINT64_MAX, 1 };
	struct quarantine_name again;
	char text[QUARANTINE_NAME_SIZE];
	size_t i;

	(void)state;
	quarantine_name_write(&n, text);
	assert_string_equal(text,
		"2026-01-01T00:00:00.000001Z-r-ffffffffffffffff-"
		"0000000000000001.eml");
	assert_true(quarantine_name_valid(text));
	assert_true(quarantine_name_read(text, &again));
	assert_int_equal(again.came, n.came);
	assert_int_equal(again.share, n.share);
	assert_int_equal(again.whose, n.whose);
	assert_int_equal(again.content, n.content);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (quarantine_name_read(bad[i], &again))
			fail_msg("taken: %s", bad[i]);
}

/* Whoever sent it and to however many: what is written is read again. */
static void
prologues_go_both_ways(void **state)
{
	static const char *const senders[] = { "",
		"\"a \\\"quoted\\\\ part\"@b.example",
		"dr\xc3\xbc"
		"cker@stra\xc3\x9f"
		"e.example",
		"\\x41\\\\@b.example", "a\r\nVerdict: genuine\n\n\x1b[2J\x7f@b",
		"\xff\xfe" };
	struct place *p = *state;
	char centers[70][CENTER_ID_SIZE], sender[1024];
	struct arrival m = { .channel = "line",
		.trace = "q\x01\\",
		.evidence.certificate = "device:A\\B",
		.evidence.caller = "+49 30\n1234" };
	struct verdict v = verdict(SHARE_PROVED, "device:A\\B", 0);
	struct quarantined q;
	size_t i;

	for (i = 0; i < 70; i++)
		snprintf(centers[i], sizeof(centers[i]), "CENTER-%09zu", i);
	m.centers = (const char(*)[CENTER_ID_SIZE])centers;
	m.center_count = 70;
	memset(v.text, '\x01', sizeof(v.text) - 1);
	strcpy(v.claims.center, centers[69]);
	memset(sender, '\xc3', sizeof(sender) - 1);
	sender[sizeof(sender) - 1] = '\0';
	for (i = 0; i <= sizeof(senders) / sizeof(senders[0]); i++) {
		m.evidence.sender = i < 6 ? senders[i] : sender;
		v.content[0] = (char)('0' + i);
		on_disk(p, "", true);
		KEPT(quarantine_put(p->q, &p->settings, &m, &v, NOW, &p->e));
		memset(&q, 0, sizeof(q));
		assert_int_equal(quarantine_each(p->path, take, &q, &p->e), 0);
		assert_string_equal(q.sender, m.evidence.sender);
		assert_string_equal(q.trace, m.trace);
		assert_string_equal(q.owner, v.owner);
		assert_string_equal(q.channel, "line");
		assert_string_equal(q.certificate, m.evidence.certificate);
		assert_string_equal(q.caller, m.evidence.caller);
		assert_string_equal(q.login, "");
		assert_int_equal(q.share, SHARE_PROVED);
		assert_int_equal(q.received, NOW);
		assert_string_equal(q.reason, "unreadable");
		/* As many as are noted, and the one that matters first. */
		assert_int_equal(strlen(q.centers), 64 * 17 - 1);
		assert_memory_equal(q.centers, "CENTER-000000069 ", 17);
	}
}

static int
in_log(struct place *p, const char *what)
{
	char line[1024];
	FILE *f = fopen(p->log, "r");
	int count = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		count += strstr(line, what) != NULL;
	fclose(f);
	return count;
}

static void
old_ones_go(void **state)
{
	struct place *p = *state;
	unsigned int i;

	p->settings.quarantine_size = 64 << 20;
	for (i = 0; i < 130; i++)
		KEPT(keep(p, i, i));
	KEPT(keep_stranger(p, 1, "10.0.0.1", NOW + DAY));
	must(quarantine_tend(p->q, &p->settings, NOW + 90 * DAY, &p->e), &p->e);
	/* The clock is not believed. */
	must(quarantine_tend(p->q, &p->settings, 0, &p->e), &p->e);
	assert_int_equal(on_disk(p, "", false), 131);
	restart(p);
	/* A hundred in one step. */
	must(quarantine_tend(p->q, &p->settings, NOW + 90 * DAY + 1, &p->e),
		&p->e);
	assert_int_equal(on_disk(p, "", false), 31);
	must(quarantine_tend(p->q, &p->settings, NOW + 90 * DAY + 1, &p->e),
		&p->e);
	assert_int_equal(on_disk(p, "", false), 1);
	assert_int_equal(files(p, SHARE_PROVED), 0);
	assert_int_equal(in_log(p, "100 proved messages expired"), 1);
	assert_int_equal(in_log(p, "30 proved messages expired"), 1);
}

/* Once for each time that it is crossed. */
static void
alarm_at_four_fifths(void **state)
{
	struct place *p = *state;
	char client[32];
	unsigned int i;

	for (i = 0; i < 102; i++)
		KEPT(keep(p, i, i));
	assert_int_equal(in_log(p, "80% full"), 0);
	for (; i < 128; i++)
		KEPT(keep(p, i, i));
	assert_int_equal(in_log(p, "share of proved messages is 80% full"), 1);
	for (i = 0; i < 100; i++) {
		snprintf(client, sizeof(client), "10.0.%u.1", i);
		KEPT(keep_stranger(p, i, client, NOW));
	}
	assert_int_equal(in_log(p, "% full"), 1);
	on_disk(p, "", true);
	must(quarantine_tend(p->q, &p->settings, NOW, &p->e), &p->e);
	assert_int_equal(files(p, SHARE_PROVED), 0);
	for (i = 0; i < 128; i++)
		KEPT(keep(p, i, i));
	assert_int_equal(in_log(p, "share of proved messages is 80% full"), 2);
}

/* Ended between any two steps: nothing is counted that is not there. */
static void
ends_at_each_step(void **state)
{
	struct place *p = *state;
	int at, status;
	pid_t child;

	quarantine_free(&p->q);
	for (at = 1;; at++) {
		child = fork();
		if (child == 0) {
			dies_at = at;
			steps = 0;
			p->q = quarantine_new();
			_exit(keep(p, 1, (unsigned int)at) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		p->q = quarantine_new();
		assert_int_equal(
			files(p, SHARE_PROVED), on_disk(p, "20", false));
		assert_int_equal(on_disk(p, ".tmp-", false), 0);
		/* The sender tries again. */
		KEPT(keep(p, 1, (unsigned int)at));
		assert_int_equal(on_disk(p, "", false), 1);
		on_disk(p, "", true);
		quarantine_free(&p->q);
		if (!WIFSIGNALED(status))
			break;
	}
	assert_int_equal(status, 0);
	assert_int_equal(at, 5);
}

static void
fails_at_each_step(void **state)
{
	struct place *p = *state;
	int at;

	for (at = 1; at <= 4; at++) {
		restart(p);
		fails_at = at;
		steps = 0;
		assert_int_equal(keep(p, 1, 1), -1);
		assert_int_equal(p->e.code, ERROR_TROUBLE);
		fails_at = 0;
		assert_int_equal(files(p, SHARE_PROVED), 0);
		assert_int_equal(on_disk(p, "", false), 0);
	}
	KEPT(keep(p, 1, 1));
}

/* 10,000 files: a mail lists no directory, and looks at a few files at most. */
static void
work_is_constant(void **state)
{
	struct place *p = *state;
	struct quarantine_name n = { NOW * 1000000, SHARE_PROVED, 0, 0 };
	char name[QUARANTINE_NAME_SIZE];
	unsigned int i;

	p->settings.quarantine_size = (int64_t)20000 * 4096;
	for (i = 0; i < 10000; i++) {
		n.whose = n.content = i + 1000;
		quarantine_name_write(&n, name);
		place_file(p, name, "");
	}
	assert_int_equal(files(p, SHARE_PROVED), 10000);
	listed = looked = 0;
	FULL(keep(p, 1, 1), "share of proved");
	assert_int_equal(listed, 0);
	assert_in_range(looked, 1, 200);
	looked = 0;
	KEPT(keep_stranger(p, 1, "10.0.0.1", NOW));
	KEPT(keep_stranger(p, 1, "10.0.0.1", NOW));
	assert_int_equal(listed, 0);
	assert_int_equal(looked, 1);
}

/* Another directory after a reload. */
static void
directory_changes(void **state)
{
	struct place *p = *state;
	char other[100];

	KEPT(keep(p, 1, 1));
	snprintf(other, sizeof(other), "%s/other", p->directory);
	p->settings.quarantine_directory = other;
	assert_int_equal(keep(p, 1, 1), -1);
	assert_int_equal(p->e.code, ERROR_TROUBLE);
	mkdir(other, 0700);
	KEPT(keep(p, 1, 1));
	assert_int_equal(files(p, SHARE_PROVED), 1);
	p->settings.quarantine_directory = p->path;
	assert_int_equal(files(p, SHARE_PROVED), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(owner_has_a_part),
		TEST(owner_has_a_hundred_files),
		TEST(owner_has_room_for_one),
		TEST(share_fills),
		TEST(registered_fill),
		TEST(strangers_are_a_ring),
		TEST(agents_are_a_ring),
		TEST(copies_are_strangers),
		TEST(network_has_a_day),
		TEST(content_is_kept_once),
		TEST(copy_under_way_is_no_copy),
		TEST(plain_content_is_kept_once),
		TEST(old_files_count),
		TEST(first_version_is_read),
		TEST(others_cannot_read),
		TEST(names_go_both_ways),
		TEST(prologues_go_both_ways),
		TEST(old_ones_go),
		TEST(alarm_at_four_fifths),
		TEST(ends_at_each_step),
		TEST(fails_at_each_step),
		TEST(work_is_constant),
		TEST(directory_changes),
	};

	return cmocka_run_group_tests_name(
		"quarantine", tests, world_begin, NULL);
}
