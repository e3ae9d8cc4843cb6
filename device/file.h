/*
 * Files of the command line, bounded.
 */
#ifndef DEVICE_FILE_H
#define DEVICE_FILE_H

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

#endif
