/*
 * An SMTP client under load that behaves as a sending MTA does: what gets a
 * 4xx, or whose connection breaks, is sent again until it is acknowledged, and
 * only then is it written to the list of acknowledged reports. Now and then it
 * hangs up between the final dot and the reply and sends the mail again, which
 * RFC 1047 says will happen. Loopback only.
 *
 * It ends when all mails are acknowledged; SIGTERM lets it finish those that
 * it has begun. Exit code: 0; 1 if a mail was refused for good or remained
 * unacknowledged; 2 usage.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/tools/reportmail.h"
#include "tests/tools/smtp.h"

enum { BACKOFF_MILLISECONDS = 100, SESSIONS_MAX = 256 };

struct load {
	uint64_t port;
	uint64_t seed;
	uint64_t first, count; /* numbers of the mails; count 0: endless */
	uint64_t sessions;
	uint64_t per_connection;
	uint64_t hang_up; /* per cent that hang up after the dot */
	uint64_t give_up; /* seconds for one mail */
	bool prepare;     /* make all mails beforehand */
	const char *center, *recipient;
	const char *senders_path, *list_path;
	struct sender *senders;
	size_t sender_count;
	struct buffer *prepared; /* count mails, or NULL */
	FILE *acknowledged;      /* "SERIAL TOTAL" lines, or NULL */

	_Atomic uint64_t next;
	_Atomic uint64_t taken, deferred, lost, hung_up, refused, given_up;
};

struct session {
	struct load *load;
	pthread_t thread;
	unsigned int random;
	struct smtp smtp;
	unsigned int mails; /* in this connection; 0: not connected */
};

/* Set by the signal handler alone. */
static volatile sig_atomic_t stopping;

static void
on_signal(int number)
{
	(void)number;
	stopping = 1;
}

static void
hang_up(struct session *s)
{
	smtp_close(&s->smtp);
	s->mails = 0;
}

static bool
chance(struct session *s, uint64_t per_cent)
{
	return (unsigned int)rand_r(&s->random) % 100 < per_cent;
}

static enum outcome
send_once(struct session *s, const struct buffer *mail)
{
	enum outcome result;

	if (s->mails >= s->load->per_connection)
		hang_up(s);
	if (s->mails++ == 0) {
		result = smtp_open(&s->smtp, (int)s->load->port);
		if (result != TAKEN)
			return result;
	}
	return smtp_send(&s->smtp, s->load->recipient, mail,
		chance(s, s->load->hang_up));
}

static void
pause_before_retry(struct session *s)
{
	unsigned int wait = BACKOFF_MILLISECONDS;

	usleep((wait / 2 + (unsigned int)rand_r(&s->random) % wait) * 1000);
}

static void
note_taken(struct load *l, const struct report_mail *m)
{
	l->taken++;
	if (l->acknowledged)
		fprintf(l->acknowledged, "%s %llu\n", m->sender->serial,
			(unsigned long long)m->total);
}

/* Sends until it is acknowledged; a retry is at times sealed anew. */
static void
deliver(struct session *s, const struct report_mail *m, struct buffer *mail)
{
	struct load *l = s->load;
	time_t until = time(NULL) + (time_t)l->give_up;
	enum outcome result;

	while ((result = send_once(s, mail)) != TAKEN) {
		hang_up(s);
		l->deferred += result == LATER;
		l->lost += result == BROKEN;
		l->hung_up += result == HUNG_UP;
		if (result == REFUSED) {
			l->refused++;
			return;
		}
		if (time(NULL) > until) {
			l->given_up++;
			return;
		}
		if (result != HUNG_UP)
			pause_before_retry(s);
		if (!l->prepared && chance(s, 50)) {
			buffer_clear(mail);
			if (report_mail(m, mail) < 0)
				abort();
		}
	}
	note_taken(l, m);
}

static struct report_mail
mail_number(const struct load *l, uint64_t number)
{
	struct report_mail m = { .center = l->center,
		.recipient = l->recipient,
		.total = number,
		.when = time(NULL) };

	m.sender = &l->senders[number % l->sender_count];
	return m;
}

static void *
session_run(void *arg)
{
	struct session *s = arg;
	struct load *l = s->load;
	struct buffer made = { 0 };
	struct report_mail m;
	uint64_t index;

	while (!stopping) {
		index = l->next++;
		if (l->count > 0 && index >= l->count)
			break;
		m = mail_number(l, l->first + index);
		if (l->prepared) {
			deliver(s, &m, &l->prepared[index]);
			continue;
		}
		buffer_clear(&made);
		if (report_mail(&m, &made) < 0)
			abort();
		deliver(s, &m, &made);
	}
	hang_up(s);
	buffer_clear(&made);
	return NULL;
}

