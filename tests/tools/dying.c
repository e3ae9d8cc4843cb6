/*
 * Preloaded into csrc-milter, it kills the daemon (kill -9) at the DYING_AT-th
 * change of a mail: before the change is told to the MTA, and, as one step
 * more, after the last of them, the body. So a system test has each moment
 * between the record of an Email-ID and the release of its mail.
 */
#include <dlfcn.h>
#include <libmilter/mfapi.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static void
step(void)
{
	static atomic_int steps;
	const char *at = getenv("DYING_AT");

	if (at != NULL && atomic_fetch_add(&steps, 1) + 1 == atoi(at))
		kill(getpid(), SIGKILL);
}

int
smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
	int (*next)(SMFICTX *, char *, int, char *) = (int (*)(SMFICTX *,
		char *, int, char *))dlsym(RTLD_NEXT, "smfi_chgheader");

	step();
	return next(ctx, name, index, value);
}

int
smfi_addheader(SMFICTX *ctx, char *name, char *value)
{
	int (*next)(SMFICTX *, char *, char *) = (int (*)(
		SMFICTX *, char *, char *))dlsym(RTLD_NEXT, "smfi_addheader");

	step();
	return next(ctx, name, value);
}

int
smfi_replacebody(SMFICTX *ctx, unsigned char *octets, int length)
{
	int (*next)(SMFICTX *, unsigned char *, int) = (int (*)(SMFICTX *,
		unsigned char *, int))dlsym(RTLD_NEXT, "smfi_replacebody");
	int rc;

	step();
	rc = next(ctx, octets, length);
	step();
	return rc;
}
