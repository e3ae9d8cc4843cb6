/*
 * Keeping a copy. Each file is written aside, synced and renamed, so that a
 * crash leaves a whole copy or none.
 */
#include "gate/quarantine.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/crypto.h"
#include "base/text.h"
#include "gate/verdict.h"

enum { MEASURE_INTERVAL = 10 }; /* seconds that a measurement is believed */

static int
measure(const char *directory, int64_t *octets_r, struct error *e)
{
	DIR *d = opendir(directory);
	struct dirent *entry;
	struct stat st;

	if (d == NULL)
		return error_errno(e, "quarantine %s", directory);
	*octets_r = 0;
	while ((entry = readdir(d)) != NULL)
		if (fstatat(dirfd(d), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode))
			*octets_r += st.st_size;
	closedir(d);
	return 0;
}

/* Counts size octets in if they fit under the cap. */
static int
reserve(struct quarantine_usage *u, const char *directory, int64_t cap,
	int64_t size, struct error *e)
{
	int64_t now = time(NULL);
	int rc = 0;

	pthread_mutex_lock(&u->lock);
	if (now >= u->measured + MEASURE_INTERVAL || now < u->measured) {
		rc = measure(directory, &u->octets, e);
		u->measured = rc == 0 ? now : 0;
	}
	if (rc == 0 && size > cap - u->octets)
		rc = error_set(e, ERROR_LIMIT,
			"quarantine %s is full (%lld of %lld octets)",
			directory, (long long)u->octets, (long long)cap);
	if (rc == 0)
		u->octets += size;
	pthread_mutex_unlock(&u->lock);
	return rc;
}

static int
put_line(struct buffer *b, const char *name, const char *value)
{
	char printable[ADDRESS_SIZE * 4];

	text_printable(value, strlen(value), printable, sizeof(printable));
	return buffer_format(b, "%s: %s\n", name, printable);
}

static void
join_centers(
	const struct mail *m, char out[QUARANTINE_CENTERS_MAX * CENTER_ID_SIZE])
{
	size_t i;

	out[0] = '\0';
	for (i = 0; i < m->center_count && i < QUARANTINE_CENTERS_MAX; i++) {
		strcat(out, i == 0 ? "" : " ");
		strcat(out, m->centers[i]);
	}
}

static int
prologue(const struct mail *m, const struct verdict *v, struct buffer *b,
	struct error *e)
{
	char centers[QUARANTINE_CENTERS_MAX * CENTER_ID_SIZE];
	char stamp[TEXT_TIME_SIZE];
	char client[INET6_ADDRSTRLEN];
	int bad = 0;

	text_time(time(NULL), stamp);
	client_text(&m->client, client, sizeof(client));
	join_centers(m, centers);
	bad |= put_line(b, "Received", stamp);
	bad |= put_line(b, "Verdict", verdict_kind_name(v->kind));
	bad |= put_line(b, "Reason", reason_name(v->reason));
	bad |= put_line(b, "Detail", v->text);
	bad |= put_line(b, "Queue-ID", m->queue_id);
	bad |= put_line(b, "Sender", m->sender);
	bad |= put_line(b, "Client", client);
	bad |= put_line(b, "Centers", centers);
	bad |= put_line(b, "Too-Large", m->too_large ? "yes" : "no");
	bad |= buffer_text(b, "\n");
	return bad ? error_memory(e) : 0;
}

static int
write_all(int fd, const void *octets, size_t length)
{
	const char *p = octets;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		length -= (size_t)n;
	}
	return 0;
}

/* tmp, write, sync, rename, sync the directory. */
static int
write_file(const char *directory, const char *name, const struct buffer *head,
	const struct mail *m, struct error *e)
{
	char tmp[QUARANTINE_NAME_SIZE + 8];
	int dir = -1, fd = -1, rc = -1;
	bool made = false;

	(void)text_format(tmp, sizeof(tmp), ".tmp-%s", name);
	dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		goto out;
	fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		goto out;
	made = true;
	if (write_all(fd, head->data, head->length) == -1 ||
		write_all(fd, m->octets, m->length) == -1 || fsync(fd) == -1)
		goto out;
	if (close(fd) == -1) {
		fd = -1;
		goto out;
	}
	fd = -1;
	if (renameat(dir, tmp, dir, name) == -1)
		goto out;
	made = false;
	rc = fsync(dir);
out:
	if (rc == -1)
		error_errno(e, "quarantine %s", directory);
	if (made)
		unlinkat(dir, tmp, 0);
	if (fd != -1)
		close(fd);
	if (dir != -1)
		close(dir);
	return rc;
}

/* TIME-CONTENT.eml; a random number where the content has no name. */
static int
make_name(const char *content, char name[QUARANTINE_NAME_SIZE], struct error *e)
{
	unsigned char octets[8];
	char random[2 * sizeof(octets) + 1];
	char stamp[TEXT_TIME_SIZE];
	struct timespec now;

	if (crypto_random(octets, sizeof(octets), e) == -1)
		return -1;
	text_hex(octets, sizeof(octets), random);
	clock_gettime(CLOCK_REALTIME, &now);
	text_time(now.tv_sec, stamp);
	/* Before the "Z" the microseconds, so that names sort by age. */
	(void)text_format(name, QUARANTINE_NAME_SIZE, "%.19s.%06ldZ-%s%s",
		stamp, now.tv_nsec / 1000,
		content[0] != '\0' ? content : random, QUARANTINE_SUFFIX);
	return 0;
}

/*
 * Is this content here already? A replay of what could not be read would
 * otherwise fill the quarantine. 1, 0 or -1.
 */
static int
is_kept(const char *directory, const char *content, struct error *e)
{
	char ending[QUARANTINE_NAME_SIZE];
	struct dirent *entry;
	size_t length;
	int found = 0;
	DIR *d;

	if (content[0] == '\0')
		return 0;
	d = opendir(directory);
	if (d == NULL)
		return error_errno(e, "quarantine %s", directory);
	(void)text_format(
		ending, sizeof(ending), "-%s%s", content, QUARANTINE_SUFFIX);
	while (found == 0 && (entry = readdir(d)) != NULL) {
		length = strlen(entry->d_name);
		found = entry->d_name[0] != '.' && length > strlen(ending) &&
			strcmp(entry->d_name + length - strlen(ending),
				ending) == 0;
	}
	closedir(d);
	return found;
}

int
quarantine_put(struct quarantine_usage *usage, const char *directory,
	int64_t cap, const struct mail *mail, const struct verdict *verdict,
	struct error *e)
{
	char name[QUARANTINE_NAME_SIZE];
	struct buffer head = { .limit = QUARANTINE_PROLOGUE_MAX };
	int rc = is_kept(directory, verdict->content, e);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	rc = -1;
	if (prologue(mail, verdict, &head, e) == -1 ||
		make_name(verdict->content, name, e) == -1 ||
		reserve(usage, directory, cap,
			(int64_t)(head.length + mail->length), e) == -1)
		goto out;
	rc = write_file(directory, name, &head, mail, e);
out:
	buffer_clear(&head);
	return rc;
}
