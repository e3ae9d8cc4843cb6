/*
 * Straight calls of GMime, OpenSSL, Berkeley DB and Jansson, as their manuals
 * show them. A part that is left out is fed what an earlier call found.
 */
#include "tests/bench/bare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <db.h>
#include <gmime/gmime.h>
#include <jansson.h>
#include <openssl/cms.h>

/* The rows of an admission, as store/ledger.c writes them. */
enum { ROW_ACTIVITY, ROW_SEEN, ROW_EXPIRY, ROW_OUTBOX, ROW_META, ROWS };

static const struct {
	const char *file;
	unsigned int key;
	int value; /* octets; -1: the spool line */
} rows[ROWS] = {
	[ROW_ACTIVITY] = { "activity.db", 12, 27 },
	[ROW_SEEN] = { "seen.db", 32, 25 },
	[ROW_EXPIRY] = { "expiry.db", 41, 0 },
	[ROW_OUTBOX] = { "outbox.db", 8, -1 },
	[ROW_META] = { "meta.db", 13, 8 },
};

/* A spool line's own members beside the report. */
enum { LINE_FRAME = 330 };

struct bare {
	DB_ENV *env;
	DB *tables[ROWS];
	uint64_t count;
	GByteArray *sealed, *opened, *report; /* of the last mail */
};

static void
must(int ret, const char *what)
{
	if (ret != 0) {
		fprintf(stderr, "bench: %s: %s\n", what, db_strerror(ret));
		exit(1);
	}
}

void
bare_open(const struct rig *r, bool no_sync, struct bare **bare_r)
{
	struct bare *b = calloc(1, sizeof(*b));
	char path[300];
	int i;

	snprintf(path, sizeof(path), "%s/bare", r->directory);
	if (!b || mkdir(path, 0700) < 0)
		give_up(path, NULL);
	must(db_env_create(&b->env, 0), "environment");
	b->env->set_cachesize(b->env, 0, 32 * 1024 * 1024, 1);
	b->env->set_lg_bsize(b->env, 1024 * 1024);
	b->env->set_lg_max(b->env, 8 * 1024 * 1024);
	b->env->set_lk_detect(b->env, DB_LOCK_MINWRITE);
	if (no_sync)
		b->env->set_flags(b->env, DB_TXN_NOSYNC, 1);
	must(b->env->open(b->env, path,
		     DB_CREATE | DB_RECOVER | DB_PRIVATE | DB_THREAD |
			     DB_INIT_LOCK | DB_INIT_LOG | DB_INIT_MPOOL |
			     DB_INIT_TXN,
		     0600),
		"environment");
	for (i = 0; i < ROWS; i++) {
		must(db_create(&b->tables[i], b->env, 0), "table");
		b->tables[i]->set_pagesize(b->tables[i], 4096);
		must(b->tables[i]->open(b->tables[i], NULL, rows[i].file, NULL,
			     DB_BTREE, DB_AUTO_COMMIT | DB_THREAD | DB_CREATE,
			     0600),
			"table");
	}
	b->sealed = g_byte_array_new();
	b->opened = g_byte_array_new();
	b->report = g_byte_array_new();
	*bare_r = b;
}

void
bare_close(struct bare **bare)
{
	struct bare *b = *bare;
	int i;

	for (i = 0; i < ROWS; i++)
		b->tables[i]->close(b->tables[i], DB_NOSYNC);
	b->env->close(b->env, 0);
	g_byte_array_unref(b->sealed);
	g_byte_array_unref(b->opened);
	g_byte_array_unref(b->report);
	free(b);
	*bare = NULL;
}

/* Parses one entity and decodes its only part into out. */
static void
mime(const void *octets, size_t length, bool message, GByteArray *out)
{
	GMimeStream *in = g_mime_stream_mem_new_with_buffer(octets, length);
	GMimeParser *parser = g_mime_parser_new_with_stream(in);
	GMimeStream *to = g_mime_stream_mem_new();
	GMimeObject *root, *part;

	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(to), out);
	g_byte_array_set_size(out, 0);
	if (message)
		root = GMIME_OBJECT(
			g_mime_parser_construct_message(parser, NULL));
	else
		root = g_mime_parser_construct_part(parser, NULL);
	part = message ? g_mime_message_get_mime_part(GMIME_MESSAGE(root))
		       : root;
	g_mime_data_wrapper_write_to_stream(
		g_mime_part_get_content(GMIME_PART(part)), to);
	g_object_unref(root);
	g_object_unref(to);
	g_object_unref(parser);
	g_object_unref(in);
}

static void
unseal(struct bare *b, struct sender sender)
{
	const unsigned char *p = b->sealed->data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, b->sealed->len);
	BIO *out = BIO_new(BIO_s_mem());
	char *text;
	long length;

	if (!cms || !out ||
		!CMS_decrypt_set1_key(cms, sender.key, sender.key_length,
			sender.id, sender.id_length) ||
		!CMS_decrypt(cms, NULL, NULL, NULL, out, 0))
		give_up("decrypt", NULL);
	length = BIO_get_mem_data(out, &text);
	g_byte_array_set_size(b->opened, 0);
	g_byte_array_append(b->opened, (unsigned char *)text, length);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
}

/* Keys as the store's: a digest is anywhere, a time or number at the end. */
static void
row_key(const struct bare *b, int row, const char *serial, unsigned char *key)
{
	uint64_t count = __builtin_bswap64(b->count), mixed;

	memset(key, 0, 64);
	mixed = b->count * 0x9e3779b97f4a7c15;
	if (row == ROW_ACTIVITY)
		snprintf((char *)key, 64, "%s", serial);
	else if (row == ROW_SEEN)
		memcpy(key, &mixed, sizeof(mixed));
	else if (row == ROW_EXPIRY || row == ROW_OUTBOX)
		memcpy(key, &count, sizeof(count));
}

static void
put_rows(struct bare *b, const char *serial)
{
	static char value[8192];
	unsigned char key[64];
	DBT k = { 0 }, v = { 0 };
	DB_TXN *txn;
	int i;

	must(b->env->txn_begin(b->env, NULL, &txn, 0), "begin");
	for (i = 0; i < ROWS; i++) {
		row_key(b, i, serial, key);
		k.data = key;
		k.size = rows[i].key;
		v.data = value;
		v.size = rows[i].value >= 0 ? (u_int32_t)rows[i].value
					    : LINE_FRAME + b->report->len;
		must(b->tables[i]->put(b->tables[i], txn, &k, &v, 0), "put");
	}
	must(txn->commit(txn, 0), "commit");
	b->count++;
}

static void
json(struct bare *b)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)b->report->data, b->report->len,
		JSON_REJECT_DUPLICATES, &error);
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;

	if (!text)
		give_up("json", NULL);
	free(text);
	json_decref(root);
}

void
bare_mail(struct bare *b, const struct load_mail *m, unsigned int parts)
{
	if (parts & BARE_MIME)
		mime(m->octets.data, m->octets.length, true, b->sealed);
	if (parts & BARE_SEAL)
		unseal(b, m->sender);
	if (parts & BARE_MIME)
		mime(b->opened->data, b->opened->len, false, b->report);
	if (parts & BARE_JSON)
		json(b);
	if (parts & BARE_DATABASE)
		put_rows(b, m->sender.serial);
}
