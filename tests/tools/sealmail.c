/*
 * Writes distinct sealed report mails, one a file, as fast as OpenSSL makes
 * them. For load tests; single mails are better made by openssl itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/tools/reportmail.h"

static int
write_file(const char *directory, uint64_t number, const struct buffer *mail)
{
	char path[4096];
	FILE *file;
	int rc;

	snprintf(path, sizeof(path), "%s/%08llu.eml", directory,
		(unsigned long long)number);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		return -1;
	}
	rc = fwrite(mail->data, mail->length, 1, file) == 1 ? 0 : -1;
	if (fclose(file) != 0 || rc < 0) {
		perror(path);
		return -1;
	}
	return 0;
}

static int
usage(void)
{
	fputs("usage: sealmail -d SENDERS -c CENTER -r RECIPIENT [-n COUNT]"
	      " [-b FIRST] DIRECTORY\n",
		stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	struct report_mail m = { .when = time(NULL) };
	struct sender *senders = NULL;
	struct buffer mail = { 0 };
	const char *list = NULL;
	uint64_t first = 1, count = 1;
	size_t sender_count = 0;
	int option, rc = 1;

	while ((option = getopt(argc, argv, "d:c:r:n:b:")) != -1)
		switch (option) {
		case 'd':
			list = optarg;
			break;
		case 'c':
			m.center = optarg;
			break;
		case 'r':
			m.recipient = optarg;
			break;
		case 'n':
			count = strtoull(optarg, NULL, 10);
			break;
		case 'b':
			first = strtoull(optarg, NULL, 10);
			break;
		default:
			return usage();
		}
	if (!list || !m.center || !m.recipient || optind + 1 != argc)
		return usage();
	if (senders_read(list, &senders, &sender_count) < 0)
		goto out;
	for (m.total = first; m.total < first + count; m.total++) {
		m.sender = &senders[m.total % sender_count];
		buffer_clear(&mail);
		if (report_mail(&m, &mail) < 0 ||
			write_file(argv[optind], m.total, &mail) < 0)
			goto out;
	}
	rc = 0;
out:
	buffer_clear(&mail);
	free(senders);
	return rc;
}
