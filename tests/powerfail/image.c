#include "tests/powerfail/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/powerfail/record.h"

enum { FILES = 1024, NAMES = 512, PAGE = 4096, SECTOR = 512, LEVELS = 3 };

/* Mapped, since it is more than a child should copy. */
struct tape {
	char *data;
	size_t size, count;
	const struct record **records;
};

/* An inode: what the disk has, and the changes that are on their way. */
struct file {
	char *disk;
	size_t size, room;
	const struct record **pending;
	size_t waiting, space;
};

struct name {
	char path[RECORD_PATH];
	int file; /* -1: a directory */
};

/* One namespace: as the process sees it, and as the disk has it. */
struct names {
	struct name list[NAMES];
	size_t count;
};

struct disk {
	struct file files[FILES];
	int count;
	struct names seen, kept;
	const struct record *moves[FILES * 8]; /* not durable yet */
	int moved[FILES * 8];                  /* the file of each */
	size_t loose;
};

static const char *const names_of_rules[RULES] = {
	[RULE_SYNCED] = "synced",
	[RULE_ALL] = "all",
	[RULE_RANDOM] = "random",
	[RULE_LATER] = "later",
	[RULE_NAMES] = "names",
	[RULE_CONTENT] = "content",
};

const char *
rule_name(enum rule rule)
{
	return names_of_rules[rule];
}

static void
need(bool true_)
{
	if (!true_) {
		perror("image");
		abort();
	}
}

struct tape *
tape_read(const char *path)
{
	struct tape *t = calloc(1, sizeof(*t));
	const struct record *r;
	struct stat st;
	size_t at;
	int fd = open(path, O_RDONLY);

	need(t != NULL && fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0);
	t->size = (size_t)st.st_size;
	t->data = mmap(NULL, t->size, PROT_READ, MAP_SHARED, fd, 0);
	need(t->data != MAP_FAILED);
	close(fd);
	t->records = calloc(
		t->size / sizeof(struct record) + 1, sizeof(*t->records));
	need(t->records != NULL);
	for (at = 0; at < t->size; at += sizeof(*r) + record_room(r->length)) {
		r = (const struct record *)(t->data + at);
		t->records[t->count++] = r;
	}
	return t;
}

void
tape_free(struct tape *t)
{
	munmap(t->data, t->size);
	free(t->records);
	free(t);
}

size_t
tape_length(const struct tape *t)
{
	return t->count;
}

const char *
tape_note(const struct tape *t, size_t at)
{
	const struct record *r = t->records[at];

	return r->change == CHANGE_NOTE ? r->path : NULL;
}

bool
tape_lost(const struct tape *t, size_t at)
{
	const struct record *r = t->records[at];

	return r->change == CHANGE_LOST || r->change == CHANGE_LOST_ALL ||
		(r->change == CHANGE_NOTE && strcmp(r->path, "killed") == 0);
}

bool
tape_turns(const struct tape *t, size_t at)
{
	enum change change = t->records[at]->change;

	return change == CHANGE_SYNC || change == CHANGE_SYNC_ALL ||
		change == CHANGE_LOST || change == CHANGE_LOST_ALL ||
		change == CHANGE_RENAME || change == CHANGE_UNLINK;
}

static struct name *
find(struct names *n, const char *path)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (strcmp(n->list[i].path, path) == 0)
			return &n->list[i];
	return NULL;
}

static void
drop_name(struct names *n, const char *path)
{
	struct name *name = find(n, path);

	if (name != NULL)
		*name = n->list[--n->count];
}

static void
give_name(struct names *n, const char *path, int file)
{
	drop_name(n, path);
	need(n->count < NAMES);
	snprintf(n->list[n->count].path, RECORD_PATH, "%s", path);
	n->list[n->count++].file = file;
}

/* What is below a directory goes with it. */
static void
move_below(struct names *n, const char *from, const char *to)
{
	size_t length = strlen(from), i;
	char rest[RECORD_PATH];

	for (i = 0; i < n->count; i++) {
		char *path = n->list[i].path;

		if (strncmp(path, from, length) != 0 || path[length] != '/')
			continue;
		memcpy(rest, path + length, strlen(path + length) + 1);
		need(snprintf(path, RECORD_PATH, "%s%s", to, rest) <
			RECORD_PATH);
	}
}

/* One change of names, in either namespace. */
static void
move(struct names *n, const struct record *r, int file)
{
	switch (r->change) {
	case CHANGE_CREATE:
	case CHANGE_MKDIR:
		give_name(n, r->path, file);
		break;
	case CHANGE_RENAME:
		drop_name(n, r->path);
		give_name(n, r->other, file);
		if (file < 0)
			move_below(n, r->path, r->other);
		break;
	default:
		drop_name(n, r->path);
	}
}

