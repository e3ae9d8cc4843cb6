/*
 * Listing, showing, releasing and removing what was not admitted.
 */
#include "gate/quarantine_inside.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"
#include "gate/gate_inside.h"

static int
ours(const struct dirent *entry)
{
	return quarantine_name_valid(entry->d_name);
}

int
quarantine_each(const char *directory,
	int (*each)(const struct quarantined *q, void *arg), void *arg,
	struct error *e)
{
	struct dirent **names = NULL;
	struct quarantined q;
	struct error ignored;
	off_t offset;
	int count, fd;
	int rc = 0;

	count = scandir(directory, &names, ours, alphasort);
	if (count == -1)
		return error_errno(e, "quarantine %s", directory);
	for (int i = 0; i < count; i++) {
		/* One that vanished or is damaged does not hide the others. */
		fd = rc != 0 ? -1
			     : quarantine_file_open(directory, names[i]->d_name,
				       &q, &offset, &ignored);
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
	char *save;

	for (char *id = strtok_r(text, " ", &save);
		id != NULL && count < QUARANTINE_CENTERS_MAX;
		id = strtok_r(NULL, " ", &save))
		if (claims_center(id, strlen(id), centers[count]))
			count++;
	return count;
}

static int
read_message(
	int fd, off_t offset, int64_t size, struct buffer *b, struct error *e)
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

static const char *
or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* What becomes of a file that was judged again. Of what was admitted before
 * nothing is said any more; what is still lacking stays. */
static int
put_back(struct gate *gate, const struct settings *s,
	const struct quarantined *q, const struct arrival *arrival,
	const struct verdict *v, struct error *e)
{
	if (v->kind != VERDICT_GENUINE && v->kind != VERDICT_DUPLICATE)
		return 0;
	if (v->lacking[0] == '\0')
		return quarantine_remove(gate->quarantine, s, q->name, e);
	return strcmp(v->lacking, q->lacking) == 0
		? 0
		: quarantine_put_again(s, q, arrival, v, e);
}

/* Judges what an open file holds as it was judged when it came. */
static int
judge_again(struct gate *gate, const struct settings *s, struct quarantined *q,
	const struct buffer *octets, bool accept_date, struct verdict *v,
	struct error *e)
{
	char centers[QUARANTINE_CENTERS_MAX][CENTER_ID_SIZE];
	struct arrival arrival = { .channel = q->channel,
		.trace = q->trace,
		.evidence = { .sender = q->envelope ? q->sender : NULL,
			.login = or_null(q->login),
			.certificate = or_null(q->certificate),
			.account = or_null(q->account),
			.caller = or_null(q->caller),
			.station = or_null(q->station) },
		.centers = (const char(*)[CENTER_ID_SIZE])centers,
		.center_count = parse_centers(q->centers, centers),
		.octets = octets->data,
		.length = octets->length,
		.too_large = q->too_large,
		.quarantined = q->received,
		.accept_date = accept_date,
		.only = or_null(q->lacking) };

	parse_client(q->client, &arrival.evidence.client);
	gate_judge(gate, &arrival, v);
	return put_back(gate, s, q, &arrival, v, e);
}

int
quarantine_read(const char *directory, const char *name,
	struct quarantined *q_r, struct buffer *octets_r, struct error *e)
{
	off_t offset;
	int fd = quarantine_file_open(directory, name, q_r, &offset, e), rc;

	if (fd == -1)
		return -1;
	rc = read_message(fd, offset, q_r->size, octets_r, e);
	close(fd);
	if (rc == -1)
		buffer_clear(octets_r);
	return rc;
}

int
quarantine_release(struct gate *gate, const char *name, bool accept_date,
	struct verdict *verdict_r, struct error *e)
{
	struct rules *rules = gate_rules(gate);
	const struct settings *s = rules->settings;
	struct quarantined q;
	struct buffer octets = { 0 };
	int rc = quarantine_read(s->quarantine_directory, name, &q, &octets, e);

	if (rc == 0) {
		rc = judge_again(
			gate, s, &q, &octets, accept_date, verdict_r, e);
		/* Somebody else released or removed it meanwhile. */
		if (rc == -1 && e->code == ERROR_NOT_FOUND)
			rc = 0;
	}
	buffer_clear(&octets);
	rules_drop(&rules);
	return rc;
}

/* Line by line, with what a terminal might obey escaped. */
static void
print(const char *text, size_t length, FILE *out)
{
	char printable[4 * 1024 + 1];
	size_t n, shown;
	bool ended;

	for (; length > 0; text += n, length -= n) {
		for (n = 0; n < length && n < 1024 && text[n] != '\n'; n++)
			;
		ended = n < length && text[n] == '\n';
		/* The mail's lines end in CR LF. */
		shown = ended && n > 0 && text[n - 1] == '\r' ? n - 1 : n;
		text_printable(text, shown, printable, sizeof(printable));
		fprintf(out, "%s%s", printable, ended ? "\n" : "");
		n += ended;
	}
}

int
quarantine_show(const char *directory, const char *name, bool printable,
	FILE *out, struct error *e)
{
	struct quarantined q;
	struct buffer octets = { 0 };
	off_t offset;
	int rc;
	int fd = quarantine_file_open(directory, name, &q, &offset, e);

	if (fd == -1)
		return -1;
	rc = read_message(fd, 0, q.size, &octets, e);
	if (rc == 0 && printable)
		print((const char *)octets.data, octets.length, out);
	else if (rc == 0)
		(void)fwrite(octets.data, 1, octets.length, out);
	if (rc == 0 && ferror(out))
		rc = error_errno(e, "writing");
	buffer_clear(&octets);
	close(fd);
	return rc;
}

/* What is removed leaves the index too, where it has been read. */
static void
forget(struct quarantine *q, const char *directory, const char *name)
{
	struct kept *k;

	pthread_mutex_lock(&q->lock);
	if (q->index != NULL && strcmp(q->directory, directory) == 0) {
		k = index_file(q->index, name);
		if (k != NULL && !k->writing)
			index_drop(q->index, k);
	}
	pthread_mutex_unlock(&q->lock);
}

int
quarantine_remove(struct quarantine *q, const struct settings *s,
	const char *name, struct error *e)
{
	const char *directory = s->quarantine_directory;
	char path[4096];

	if (!quarantine_name_valid(name) ||
		!text_format(path, sizeof(path), "%s/%s", directory, name))
		return error_set(
			e, ERROR_BAD, "no quarantine file name: %s", name);
	if (unlink(path) == 0) {
		forget(q, directory, name);
		return 0;
	}
	if (errno == ENOENT)
		return error_set(
			e, ERROR_NOT_FOUND, "%s: not in quarantine", name);
	return error_errno(e, "%s", path);
}
