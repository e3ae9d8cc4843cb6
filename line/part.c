/*
 * The digest, and behind it what has come. Not synced: what a crash costs comes
 * once more from the start.
 */
#include "line/part.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/regular.h"
#include "base/text.h"

enum { NAME_SIZE = 256 };

static int
split(const struct buffer *all, unsigned char digest_r[TRANSFER_DIGEST_SIZE],
	struct buffer *octets, struct error *e)
{
	if (all->length <= TRANSFER_DIGEST_SIZE)
		return 1;
	memcpy(digest_r, all->data, TRANSFER_DIGEST_SIZE);
	return buffer_append(octets, all->data + TRANSFER_DIGEST_SIZE,
		       all->length - TRANSFER_DIGEST_SIZE) == BUFFER_OK
		? 0
		: error_memory(e);
}

int
part_load(int directory, const char *name,
	unsigned char digest_r[TRANSFER_DIGEST_SIZE], struct buffer *octets,
	struct error *e)
{
	struct buffer all = { 0 };
	int fd = regular_open(directory, name, O_RDONLY | O_NOFOLLOW, e);
	int rc = 1;

	if (fd == -1)
		return 1;
	if (file_read_fd(fd, &all, e) == 0)
		rc = split(&all, digest_r, octets, e);
	buffer_clear(&all);
	close(fd);
	return rc;
}

int
part_keep(int directory, const char *name,
	const unsigned char digest[TRANSFER_DIGEST_SIZE],
	const struct buffer *octets, struct error *e)
{
	struct buffer all = { 0 };
	char tmp[NAME_SIZE];
	int rc = -1;

	if (octets->length == 0)
		return unlinkat(directory, name, 0) == 0 || errno == ENOENT
			? 0
			: error_errno(e, "remove %s", name);
	text_format(tmp, sizeof(tmp), "%s.tmp", name);
	if (buffer_append(&all, digest, TRANSFER_DIGEST_SIZE) == BUFFER_OK &&
		buffer_append(&all, octets->data, octets->length) == BUFFER_OK)
		rc = file_replace(directory, tmp, name, 0600, &all, e);
	else
		error_memory(e);
	buffer_clear(&all);
	return rc;
}
