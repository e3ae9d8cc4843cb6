/*
 * The master key's file. Whoever can read it and the database has every
 * device's key, hence the checks; they are made on the open file, so that it
 * cannot be another one by the time it is read.
 */
#include "config/masterkey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/durable.h"
#include "base/text.h"
#include "base/wipe.h"

enum { HEX_SIZE = 2 * MASTER_KEY_SIZE };

static int
check_file(int fd, struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(e, "stat");
	if (!S_ISREG(st.st_mode))
		return error_set(e, ERROR_DENIED, "not a regular file");
	if ((st.st_mode & 07777 & ~(S_IRUSR | S_IWUSR)) != 0)
		return error_set(e, ERROR_DENIED,
			"mode is %04o, but others than its owner must have no "
			"access (0600 or 0400)",
			(unsigned int)(st.st_mode & 07777));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return error_set(e, ERROR_DENIED,
			"owned by neither root nor the user running this");
	return 0;
}

/* One octet more than a key has, to see that there is no more. */
static int
read_hex(int fd, char text[HEX_SIZE + 3], struct error *e)
{
	size_t length = 0;
	ssize_t got;

	while (length < HEX_SIZE + 2) {
		got = read(fd, text + length, HEX_SIZE + 2 - length);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return error_errno(e, "read");
		if (got == 0)
			break;
		length += (size_t)got;
	}
	if (length > 0 && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	if (length != HEX_SIZE || strlen(text) != HEX_SIZE)
		return error_set(e, ERROR_BAD,
			"not a master key (64 hex digits and a newline)");
	return 0;
}

int
masterkey_read(
	const char *path, unsigned char key[MASTER_KEY_SIZE], struct error *e)
{
	char text[HEX_SIZE + 3];
	int rc = -1;
	int fd;

	/* O_NONBLOCK: a FIFO must not hold us up before it is refused. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1) {
		error_errno(e, "open");
		if (e != NULL && errno == ENOENT)
			e->code = ERROR_NOT_FOUND;
		goto out;
	}
	if (check_file(fd, e) == -1 || read_hex(fd, text, e) == -1)
		goto out;
	if (text_unhex(text, key, MASTER_KEY_SIZE) != MASTER_KEY_SIZE) {
		error_set(e, ERROR_BAD, "not a master key (bad hex digit)");
		goto out;
	}
	rc = 0;
out:
	if (fd != -1)
		close(fd);
	wipe(text, sizeof(text));
	if (rc == -1) {
		wipe(key, MASTER_KEY_SIZE);
		error_prefix(e, "master key %s", path);
	}
	return rc;
}

static int
write_key(int fd, struct error *e)
{
	unsigned char key[MASTER_KEY_SIZE];
	char text[HEX_SIZE + 2];
	int rc = -1;

	if (crypto_random(key, sizeof(key), e) == -1)
		goto out;
	text_hex(key, sizeof(key), text);
	text[HEX_SIZE] = '\n';
	errno = EIO; /* if less was written */
	if (write(fd, text, HEX_SIZE + 1) != HEX_SIZE + 1 || fsync(fd) == -1) {
		error_errno(e, "write");
		goto out;
	}
	rc = 0;
out:
	wipe(key, sizeof(key));
	wipe(text, sizeof(text));
	return rc;
}

int
masterkey_create(const char *path, struct error *e)
{
	int rc = -1;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		0600);
	if (fd == -1) {
		error_errno(e, "create");
		if (e != NULL && errno == EEXIST)
			e->code = ERROR_EXISTS;
		goto out;
	}
	if (fchmod(fd, 0600) == -1)
		error_errno(e, "mode");
	else if (write_key(fd, e) == 0)
		rc = durable_entry(path, e);
	close(fd);
	/* Half a key is worse than none. */
	if (rc == -1)
		unlink(path);
out:
	if (rc == -1)
		error_prefix(e, "master key %s", path);
	return rc;
}

static int
name_next(const char *path, char out[MASTERKEY_PATH_SIZE], struct error *e)
{
	return text_format(out, MASTERKEY_PATH_SIZE, "%s.new", path)
		? 0
		: error_set(e, ERROR_BAD, "the path is too long");
}

int
masterkeys_read(const char *path, struct masterkeys *keys_r, struct error *e)
{
	char next[MASTERKEY_PATH_SIZE];

	memset(keys_r, 0, sizeof(*keys_r));
	if (name_next(path, next, e) == -1 ||
		masterkey_read(path, keys_r->key, e) == -1)
		return -1;
	keys_r->has_next = masterkey_read(next, keys_r->next, NULL) == 0;
	return 0;
}

void
masterkeys_wipe(struct masterkeys *keys)
{
	wipe(keys, sizeof(*keys));
}

/* One that is no whole key was cut off when it was made, and never used. */
int
masterkey_begin(const char *path, bool *made_r, struct error *e)
{
	unsigned char key[MASTER_KEY_SIZE];
	char next[MASTERKEY_PATH_SIZE];
	int rc;

	if (name_next(path, next, e) == -1)
		return -1;
	*made_r = false;
	rc = masterkey_read(next, key, e);
	wipe(key, sizeof(key));
	if (rc == 0)
		return durable_entry(next, e);
	if (e->code == ERROR_BAD && unlink(next) == -1)
		return error_errno(e, "remove %s", next);
	if (e->code != ERROR_BAD && e->code != ERROR_NOT_FOUND)
		return -1;
	*made_r = true;
	return masterkey_create(next, e);
}

int
masterkey_replace(
	const char *path, char kept_r[MASTERKEY_PATH_SIZE], struct error *e)
{
	char next[MASTERKEY_PATH_SIZE], now[TEXT_TIME_SIZE];
	struct clock_reading r;

	clock_read(&r);
	text_time((time_t)r.real, now);
	if (name_next(path, next, e) == -1)
		return -1;
	if (!text_format(
		    kept_r, MASTERKEY_PATH_SIZE, "%s.before-%s", path, now))
		return error_set(e, ERROR_BAD, "the path is too long");
	if (link(path, kept_r) == -1 && errno != EEXIST)
		return error_errno(e, "keep %s", kept_r);
	if (durable_entry(path, e) == -1)
		return -1;
	if (rename(next, path) == -1)
		return error_errno(e, "rename %s", next);
	return durable_entry(path, e);
}
