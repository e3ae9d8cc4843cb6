/*
 * The database as its own files know it.
 */
#ifndef STORE_DB_INSIDE_H
#define STORE_DB_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include <db.h>

#include "store/db.h"

enum {
	/* Running out is fatal; an import of 1,000 devices takes some 10,000.
	 */
	LOCKS = 60000,
	PATH_SIZE = 4096
};

struct db {
	DB_ENV *env;
	DB *tables[TABLES];
	atomic_bool broken;
	bool marked; /* renew_begin was called */
	atomic_int
		cause; /* of the panic, as the library has it; 0: not known */
	char directory[PATH_SIZE];
	/* Callers of db_flush queue here and not inside: who waits there for
	 * another's sync is not woken if that fails. */
	pthread_mutex_t flush;
};

/* Octets as the library takes them. */
DBT db_dbt(const struct octets *octets);
/* Breaks the environment; ERROR_TROUBLE, "the database cannot WHAT". */
int db_failed(struct db *db, int ret, const char *what, struct error *e);
/* The library's own messages, into our log. */
void db_complain(const DB_ENV *env, const char *prefix, const char *message);

#endif