static int
prepare(struct load *l)
{
	struct report_mail m;
	uint64_t i;

	l->prepared = calloc(l->count, sizeof(*l->prepared));
	if (!l->prepared)
		return -1;
	for (i = 0; i < l->count; i++) {
		m = mail_number(l, l->first + i);
		if (report_mail(&m, &l->prepared[i]) < 0)
			return -1;
	}
	return 0;
}

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void
run(struct load *l)
{
	struct session *sessions = calloc(l->sessions, sizeof(*sessions));
	double began = seconds_now(), took;
	unsigned int i;

	if (!sessions)
		abort();
	for (i = 0; i < l->sessions; i++) {
		sessions[i].load = l;
		sessions[i].smtp.fd = -1;
		sessions[i].random = (unsigned int)(l->seed + i);
		if (pthread_create(&sessions[i].thread, NULL, session_run,
			    &sessions[i]) != 0)
			abort();
	}
	for (i = 0; i < l->sessions; i++)
		pthread_join(sessions[i].thread, NULL);
	took = seconds_now() - began;
	printf("taken=%llu deferred=%llu lost=%llu hung-up=%llu refused=%llu "
	       "given-up=%llu seconds=%.3f rate=%.1f\n",
		(unsigned long long)l->taken, (unsigned long long)l->deferred,
		(unsigned long long)l->lost, (unsigned long long)l->hung_up,
		(unsigned long long)l->refused, (unsigned long long)l->given_up,
		took, l->taken / took);
	free(sessions);
}

static int
usage(void)
{
	fputs("usage: smtpload -s PORT -d SENDERS -c CENTER -r RECIPIENT\n"
	      "  [-n COUNT (0: until SIGTERM)] [-b FIRST] [-j SESSIONS]\n"
	      "  [-k MAILS-PER-CONNECTION] [-x PERCENT-HUNG-UP] [-S SEED]\n"
	      "  [-g GIVE-UP-SECONDS] [-o ACKNOWLEDGED] [-p (prepare)]\n",
		stderr);
	return 2;
}

/* Each takes a text or a number; -p alone takes none. */
static int
take_options(struct load *l, int argc, char **argv)
{
	const struct {
		char letter;
		const char **text;
		uint64_t *number;
	} rows[] = { { 's', NULL, &l->port }, { 'd', &l->senders_path, NULL },
		{ 'c', &l->center, NULL }, { 'r', &l->recipient, NULL },
		{ 'n', NULL, &l->count }, { 'b', NULL, &l->first },
		{ 'j', NULL, &l->sessions }, { 'k', NULL, &l->per_connection },
		{ 'x', NULL, &l->hang_up }, { 'S', NULL, &l->seed },
		{ 'g', NULL, &l->give_up }, { 'o', &l->list_path, NULL } };
	int option;
	size_t i;

	while ((option = getopt(argc, argv, "s:d:c:r:n:b:j:k:x:S:g:o:p")) !=
		-1) {
		if (option == '?')
			return -1;
		l->prepare |= option == 'p';
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			if (rows[i].letter != option)
				continue;
			if (rows[i].text)
				*rows[i].text = optarg;
			else
				*rows[i].number = strtoull(optarg, NULL, 10);
		}
	}
	if (l->port == 0 || l->port > 65535 || !l->senders_path || !l->center ||
		!l->recipient || l->sessions < 1 ||
		l->sessions > SESSIONS_MAX || (l->prepare && l->count == 0))
		return -1;
	return 0;
}

static int
open_list(struct load *l)
{
	if (!l->list_path)
		return 0;
	l->acknowledged = fopen(l->list_path, "a");
	if (!l->acknowledged) {
		perror(l->list_path);
		return -1;
	}
	setvbuf(l->acknowledged, NULL, _IOLBF, 0);
	return 0;
}

static void
load_clear(struct load *l)
{
	uint64_t i;

	for (i = 0; l->prepared && i < l->count; i++)
		buffer_clear(&l->prepared[i]);
	free(l->prepared);
	free(l->senders);
}

int
main(int argc, char **argv)
{
	struct load l = { .first = 1,
		.count = 100,
		.sessions = 4,
		.per_connection = 20,
		.give_up = 300 };
	int rc = 2;

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (take_options(&l, argc, argv) < 0)
		return usage();
	if (senders_read(l.senders_path, &l.senders, &l.sender_count) < 0 ||
		open_list(&l) < 0 || (l.prepare && prepare(&l) < 0))
		goto out;
	run(&l);
	rc = l.refused > 0 || l.given_up > 0;
	if (l.acknowledged && fclose(l.acknowledged) != 0)
		rc = 1;
out:
	load_clear(&l);
	return rc;
}
