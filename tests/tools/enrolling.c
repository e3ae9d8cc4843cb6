/*
 * Many clients of the authority at once: enrolling URL CLIENTS [SECONDS], with
 * a line LICENCE CODE PRINCIPAL FILE for each enrolment on standard input. Each
 * has a key of its own, made before the first one asks, and asks with it again
 * until it has its certificate, for so many seconds (0: once). The certificate
 * goes to FILE, or nowhere: "-". Prints how often it was asked, and what came
 * of it; and why one was refused.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/pem.h"
#include "enrol/cmp.h"

enum {
	CLIENTS_MAX = 64,
	ENROLMENTS_MAX = 10000,
	FILE_SIZE = 256,
	NAP = 100 * 1000 * 1000 /* nanoseconds from one try to the next */
};

struct enrolment {
	char licence[16], code[64], principal[64], file[FILE_SIZE];
	EVP_PKEY *key;
};

static struct {
	struct dav_options authority;
	struct enrolment *enrolments;
	size_t count;
	long patience; /* seconds */
	atomic_size_t next, made;
	atomic_uint tries, failures[ERROR_TROUBLE + 1];
} run;

static void
give_up(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static int
write_certificate(const char *path, X509 *certificate, struct error *e)
{
	struct buffer text = { 0 };
	int rc = pem_add_certificate(&text, certificate, e);

	if (rc == 0)
		rc = file_write(path, 0644, &text, e);
	buffer_clear(&text);
	return rc;
}

static int
ask(const struct enrolment *one, struct error *e)
{
	const struct cmp_request request = { .authority = &run.authority,
		.key = one->key,
		.principal = one->principal,
		.licence = one->licence,
		.code = one->code };
	struct pair_content content;
	int rc = cmp_certify(&request, &content, e);

	atomic_fetch_add(&run.tries, 1);
	if (rc == -1)
		atomic_fetch_add(&run.failures[e->code], 1);
	else if (strcmp(one->file, "-") != 0)
		rc = write_certificate(one->file, content.certificate, e);
	pair_content_clear(&content);
	return rc;
}

static void
enrol(const struct enrolment *one)
{
	const struct timespec nap = { .tv_nsec = NAP };
	const int64_t until = clock_seconds() + run.patience;
	struct error e;

	while (ask(one, &e) == -1) {
		if (e.code != ERROR_TROUBLE || clock_seconds() >= until)
			fprintf(stderr, "%s: %s\n", one->licence, e.text);
		if (clock_seconds() >= until)
			return;
		nanosleep(&nap, NULL);
	}
	atomic_fetch_add(&run.made, 1);
}

static void *
client(void *unused)
{
	size_t mine;

	(void)unused;
	while ((mine = atomic_fetch_add(&run.next, 1)) < run.count)
		enrol(&run.enrolments[mine]);
	return NULL;
}

static void
read_enrolments(void)
{
	struct enrolment one = { 0 };

	run.enrolments = calloc(ENROLMENTS_MAX, sizeof(one));
	if (run.enrolments == NULL)
		give_up("enrolments", "no memory");
	while (scanf("%15s %63s %63s %255s", one.licence, one.code,
		       one.principal, one.file) == 4) {
		one.key = EVP_EC_gen("P-256");
		if (one.key == NULL || run.count == ENROLMENTS_MAX)
			give_up(one.licence, "too many, or no key");
		run.enrolments[run.count++] = one;
	}
}

static void
free_enrolments(void)
{
	for (size_t i = 0; i < run.count; i++)
		EVP_PKEY_free(run.enrolments[i].key);
	free(run.enrolments);
}

static void
run_clients(size_t count)
{
	pthread_t threads[CLIENTS_MAX];

	for (size_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, client, NULL) != 0)
			give_up("client", "no thread");
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

int
main(int argc, char **argv)
{
	const size_t clients = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	int64_t began;
	clock_t used;
	bool all;

	if (clients == 0 || clients > CLIENTS_MAX)
		give_up("usage", "enrolling URL CLIENTS [SECONDS]");
	run.authority.url = argv[1];
	run.patience = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
	read_enrolments();
	began = clock_microseconds();
	used = clock();
	run_clients(clients);
	used = clock() - used;
	printf("enrolled=%zu tries=%u trouble=%u denied=%u bad=%u "
	       "processor=%.3f seconds=%.3f\n",
		run.made, run.tries, run.failures[ERROR_TROUBLE],
		run.failures[ERROR_DENIED], run.failures[ERROR_BAD],
		(double)used / CLOCKS_PER_SEC,
		(double)(clock_microseconds() - began) / 1e6);
	all = run.made == run.count;
	free_enrolments();
	return all ? 0 : 1;
}
