/*
 * A request's name is its digest: one that comes again, since the center did
 * not hear that it is here, is the same file.
 */
#include "device/queue_requests.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "device/queue_inside.h"
#include "line/part.h"

#define SUFFIX ".request"

static bool
is_request(const char *name, const char *spelled)
{
	const size_t length = strlen(name), skip = strlen(spelled);

	return length < QUEUE_REQUEST_SIZE && length > skip + strlen(SUFFIX) &&
		strncmp(name, spelled, skip) == 0 && name[skip] == '.' &&
		strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

bool
queue_request_is_old(const struct queue *q, const char *name)
{
	struct stat st;

	return fstatat(q->directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		st.st_mtime + QUEUE_REQUEST_AGE < time(NULL);
}

int
queue_request_list(struct queue *q, const char *spelled,
	char (*names_r)[QUEUE_REQUEST_SIZE], size_t *count_r, struct error *e)
{
	int fd = openat(q->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *found;
	size_t count = 0;

	*count_r = 0;
	if (dir == NULL) {
		error_errno(e, "read the queue");
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (count < QUEUE_REQUESTS_MAX && (found = readdir(dir)) != NULL)
		if (is_request(found->d_name, spelled))
			text_copy(names_r[count++], QUEUE_REQUEST_SIZE,
				found->d_name);
	closedir(dir);
	*count_r = count;
	return 0;
}

static int
make_name(const char *spelled, const struct buffer *octets,
	char name[QUEUE_REQUEST_SIZE], struct error *e)
{
	const struct crypto_span all = { octets->data, octets->length };
	unsigned char digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	if (crypto_sha256(&all, 1, digest, e))
		return -1;
	text_hex(digest, sizeof(digest), hex);
	text_format(name, QUEUE_REQUEST_SIZE, "%s.%s" SUFFIX, spelled, hex);
	return 0;
}

static int
sync_directory(const struct queue *q, struct error *e)
{
	return fsync(q->directory) == -1 ? error_errno(e, "sync the queue") : 0;
}

static int
add(struct queue *q, const char *spelled, const char *name,
	const struct buffer *octets, struct error *e)
{
	char names[QUEUE_REQUESTS_MAX][QUEUE_REQUEST_SIZE];
	size_t count;

	/* whoever put it there may have been killed before it was on disk */
	if (queue_has(q, name))
		return sync_directory(q, e);
	if (queue_request_list(q, spelled, names, &count, e))
		return -1;
	if (count == QUEUE_REQUESTS_MAX)
		return error_set(e, ERROR_LIMIT,
			"%d requests wait to be answered", QUEUE_REQUESTS_MAX);
	if (file_replace(q->directory, "tmp", name, 0600, octets, e))
		return -1;
	return sync_directory(q, e);
}

int
queue_request_put(struct queue *q, const char *spelled,
	const struct buffer *octets, struct error *e)
{
	char name[QUEUE_REQUEST_SIZE];
	int rc;

	if (make_name(spelled, octets, name, e) || queue_lock(q, e))
		return -1;
	rc = add(q, spelled, name, octets, e);
	queue_unlock(q);
	return rc;
}

int
queue_request_drop(struct queue *q, const char *name, struct error *e)
{
	if (unlinkat(q->directory, name, 0) == -1 && errno != ENOENT)
		return error_errno(e, "remove %s", name);
	return 0;
}

static void
part_name(const char *spelled, char name[QUEUE_REQUEST_SIZE])
{
	text_format(name, QUEUE_REQUEST_SIZE, "%s.part", spelled);
}

int
queue_part_load(struct queue *q, const char *spelled,
	unsigned char digest_r[TRANSFER_DIGEST_SIZE], struct buffer *octets,
	struct error *e)
{
	char name[QUEUE_REQUEST_SIZE];

	part_name(spelled, name);
	return part_load(q->directory, name, digest_r, octets, e);
}

int
queue_part_keep(struct queue *q, const char *spelled,
	const unsigned char digest[TRANSFER_DIGEST_SIZE],
	const struct buffer *octets, struct error *e)
{
	char name[QUEUE_REQUEST_SIZE];

	part_name(spelled, name);
	return part_keep(q->directory, name, digest, octets, e);
}
