/*
 * Whole files, bounded: read into memory, and written anew.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * Appends what is in the file at path ("-": standard input). ERROR_BAD if it
 * cannot be opened; ERROR_LIMIT if it is larger than out's limit;
 * ERROR_TROUBLE. Errors name the file.
 */
int file_read(const char *path, struct buffer *out, struct error *e);
/* The same for an open descriptor, which stays open. */
int file_read_fd(int fd, struct buffer *out, struct error *e);

/* A file without a name that holds these, to be read from its start; for who
 * asks by descriptors. -1: ERROR_TROUBLE. */
int file_memory(const void *octets, size_t length, struct error *e);

/* A regular file must be closed to others than its owner: ERROR_BAD. */
int file_check_private(int fd, struct error *e);

/*
 * Writes a file anew: into tmp, synced, then renamed to name, both in directory
 * (or AT_FDCWD). The directory is the caller's to sync. ERROR_TROUBLE, and then
 * tmp is gone.
 */
int file_replace(int directory, const char *tmp, const char *name, mode_t mode,
	const struct buffer *octets, struct error *e);

/* The same by way of PATH.tmp, and its name is durable as well. ERROR_BAD: the
 * path is too long; ERROR_TROUBLE. */
int file_write(const char *path, mode_t mode, const struct buffer *octets,
	struct error *e);

#endif
