#include "tests/powerfail/record.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* One process, one recorder: the functions that call it have no argument. */
static struct {
	pthread_mutex_t mutex;
	int log;
	char root[RECORD_PATH];
	const char *fail, *skip;
	int fail_at, fail_times, failures, die_at;
	bool fail_dies;
} recorder = { .mutex = PTHREAD_MUTEX_INITIALIZER, .log = -1 };

void
record_start(const char *log, const char *root)
{
	recorder.log = (int)syscall(SYS_openat, AT_FDCWD, log,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	snprintf(recorder.root, sizeof(recorder.root), "%s/", root);
}

void
record_stop(void)
{
	if (recorder.log >= 0)
		close(recorder.log);
	recorder.log = -1;
}

void
record_fail_sync(const char *holds, int count, int times)
{
	recorder.fail = holds;
	recorder.fail_at = count;
	recorder.fail_times = times;
}

void
record_die_at_sync(const char *holds, int count)
{
	record_fail_sync(holds, count, 1);
	recorder.fail_dies = true;
}

void
record_without(const char *holds)
{
	recorder.skip = holds;
}

void
record_die(int count)
{
	recorder.die_at = count;
}

int
record_failures(void)
{
	return recorder.failures;
}

/* In one call, which is what a recorded write costs more. */
static void
put(const struct record *r, const void *data)
{
	static const char zeros[RECORD_ALIGN];
	struct iovec parts[] = { { (void *)(uintptr_t)r, sizeof(*r) },
		{ (void *)(uintptr_t)data, r->length },
		{ (void *)(uintptr_t)zeros,
			record_room(r->length) - r->length } };

	if (syscall(SYS_writev, recorder.log, parts, 3) !=
		(long)(sizeof(*r) + record_room(r->length)))
		abort();
}

static void
add(enum change change, const char *path, const char *other, const void *data,
	size_t length, off_t offset)
{
	struct record r = { .change = change,
		.length = (uint32_t)length,
		.offset = (uint64_t)offset };

	if (recorder.log < 0)
		return;
	snprintf(r.path, sizeof(r.path), "%s", path);
	snprintf(r.other, sizeof(r.other), "%s", other);
	pthread_mutex_lock(&recorder.mutex);
	put(&r, data);
	pthread_mutex_unlock(&recorder.mutex);
}

void
record_note(const char *format, ...)
{
	char text[RECORD_PATH];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	add(CHANGE_NOTE, text, "", NULL, 0, 0);
}

/* Every change passes here before it is made. */
static void
live(void)
{
	if (recorder.die_at > 0 && --recorder.die_at == 0)
		_exit(9);
}

/* The path below root, or NULL: not ours, or gone. */
static const char *
below(const char *path)
{
	size_t length = strlen(recorder.root);

	if (recorder.log < 0 || strstr(path, " (deleted)") != NULL)
		return NULL;
	if (strncmp(path, recorder.root, length) == 0)
		return path + length;
	/* the directory itself */
	if (strlen(path) == length - 1 &&
		strncmp(path, recorder.root, length - 1) == 0)
		return "";
	return NULL;
}

static const char *
path_of(int fd, char buffer[4096])
{
	char link[32];
	ssize_t length;

	if (recorder.log < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, buffer, 4095);
	if (length < 0)
		return NULL;
	buffer[length] = '\0';
	return below(buffer);
}

static const char *
path_at(int directory, const char *name, char buffer[4096])
{
	char above[4096];
	const char *base;

	if (name[0] == '/' || directory == AT_FDCWD) {
		snprintf(buffer, 4096, "%s", name);
		return below(buffer);
	}
	base = path_of(directory, above);
	if (base == NULL)
		return NULL;
	if (snprintf(buffer, 4096, "%s/%s", base, name) >= 4096)
		abort();
	return buffer;
}

static int
open_any(int directory, const char *name, int flags, mode_t mode)
{
	char buffer[4096];
	struct stat st;
	const char *path = NULL;
	bool creates = false;
	int fd;

	if ((flags & O_CREAT) != 0) {
		path = path_at(directory, name, buffer);
		creates = path != NULL &&
			fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0;
		if (creates)
			live();
	}
	if ((flags & O_ACCMODE) == O_RDONLY && recorder.skip != NULL &&
		strcmp(name, recorder.skip) == 0) {
		errno = ENOENT;
		return -1;
	}
	fd = (int)syscall(SYS_openat, directory, name, flags, mode);
	if (creates && fd >= 0)
		add(CHANGE_CREATE, path, "", NULL, 0, 0);
	return fd;
}

#define OPEN(name)                                            \
	int name(const char *path, int flags, ...);           \
	int name(const char *path, int flags, ...)            \
	{                                                     \
		va_list args;                                 \
		mode_t mode;                                  \
                                                              \
		va_start(args, flags);                        \
		mode = va_arg(args, mode_t);                  \
		va_end(args);                                 \
		return open_any(AT_FDCWD, path, flags, mode); \
	}
#define OPENAT(name)                                               \
	int name(int directory, const char *path, int flags, ...); \
	int name(int directory, const char *path, int flags, ...)  \
	{                                                          \
		va_list args;                                      \
		mode_t mode;                                       \
                                                                   \
		va_start(args, flags);                             \
		mode = va_arg(args, mode_t);                       \
		va_end(args);                                      \
		return open_any(directory, path, flags, mode);     \
	}
/* What the C library's headers call instead, where flags are not constant. */
#define OPEN_CHECKED(name)                                 \
	int name(const char *path, int flags);             \
	int name(const char *path, int flags)              \
	{                                                  \
		return open_any(AT_FDCWD, path, flags, 0); \
	}
#define OPENAT_CHECKED(name)                                  \
	int name(int directory, const char *path, int flags); \
	int name(int directory, const char *path, int flags)  \
	{                                                     \
		return open_any(directory, path, flags, 0);   \
	}
OPEN_CHECKED(__open_2)
OPEN_CHECKED(__open64_2)
OPENAT_CHECKED(__openat_2)
OPENAT_CHECKED(__openat64_2)
OPEN(open)
OPENAT(openat)
#undef open64
#undef openat64
OPEN(open64)
OPENAT(openat64)

ssize_t
write(int fd, const void *data, size_t length)
{
	char buffer[4096];
	const char *path = path_of(fd, buffer);
	off_t at = path != NULL ? lseek(fd, 0, SEEK_CUR) : 0;
	ssize_t done;

	if (path != NULL)
		live();
	done = syscall(SYS_write, fd, data, length);
	if (path != NULL && done > 0)
		add(CHANGE_WRITE, path, "", data, (size_t)done, at);
	return done;
}

static ssize_t
write_at(int fd, const void *data, size_t length, off_t at)
{
	char buffer[4096];
	const char *path = path_of(fd, buffer);
	ssize_t done;

	if (path != NULL)
		live();
	done = syscall(SYS_pwrite64, fd, data, length, at);
	if (path != NULL && done > 0)
		add(CHANGE_WRITE, path, "", data, (size_t)done, at);
	return done;
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t at)
{
	return write_at(fd, data, length, at);
}

#undef pwrite64
ssize_t
pwrite64(int fd, const void *data, size_t length, off_t at)
{
	return write_at(fd, data, length, at);
}

static int
truncate_to(int fd, off_t length)
{
	char buffer[4096];
	const char *path = path_of(fd, buffer);
	int rc;

	if (path != NULL)
		live();
	rc = (int)syscall(SYS_ftruncate, fd, length);
	if (path != NULL && rc == 0)
		add(CHANGE_TRUNCATE, path, "", NULL, 0, length);
	return rc;
}

int
ftruncate(int fd, off_t length)
{
	return truncate_to(fd, length);
}

#undef ftruncate64
int
ftruncate64(int fd, off_t length)
{
	return truncate_to(fd, length);
}

/* stdio's writes, as they stand now. */
static void
add_whole(int fd, const char *path)
{
	char link[32];
	struct stat st;
	char *data;
	int copy;

	if (strstr(path, "/db/") != NULL || fstat(fd, &st) != 0 ||
		!S_ISREG(st.st_mode) || st.st_size == 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	copy = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY, 0);
	data = malloc((size_t)st.st_size);
	if (copy < 0 || data == NULL ||
		read(copy, data, (size_t)st.st_size) != st.st_size)
		abort();
	close(copy);
	add(CHANGE_WRITE, path, "", data, (size_t)st.st_size, 0);
	free(data);
}

static bool
is_meant(const char *path, const char *holds)
{
	size_t length = holds != NULL ? strlen(holds) : 0, end = strlen(path);

	if (length == 0)
		return false;
	if (holds[length - 1] != '$')
		return strstr(path, holds) != NULL;
	length--;
	return end >= length &&
		strncmp(path + end - length, holds, length) == 0;
}

static bool
sync_fails(const char *path)
{
	if (recorder.fail_times <= 0 || !is_meant(path, recorder.fail) ||
		--recorder.fail_at > 0)
		return false;
	if (recorder.fail_dies) {
		record_note("killed");
		_exit(9);
	}
	recorder.fail_times--;
	recorder.failures++;
	return true;
}

static int
sync_any(int fd, enum change well, enum change fails)
{
	char buffer[4096];
	const char *path = path_of(fd, buffer);

	if (path == NULL)
		return 0; /* nothing here is to outlive the test */
	live();
	if (is_meant(path, recorder.skip))
		return 0;
	add_whole(fd, path);
	if (sync_fails(path)) {
		add(fails, path, "", NULL, 0, 0);
		errno = EIO;
		return -1;
	}
	add(well, path, "", NULL, 0, 0);
	return 0;
}

int
fsync(int fd)
{
	return sync_any(fd, CHANGE_SYNC, CHANGE_LOST);
}

int
fdatasync(int fd)
{
	return sync_any(fd, CHANGE_SYNC, CHANGE_LOST);
}

int
syncfs(int fd)
{
	return sync_any(fd, CHANGE_SYNC_ALL, CHANGE_LOST_ALL);
}

static int
rename_any(int from_at, const char *from, int to_at, const char *to)
{
	char one[4096], two[4096];
	const char *a = path_at(from_at, from, one);
	const char *b = path_at(to_at, to, two);
	int rc;

	if (a != NULL)
		live();
	rc = (int)syscall(SYS_renameat, from_at, from, to_at, to);
	if (a != NULL && b != NULL && rc == 0)
		add(CHANGE_RENAME, a, b, NULL, 0, 0);
	return rc;
}

int
rename(const char *from, const char *to)
{
	return rename_any(AT_FDCWD, from, AT_FDCWD, to);
}

int
renameat(int from_at, const char *from, int to_at, const char *to)
{
	return rename_any(from_at, from, to_at, to);
}

static int
unlink_any(int directory, const char *name, int flags)
{
	char buffer[4096];
	const char *path = path_at(directory, name, buffer);
	int rc;

	if (path != NULL)
		live();
	rc = (int)syscall(SYS_unlinkat, directory, name, flags);
	if (path != NULL && rc == 0)
		add(CHANGE_UNLINK, path, "", NULL, 0, 0);
	return rc;
}

int
unlink(const char *path)
{
	return unlink_any(AT_FDCWD, path, 0);
}

int
unlinkat(int directory, const char *name, int flags)
{
	return unlink_any(directory, name, flags);
}

int
rmdir(const char *path)
{
	return unlink_any(AT_FDCWD, path, AT_REMOVEDIR);
}

int
mkdir(const char *name, mode_t mode)
{
	char buffer[4096];
	const char *path = path_at(AT_FDCWD, name, buffer);
	int rc;

	if (path != NULL)
		live();
	rc = (int)syscall(SYS_mkdirat, AT_FDCWD, name, mode);
	if (path != NULL && rc == 0)
		add(CHANGE_MKDIR, path, "", NULL, 0, 0);
	return rc;
}
