/*
 * Listing, showing and releasing what was not admitted. The files are ours, yet
 * read as if they were not: somebody may have edited one.
 */
#include "gate/quarantine.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/regular.h"
#include "base/text.h"

static const char suffix[] = QUARANTINE_SUFFIX;

/* A name that we gave: nothing that could lead out of the directory. */
static bool
valid_name(const char *name)
{
	size_t length = strlen(name);

	return length > sizeof(suffix) && length < QUARANTINE_NAME_SIZE &&
		name[0] != '.' && strchr(name, '/') == NULL &&
		strcmp(name + length - (sizeof(suffix) - 1), suffix) == 0;
}

/* Where the value of a prologue line goes. */
static void
take_line(struct quarantined *q, const char *line, const char *value)
{
	time_t when;
	const struct {
		const char *name;
		char *out;
		size_t size;
	} rows[] = {
		{ "Verdict: ", q->verdict, sizeof(q->verdict) },
		{ "Reason: ", q->reason, sizeof(q->reason) },
		{ "Queue-ID: ", q->queue_id, sizeof(q->queue_id) },
		{ "Sender: ", q->sender, sizeof(q->sender) },
		{ "Client: ", q->client, sizeof(q->client) },
		{ "Centers: ", q->centers, sizeof(q->centers) },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(line, rows[i].name, strlen(rows[i].name)) == 0)
			(void)text_copy(rows[i].out, rows[i].size, value);
	if (strncmp(line, "Received: ", 10) == 0 &&
		text_time_parse(value, &when) == 0)
		q->received = when;
	if (strcmp(line, "Too-Large: yes") == 0)
		q->too_large = true;
}

/*
 * Reads the prologue from the file's beginning; returns the offset of the mail,
 * or -1 if this is no file of ours.
 */
static ssize_t
read_prologue(int fd, struct quarantined *q)
{
	char text[QUARANTINE_PROLOGUE_MAX + 1];
	char *line = text, *end, *colon;
	ssize_t n = pread(fd, text, QUARANTINE_PROLOGUE_MAX, 0);

	if (n <= 0)
		return -1;
	text[n] = '\0';
	while ((end = strchr(line, '\n')) != NULL && end != line) {
		*end = '\0';
		colon = strstr(line, ": ");
		if (colon == NULL)
			return -1;
		take_line(q, line, colon + 2);
		line = end + 1;
	}
	return end == NULL || q->received == 0 ? -1 : end + 1 - text;
}

/* Opens name and reads its prologue; the descriptor, or -1. */
static int
open_file(const char *directory, const char *name, struct quarantined *q,
	ssize_t *offset_r, struct error *e)
{
	char path[4096];
	struct stat st;
	int fd;

	memset(q, 0, sizeof(*q));
	if (!valid_name(name) ||
		!text_format(path, sizeof(path), "%s/%s", directory, name))
		return error_set(
			e, ERROR_BAD, "no quarantine file name: %s", name);
	fd = regular_open(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW, e);
	if (fd == -1)
		return errno != ENOENT ? -1
				       : error_set(e, ERROR_NOT_FOUND,
						 "%s: not in quarantine", name);
	if (fstat(fd, &st) == -1) {
		error_errno(e, "%s", path);
		goto fail;
	}
	(void)text_copy(q->name, sizeof(q->name), name);
	q->size = st.st_size;
	*offset_r = read_prologue(fd, q);
	if (*offset_r != -1)
		return fd;
	error_set(e, ERROR_BAD, "%s: not a quarantine file", path);
fail:
	if (fd != -1)
		close(fd);
	return -1;
}

static int
ours(const struct dirent *entry)
{
	return valid_name(entry->d_name);
}

int
quarantine_each(const char *directory,
	int (*each)(const struct quarantined *q, void *arg), void *arg,
	struct error *e)
{
	struct dirent **names = NULL;
	struct quarantined q;
	struct error ignored;
	ssize_t offset;
	int count, fd, i;
	int rc = 0;