static void
resize(struct file *f, size_t size)
{
	if (size > f->room) {
		f->room = size + size / 2;
		f->disk = realloc(f->disk, f->room);
		need(f->disk != NULL);
	}
	if (size > f->size)
		memset(f->disk + f->size, 0, size - f->size);
	f->size = size;
}

/* Only the blocks that the seed chooses; 0: all of them. */
static void
apply(struct file *f, const struct record *r, size_t block, unsigned int *seed)
{
	const char *data = (const char *)(r + 1);
	size_t end = r->offset + r->length, at, next;

	if (r->change == CHANGE_TRUNCATE) {
		resize(f, r->offset);
		return;
	}
	for (at = r->offset; at < end; at = next) {
		next = block != 0 ? (at / block + 1) * block : end;
		if (next > end)
			next = end;
		if (block != 0 && rand_r(seed) % 2 == 0)
			continue;
		if (next > f->size)
			resize(f, next);
		memcpy(f->disk + at, data + (at - r->offset), next - at);
	}
}

static void
wait_for_disk(struct file *f, const struct record *r)
{
	if (f->waiting == f->space) {
		f->space = f->space * 2 + 16;
		f->pending =
			realloc(f->pending, f->space * sizeof(*f->pending));
		need(f->pending != NULL);
	}
	f->pending[f->waiting++] = r;
}

static void
settle(struct file *f)
{
	size_t i;

	for (i = 0; i < f->waiting; i++)
		apply(f, f->pending[i], 0, NULL);
	f->waiting = 0;
}

static bool
in_directory(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	if (length == 0)
		return path[0] != '\0' && strchr(path, '/') == NULL;
	return strncmp(path, directory, length) == 0 && path[length] == '/' &&
		strchr(path + length + 1, '/') == NULL;
}

/* A directory's sync: its names are durable, in their order. */
static void
settle_names(struct disk *d, const char *directory)
{
	size_t i, left = 0;

	for (i = 0; i < d->loose; i++) {
		const struct record *r = d->moves[i];

		if (in_directory(r->path, directory) ||
			(r->change == CHANGE_RENAME &&
				in_directory(r->other, directory))) {
			move(&d->kept, r, d->moved[i]);
		} else {
			d->moves[left] = r;
			d->moved[left++] = d->moved[i];
		}
	}
	d->loose = left;
}

static void
settle_all(struct disk *d)
{
	size_t i;
	int n;

	for (n = 0; n < d->count; n++)
		settle(&d->files[n]);
	for (i = 0; i < d->loose; i++)
		move(&d->kept, d->moves[i], d->moved[i]);
	d->loose = 0;
}

/* Nobody knows which of the files it was: all below. */
static void
lose_all(struct disk *d, const char *directory)
{
	size_t length = strlen(directory), i;

	for (i = 0; i < d->seen.count; i++) {
		const struct name *n = &d->seen.list[i];

		if (n->file >= 0 && strncmp(n->path, directory, length) == 0 &&
			n->path[length] == '/')
			d->files[n->file].waiting = 0;
	}
}

static void
change_names(struct disk *d, const struct record *r)
{
	struct name *name = find(&d->seen, r->path);
	int file = name != NULL ? name->file : -1;

	if (r->change == CHANGE_CREATE) {
		need(d->count < FILES);
		file = d->count++;
	}
	move(&d->seen, r, file);
	need(d->loose < sizeof(d->moves) / sizeof(d->moves[0]));
	d->moves[d->loose] = r;
	d->moved[d->loose++] = file;
}

static void
change_content(struct disk *d, const struct record *r)
{
	struct name *name = find(&d->seen, r->path);
	struct file *f;

	if (name == NULL || name->file < 0) {
		if (r->change == CHANGE_SYNC)
			settle_names(d, r->path);
		return;
	}
	f = &d->files[name->file];
	if (r->change == CHANGE_SYNC)
		settle(f);
	else if (r->change == CHANGE_LOST)
		f->waiting = 0;
	else
		wait_for_disk(f, r);
}

static void
play(struct disk *d, const struct record *r)
{
	switch (r->change) {
	case CHANGE_NOTE:
		break;
	case CHANGE_CREATE:
	case CHANGE_RENAME:
	case CHANGE_UNLINK:
	case CHANGE_MKDIR:
		change_names(d, r);
		break;
	case CHANGE_SYNC_ALL:
		settle_all(d);
		break;
	case CHANGE_LOST_ALL:
		lose_all(d, r->path);
		break;
	default:
		change_content(d, r);
	}
}

/* A table's page is a block of the file system: store/db.c counts on that. */
static size_t
block_of(const struct record *r, unsigned int seed)
{
	return strstr(r->path, ".db") != NULL || seed % 2 != 0 ? PAGE : SECTOR;
}

