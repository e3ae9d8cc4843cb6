/*
 * Reads a fax in a process of its own, which has nothing but the octets of the
 * file and a pipe, and neither time nor memory without end: what stands on a
 * page is anybody's, and so is how long it takes to see that it is nothing.
 */
#ifndef FAX_READER_H
#define FAX_READER_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/telephone.h"
#include "fax/part.h"

enum {
	READER_SECONDS = 60, /* that it may take, unless somebody says more */
	READER_PAGE_SECONDS = 10, /* and for each look at a page */
	READER_SYMBOLS_MAX = 4096
};

struct reader_result {
	unsigned int pages, passed; /* as in fax/tiff.h */
	unsigned int symbols;       /* parts, each as often as it was read */
	unsigned int strange;       /* symbols that are none of ours */
	char station[TELEPHONE_SIZE], caller[TELEPHONE_SIZE];
	/* Why it ended before all was looked at; "": it did not. */
	char why[160];
};

/*
 * Puts the parts of its messages into a. ERROR_TROUBLE: our own; whatever is
 * wrong with the file is in *result_r.
 */
int reader_run(const struct buffer *tiff, unsigned int seconds,
	struct assembly *a, struct reader_result *result_r, struct error *e);

/* What that process does with the file, telling each of what it finds, without
 * any of its limits but on pages. As tiff_read. */
struct reader_sink {
	int (*symbol)(const void *octets, size_t length, void *arg);
	void *arg;
};
struct tiff_look;
int
reader_look(const void *octets, size_t length, const struct reader_sink *sink,
	struct tiff_look *look_r, struct error *e);

#endif