	count = scandir(directory, &names, ours, alphasort);
	if (count == -1)
		return error_errno(e, "quarantine %s", directory);
	for (i = 0; i < count; i++) {
		/* One that vanished or is damaged does not hide the others. */
		fd = rc != 0 ? -1
			     : open_file(directory, names[i]->d_name, &q,
				       &offset, &ignored);
		if (fd != -1) {
			close(fd);
			rc = each(&q, arg);
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

static void
parse_client(const char *text, struct sockaddr_storage *client)
{
	struct sockaddr_in *four = (struct sockaddr_in *)client;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)client;

	memset(client, 0, sizeof(*client));
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
		client->ss_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
		client->ss_family = AF_INET6;
}

static size_t
parse_centers(char *text, char (*centers)[CENTER_ID_SIZE])
{
	size_t count = 0;
	char *save, *id;

	for (id = strtok_r(text, " ", &save);
		id != NULL && count < QUARANTINE_CENTERS_MAX;
		id = strtok_r(NULL, " ", &save))
		if (claims_center(id, strlen(id), centers[count]))
			count++;
	return count;
}

static int
read_mail(
	int fd, ssize_t offset, int64_t size, struct buffer *b, struct error *e)
{
	unsigned char chunk[16384];
	ssize_t n;

	b->limit = (size_t)(size - offset);
	while ((n = pread(fd, chunk, sizeof(chunk), offset)) > 0) {
		if (buffer_append(b, chunk, (size_t)n) != BUFFER_OK)
			return error_memory(e);
		offset += n;
	}
	return n == -1 ? error_errno(e, "reading the quarantine") : 0;
}

int
quarantine_release(struct gate *gate, const char *directory, const char *name,
	struct verdict *verdict_r, struct error *e)
{
	struct quarantined q;
	struct mail mail = { 0 };
	struct buffer octets = { 0 };
	char centers[QUARANTINE_CENTERS_MAX][CENTER_ID_SIZE];
	ssize_t offset;
	int rc = -1;
	int fd = open_file(directory, name, &q, &offset, e);

	if (fd == -1)
		return -1;
	if (read_mail(fd, offset, q.size, &octets, e) == -1)
		goto out;
	mail.queue_id = q.queue_id;
	mail.sender = q.sender;
	mail.centers = (const char(*)[CENTER_ID_SIZE])centers;
	mail.center_count = parse_centers(q.centers, centers);
	mail.octets = octets.data;
	mail.length = octets.length;
	mail.too_large = q.too_large;
	mail.quarantined = q.received;
	parse_client(q.client, &mail.client);
	gate_judge(gate, &mail, verdict_r);
	rc = 0;
	if (verdict_r->kind == VERDICT_GENUINE ||
		verdict_r->kind == VERDICT_DUPLICATE)
		rc = quarantine_remove(directory, name, e);
out:
	buffer_cleanse(&octets);
	close(fd);
	return rc;
}

int
quarantine_show(
	const char *directory, const char *name, FILE *out, struct error *e)
{
	struct quarantined q;
	struct buffer octets = { 0 };
	ssize_t offset;
	int rc;
	int fd = open_file(directory, name, &q, &offset, e);

	if (fd == -1)
		return -1;
	rc = read_mail(fd, 0, q.size, &octets, e);
	if (rc == 0 && octets.length != 0 &&
		fwrite(octets.data, 1, octets.length, out) != octets.length)
		rc = error_errno(e, "writing");
	buffer_cleanse(&octets);
	close(fd);
	return rc;
}

int
quarantine_remove(const char *directory, const char *name, struct error *e)
{
	char path[4096];

	if (!valid_name(name) ||
		!text_format(path, sizeof(path), "%s/%s", directory, name))
		return error_set(
			e, ERROR_BAD, "no quarantine file name: %s", name);
	if (unlink(path) == 0)
		return 0;
	if (errno == ENOENT)
		return error_set(
			e, ERROR_NOT_FOUND, "%s: not in quarantine", name);
	return error_errno(e, "%s", path);
}