/* What becomes of the changes that were under way. */
static void
crash(struct disk *d, enum rule rule, unsigned int seed)
{
	size_t i, names = d->loose;
	int n;

	for (n = 0; n < d->count; n++) {
		struct file *f = &d->files[n];

		i = rule == RULE_LATER ? f->waiting / 2 : 0;
		if (rule == RULE_SYNCED || rule == RULE_NAMES)
			i = f->waiting;
		for (; i < f->waiting; i++)
			apply(f, f->pending[i],
				rule == RULE_RANDOM
					? block_of(f->pending[i], seed)
					: 0,
				&seed);
	}
	if (rule == RULE_SYNCED || rule == RULE_CONTENT)
		names = 0;
	if (rule == RULE_RANDOM && names > 0)
		names = (size_t)rand_r(&seed) % (names + 1);
	for (i = 0; i < names; i++)
		move(&d->kept, d->moves[i], d->moved[i]);
}

/* Nothing if its directory is not on the disk. */
static void
store_file(const struct file *f, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
	size_t at = 0;
	ssize_t done;

	if (fd < 0 && errno == ENOENT)
		return;
	need(fd >= 0);
	while (at < f->size) {
		done = write(fd, f->disk + at, f->size - at);
		need(done > 0);
		at += (size_t)done;
	}
	close(fd);
}

/* The mark of a boot is another's once the power has failed. */
static const struct file other_boot = { .disk = (char *)"another", .size = 7 };

static void
write_out(const struct disk *d, const char *root)
{
	char path[4096];
	size_t i;

	/* in no order: once for each level */
	for (i = 0; i < d->kept.count * LEVELS; i++) {
		const struct name *n = &d->kept.list[i % d->kept.count];

		snprintf(path, sizeof(path), "%s/%s", root, n->path);
		if (n->file < 0)
			mkdir(path, 0700);
	}
	for (i = 0; i < d->kept.count; i++) {
		const struct name *n = &d->kept.list[i];

		snprintf(path, sizeof(path), "%s/%s", root, n->path);
		if (n->file >= 0)
			store_file(strstr(n->path, "/in-use") != NULL
					? &other_boot
					: &d->files[n->file],
				path);
	}
}

static struct disk *
play_all(const struct tape *t, size_t changes)
{
	struct disk *d = calloc(1, sizeof(*d));
	size_t i;

	need(d != NULL);
	for (i = 0; i < changes; i++)
		play(d, t->records[i]);
	return d;
}

static bool
has_parent(struct names *n, const char *path)
{
	char above[RECORD_PATH];
	char *slash;

	memcpy(above, path, sizeof(above));
	slash = strrchr(above, '/');
	if (slash == NULL)
		return true;
	*slash = '\0';
	return find(n, above) != NULL;
}

/* What the disk has is what is seen from now on. */
static void
power_on(struct disk *d)
{
	size_t i, level;
	int n;

	for (level = 0; level < LEVELS; level++)
		for (i = d->kept.count; i-- > 0;)
			if (!has_parent(&d->kept, d->kept.list[i].path))
				drop_name(&d->kept, d->kept.list[i].path);
	d->seen = d->kept;
	d->loose = 0;
	for (n = 0; n < d->count; n++)
		d->files[n].waiting = 0;
}

static void
disk_free(struct disk *d)
{
	int i;

	for (i = 0; i < d->count; i++) {
		free(d->files[i].disk);
		free(d->files[i].pending);
	}
	free(d);
}

void
image_build(const struct tape *t, size_t changes, enum rule rule,
	unsigned int seed, const char *root)
{
	struct disk *d = play_all(t, changes);

	crash(d, rule, seed);
	write_out(d, root);
	disk_free(d);
}

void
image_build_again(const struct tape *t, size_t changes, enum rule rule,
	unsigned int seed, const struct tape *then, const char *root)
{
	struct disk *d = play_all(t, changes);
	size_t i;

	crash(d, rule, seed);
	power_on(d);
	for (i = 0; i < then->count; i++)
		play(d, then->records[i]);
	crash(d, RULE_SYNCED, 0);
	write_out(d, root);
	disk_free(d);
}

size_t
image_loose_names(const struct tape *t, size_t changes)
{
	struct disk *d = play_all(t, changes);
	size_t i, loose = 0;

	for (i = 0; i < d->loose; i++)
		if (strstr(d->moves[i]->path, "in-use") == NULL &&
			strstr(d->moves[i]->path, "lock") == NULL) {
			printf("# not durable: %s\n", d->moves[i]->path);
			loose++;
		}
	disk_free(d);
	return loose;
}
