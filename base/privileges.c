/*
 * The way from root to nobody in particular, each step checked: a daemon that
 * reads hostile mail must not be root by mistake.
 */
#include "base/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

int
identity_find(const char *name, struct identity *identity_r, struct error *e)
{
	const struct passwd *user;

	*identity_r = (struct identity){ NULL, geteuid(), getegid() };
	if (name[0] == '\0' || geteuid() != 0)
		return 0;
	user = getpwnam(name);
	if (user == NULL)
		return error_set(e, ERROR_NOT_FOUND, "no such user: %s", name);
	*identity_r = (struct identity){ name, user->pw_uid, user->pw_gid };
	return 0;
}

int
group_find(const char *name, gid_t fallback, gid_t *gid_r, struct error *e)
{
	const struct group *group;

	*gid_r = fallback;
	if (name[0] == '\0')
		return 0;
	group = getgrnam(name);
	if (group == NULL)
		return error_set(e, ERROR_NOT_FOUND, "no such group: %s", name);
	*gid_r = group->gr_gid;
	return 0;
}

int
privileges_drop(const struct identity *identity, struct error *e)
{
	if (identity->name == NULL && identity->uid != 0)
		return 0;
	if (identity->name == NULL)
		return error_set(e, ERROR_DENIED,
			"will not work as root: set the option user");
	if (initgroups(identity->name, identity->gid) == -1 ||
		setresgid(identity->gid, identity->gid, identity->gid) == -1 ||
		setresuid(identity->uid, identity->uid, identity->uid) == -1)
		return error_errno(e, "cannot become user %s", identity->name);
	if (setuid(0) == 0 || seteuid(0) == 0)
		return error_set(e, ERROR_TROUBLE,
			"user %s is root, or can become root again",
			identity->name);
	return 0;
}

int
privileges_none(struct error *e)
{
	if (geteuid() != 0)
		return 0;
	return error_set(e, ERROR_DENIED,
		"must not run as root: start it as a user that channel_users "
		"in csrc-milter.conf(5) names");
}

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
enum { ADDRESS_SANITIZER = 1 };
#else
enum { ADDRESS_SANITIZER = 0 };
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
enum { SANITIZER = 1 };
#else
enum { SANITIZER = ADDRESS_SANITIZER };
#endif

/* LeakSanitizer inspects the process as a debugger does. */
static int
dumpable(void)
{
	return ADDRESS_SANITIZER;
}

int
privileges_harden(struct error *e)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1 ||
		prctl(PR_SET_DUMPABLE, dumpable(), 0, 0, 0) == -1 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return error_errno(e, "cannot shut the process off");
	return 0;
}

static int
limit(int what, rlim_t most)
{
	const struct rlimit l = { most, most };

	return setrlimit(what, &l);
}

int
privileges_confine(int keep, unsigned int seconds, size_t memory)
{
	if ((keep != 0 && dup2(keep, 0) == -1) || close_range(1, ~0U, 0) == -1)
		return -1;
	/* a sanitizer takes all there is to take */
	if (!SANITIZER && limit(RLIMIT_AS, memory) == -1)
		return -1;
	return prctl(PR_SET_PDEATHSIG, SIGKILL) |
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) |
		limit(RLIMIT_CPU, seconds) | limit(RLIMIT_CORE, 0) |
		limit(RLIMIT_FSIZE, 0) | limit(RLIMIT_NPROC, 0) |
		limit(RLIMIT_NOFILE, 0);
}
