/*
 * Makes the directories and an empty store. The only place where spool
 * directories are made: one that is missing later is a file system that is not
 * mounted, and must not be papered over.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/durable.h"
#include "base/text.h"
#include "store/inside.h"
#include "store/lock.h"
#include "store/meta.h"

#define NOBODY ((unsigned int)-1)

struct place {
	const char *base, *name;
	mode_t mode;
	unsigned int group;
};

/*
 * On the open directory, since what is in a directory of the daemon's is the
 * daemon's to replace, and root must not be led to give something else away.
 * chown comes first: it may take bits away that chmod gives.
 */
static int
give_place(int fd, const struct place *p, unsigned int owner, const char *path,
	struct error *e)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return error_errno(e, "cannot look at %s", path);
	if (((owner != NOBODY && st.st_uid != owner) ||
		    (p->group != NOBODY && st.st_gid != p->group)) &&
		fchown(fd, owner, p->group) == -1)
		return error_errno(e, "cannot give %s away", path);
	if ((st.st_mode & 07777) != p->mode && fchmod(fd, p->mode) == -1)
		return error_errno(e, "cannot set the mode of %s", path);
	return 0;
}

/* Only what is ours to name, in root's directories, may be a symbolic link. */
static int
make_place(const struct place *p, unsigned int owner, struct error *e)
{
	char path[STORE_PATH_SIZE];
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	bool made;
	int fd, rc;

	if (p->name[0] != '\0')
		flags |= O_NOFOLLOW;
	if (!text_format(path, sizeof(path), "%s%s", p->base, p->name))
		return error_set(e, ERROR_BAD, "a path is too long");
	made = mkdir(path, 0700) == 0;
	if (!made && errno != EEXIST)
		return error_errno(e, "cannot make %s", path);
	fd = open(path, flags);
	if (fd < 0 && errno == ENOTDIR)
		return error_set(e, ERROR_BAD, "%s is no directory", path);
	if (fd < 0)
		return error_errno(e, "cannot open %s", path);
	rc = give_place(fd, p, owner, path, e);
	if (rc == 0 && fsync(fd) == -1)
		rc = error_errno(e, "cannot sync %s", path);
	if (rc == 0)
		rc = durable_made(path, made, e);
	close(fd);
	return rc;
}

static int
read_schema(struct db_txn *t, void *arg, struct error *e)
{
	return meta_number(t, META_SCHEMA, 0, arg, e);
}

/* One that was cut off among its tables has meta, but perhaps not those that
 * are made after it; and no schema, which is written when all are there. */
static int
complete(struct db *db, struct error *e)
{
	uint64_t schema;

	if (db_read(db, read_schema, &schema, e) == -1)
		return -1;
	return schema == 0 ? db_complete(db, TABLE_META + 1, e) : 0;
}

static int
first_rows(struct db_txn *t, void *arg, struct error *e)
{
	unsigned char id[STORE_ID_OCTETS];
	uint64_t version;

	(void)arg;
	if (meta_number(t, META_SCHEMA, 0, &version, e) == -1)
		return -1;
	if (version != 0)
		return 0;
	if (crypto_random(id, sizeof(id), e) == -1 ||
		meta_store_id_set(t, id, e) == -1 ||
		meta_set(t, META_SCHEMA, SCHEMA_VERSION, e) == -1 ||
		store_clock_first(t, e) == -1 ||
		meta_set(t, META_NEXT_SEQUENCE, 1, e) == -1 ||
		meta_set(t, META_NEXT_PUBLISHED, 1, e) == -1)
		return -1;
	return meta_set(t, META_AGENTS, 0, e);
}

/* Of the set of schema 1 meta is the last to be made. */
bool
store_there(const struct store_options *o)
{
	char path[STORE_PATH_SIZE];

	return text_format(path, sizeof(path), "%s/db/%s", o->state_directory,
		       db_table_name(TABLE_META)) &&
		access(path, F_OK) == 0;
}

/* Tables are made only where there never was a complete set: one that is lost
 * must not come back empty. One whose making was cut off is taken away by
 * recovery; so it may be there before that, and not after it. */
static int
open_tables(const struct store_options *o, const char *directory,
	struct db **db_r, struct error *e)
{
	struct db_options options = { .directory = directory,
		.cache_size = o->cache_size,
		.create = !store_there(o) };

	if (db_open(&options, db_r, e) == 0)
		return 0;
	if (options.create || store_there(o))
		return -1;
	options.create = true;
	return db_open(&options, db_r, e);
}

static int
make_tables(
	const struct store_options *o, const char *directory, struct error *e)
{
	struct db *db = NULL;
	int rc = -1;

	if (open_tables(o, directory, &db, e) == 0 && complete(db, e) == 0 &&
		db_write(db, first_rows, NULL, e) == 0 &&
		db_flush(db, e) == 0 && db_checkpoint(db, 0, 0, e) == 0)
		rc = 0;
	db_close(&db);
	return rc;
}

static int
make_store(
	const struct store_options *o, const char *directory, struct error *e)
{
	int lock, rc;

	if (lock_file(o->state_directory, O_RDWR | O_CREAT, &lock, e) == -1)
		return -1;
	rc = make_tables(o, directory, e);
	close(lock);
	return rc;
}

/* Opens what was made: checks schema and master key, and leaves the files with
 * the owner of their directory. */
static int
try_store(const struct store_options *o, struct error *e)
{
	struct store *s;

	if (store_open(o, &s, e) == -1)
		return -1;
	store_shut(&s);
	return 0;
}

int
store_places(const struct store_options *o, unsigned int owner,
	unsigned int group, unsigned int spool_group, struct error *e)
{
	const struct place places[] = {
		{ o->state_directory, "", 0700, group },
		{ o->state_directory, "/db", 0700, group },
		{ o->spool_directory, "", 0755, group },
		/* Files that are made in tmp have the spool's group already,
		 * whether or not the daemon is a member of it. */
		{ o->spool_directory, "/tmp", 02700, spool_group },
		{ o->spool_directory, "/new", 02770, spool_group },
		{ o->spool_directory, "/cur", 02770, spool_group },
	};

	if (o->state_directory[0] != '/' || o->spool_directory[0] != '/')
		return error_set(e, ERROR_BAD,
			"the state and spool directories must be absolute "
			"paths");
	if (durable_parents(o->state_directory, e) == -1 ||
		durable_parents(o->spool_directory, e) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (make_place(&places[i], owner, e) == -1)
			return -1;
	if (o->archive_directory == NULL || o->archive_directory[0] == '\0')
		return 0;
	return durable_parents(o->archive_directory, e) == -1
		? -1
		: make_place(&(struct place){ o->archive_directory, "", 02750,
				     spool_group },
			  owner, e);
}

int
store_init(const struct store_options *o, unsigned int owner,
	unsigned int group, unsigned int spool_group, struct error *e)
{
	char directory[STORE_PATH_SIZE];

	if (store_places(o, owner, group, spool_group, e) == -1)
		return -1;
	if (!text_format(
		    directory, sizeof(directory), "%s/db", o->state_directory))
		return error_set(e, ERROR_BAD, "a path is too long");
	if (make_store(o, directory, e) == -1)
		return -1;
	return try_store(o, e);
}
