/*
 * After a sync that failed the kernel takes pages for clean that never reached
 * the disk: it shows them to who reads the file, and the next sync says yes.
 * Recovery that reads them would acknowledge on top of a hole. So the files are
 * copied to new ones, whose every page is new and dirty, and the copies are
 * synced before anything reads them as the truth.
 *
 * Who was killed, or lost an error to somebody else's sync, cannot tell what
 * failed. So the mark "in-use" is made before the files are opened and taken
 * away when they were closed without an error; it holds the boot's number,
 * because after a reboot no page is left and the disk is the truth. For the
 * same reason the mark itself needs no sync.
 *
 * Files are replaced one by one, and a crash between two is harmless: the
 * contents do not change, and logs go first, so that no page is on the disk
 * before the log that describes it.
 */
#include "store/renew.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/log.h"
#include "base/regular.h"
#include "base/text.h"

#define MARK "in-use"
#define COPY "renewed.tmp"

enum { BOOT_SIZE = 64, CHUNK = 64 * 1024 };

/* The number of this boot; "" if there is none to be had, which is then taken
 * for the same as any other. */
static void
this_boot(char boot[BOOT_SIZE])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd != -1 ? read(fd, boot, BOOT_SIZE - 1) : 0;

	if (fd != -1)
		close(fd);
	boot[got > 0 ? got : 0] = '\0';
}

/* Is there a mark that another boot did not leave? */
static bool
suspected(int directory, const char *boot)
{
	char left[BOOT_SIZE];
	struct error ignored;
	ssize_t got;
	int fd = regular_open(directory, MARK, O_RDONLY | O_NOFOLLOW, &ignored);

	if (fd == -1)
		return errno != ENOENT;
	got = read(fd, left, sizeof(left));
	close(fd);
	return got <= 0 || boot[0] == '\0' || (size_t)got != strlen(boot) ||
		memcmp(left, boot, (size_t)got) == 0;
}

static int
write_all(int fd, const char *data, size_t length)
{
	ssize_t done;

	while (length > 0) {
		done = write(fd, data, length);
		if (done == -1 && errno != EINTR)
			return -1;
		if (done > 0) {
			data += done;
			length -= (size_t)done;
		}
	}
	return 0;
}

static int
copy_content(int from, int to)
{
	char chunk[CHUNK];
	ssize_t got;

	while ((got = read(from, chunk, sizeof(chunk))) > 0)
		if (write_all(to, chunk, (size_t)got) == -1)
			return -1;
	return got == 0 ? fsync(to) : -1;
}

/* Who made the file keeps it, if we are allowed to see to that. */
static int
copy_owner(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) == -1)
		return -1;
	if (geteuid() == 0 && fchown(to, st.st_uid, st.st_gid) == -1)
		return -1;
	return fchmod(to, st.st_mode & 07777);
}

static int
renew_file(int directory, const char *name, struct error *e)
{
	int from = regular_open(directory, name, O_RDONLY | O_NOFOLLOW, e);
	int to = -1, rc = -1;

	if (from == -1)
		return -1;
	if (unlinkat(directory, COPY, 0) == 0 || errno == ENOENT)
		to = openat(directory, COPY,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);
	if (to != -1 && copy_owner(from, to) == 0 &&
		copy_content(from, to) == 0 &&
		renameat(directory, COPY, directory, name) == 0)
		rc = 0;
	else
		error_errno(e, "%s", name);
	if (to != -1)
		close(to);
	close(from);
	if (rc != 0)
		unlinkat(directory, COPY, 0);
	return rc;
}

static bool
is_log(const char *name)
{
	return strncmp(name, "log.", 4) == 0;
}

static int
renewable(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, MARK) != 0 &&
		strcmp(entry->d_name, COPY) != 0;
}

static int
logs_first(const struct dirent **a, const struct dirent **b)
{
	bool log = is_log((*a)->d_name);

	if (log != is_log((*b)->d_name))
		return log ? -1 : 1;
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
renew_all(int directory, struct error *e)
{
	struct dirent **names;
	int count = scandirat(directory, ".", &names, renewable, logs_first);
	int rc = 0;
	bool logs = true;

	if (count == -1)
		return error_errno(e, "cannot be listed");
	for (int i = 0; i < count; i++) {
		if (rc == 0 && logs && !is_log(names[i]->d_name)) {
			logs = false;
			if (fsync(directory) == -1)
				rc = error_errno(e, "cannot sync the logs");
		}
		if (rc == 0)
			rc = renew_file(directory, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	if (rc == 0 && fsync(directory) == -1)
		rc = error_errno(e, "cannot sync their directory");
	return rc;
}

static int
leave_mark(int directory, const char *boot, struct error *e)
{
	int fd, rc = 0;

	/* root may have left one that is not ours to write to */
	unlinkat(directory, MARK, 0);
	fd = openat(directory, MARK,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1 || write_all(fd, boot, strlen(boot)) == -1)
		rc = error_errno(e, "cannot make " MARK);
	if (fd != -1)
		close(fd);
	return rc;
}

int
renew_begin(const char *path, struct error *e)
{
	char boot[BOOT_SIZE];
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (directory == -1)
		return error_errno(e, "cannot open %s", path);
	this_boot(boot);
	if (suspected(directory, boot)) {
		log_info("%s was not closed well since the machine started: "
			 "its files are written anew",
			path);
		rc = renew_all(directory, e);
		if (rc != 0)
			error_prefix(e, "%s cannot be written anew", path);
	} else {
		/* of one that the last boot cut off */
		unlinkat(directory, COPY, 0);
	}
	if (rc == 0)
		rc = leave_mark(directory, boot, e);
	close(directory);
	return rc;
}

void
renew_end(const char *path)
{
	char mark[4096];

	if (text_format(mark, sizeof(mark), "%s/" MARK, path))
		unlink(mark);
}
