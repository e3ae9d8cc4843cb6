/*
 * See hook.h.
 */
#include "fax/hook.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "fax/tiff.h"

/* What a program has told of a fax. */
struct told {
	const char *file;
	const char *station; /* NULL: it stands in the file */
	const char *caller;  /* NULL: nobody knows */
	const char *trace;   /* what its own log calls it */
	const char *error;   /* while it came, or "" */
};

/* What calls come by need not say who calls; if it does, its number is first.
 */
static int
read_hylafax(int argc, char *const *a, struct told *t)
{
	if (argc < 4)
		return -1;
	*t = (struct told){ .file = a[0],
		.trace = a[2],
		.error = a[3],
		.caller = argc > 4 ? a[4] : NULL };
	return 0;
}

static int
read_mgetty(int argc, char *const *a, struct told *t)
{
	if (argc != 4)
		return -1;
	*t = (struct told){ .file = a[3],
		.trace = "-",
		.error = strcmp(a[0], "0") == 0 ? "" : a[0],
		.station = a[1],
		.caller = getenv("CALLER_ID") };
	return 0;
}

static const struct {
	const char *program;
	int (*read)(int argc, char *const *arguments, struct told *t);
} rows[] = {
	{ "hylafax", read_hylafax },
	{ "mgetty", read_mgetty },
};

static int
read_told(const char *program, int argc, char *const *arguments, struct told *t,
	struct error *e)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].program, program) == 0 &&
			rows[i].read(argc, arguments, t) == 0)
			return 0;
	return error_set(e, ERROR_USAGE, "not what %s gives", program);
}

static int
keep(struct tray *tray, struct tray_fax *fax, const struct told *t,
	const struct buffer *tiff, struct error *e)
{
	fax->in_file = t->station == NULL;
	/* what is no number is as good as none */
	if (!fax->in_file)
		(void)telephone_read(t->station, fax->station);
	if (t->caller != NULL)
		(void)telephone_read(t->caller, fax->caller);
	if (tray_put(tray, fax, tiff, e) == -1)
		return -1;
	log_info("%s: kept, %zu octets for %s: %.80s (%.40s)%s%.80s", fax->id,
		tiff->length, fax->center, t->file, t->trace,
		t->error[0] != '\0' ? " error: " : "", t->error);
	return 0;
}

int
hook_run(const char *program, const char *center, struct tray *tray, int argc,
	char *const *arguments, struct error *e)
{
	struct buffer tiff = { .limit = TIFF_OCTETS_MAX };
	struct tray_fax fax = { .in_file = false };
	struct told t;
	int rc = -1;

	if (!claims_center(center, strlen(center), fax.center))
		return error_set(e, ERROR_USAGE, "--center is no center ID");
	if (read_told(program, argc, arguments, &t, e) == 0 &&
		file_read(t.file, &tiff, e) == 0)
		rc = keep(tray, &fax, &t, &tiff, e);
	buffer_clear(&tiff);
	return rc;
}
