/*
 * By ptrace, which stops the child at each system call and says which it is.
 */
#include "tests/unit/killed.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool
changes_a_file(uint64_t call)
{
	static const long calls[] = {
		SYS_write,
		SYS_pwrite64,
		SYS_writev,
		SYS_pwritev,
		SYS_fsync,
		SYS_fdatasync,
		SYS_ftruncate,
		SYS_fallocate,
		SYS_renameat,
		SYS_renameat2,
		SYS_unlinkat,
		SYS_linkat,
		SYS_mkdirat,
#ifdef SYS_rename
		SYS_rename,
		SYS_unlink,
		SYS_link,
		SYS_mkdir,
#endif
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if ((uint64_t)calls[i] == call)
			return true;
	return false;
}

static pid_t
start(int (*run)(void *arg), void *arg)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	_exit(run(arg) == 0 ? 0 : 1);
}

/* At the beginning of a call that changes a file? */
static bool
at_change(pid_t pid)
{
	struct __ptrace_syscall_info info;

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info),
		       &info) > 0 &&
		info.op == PTRACE_SYSCALL_INFO_ENTRY &&
		changes_a_file(info.entry.nr);
}

bool
killed_at(
	unsigned int n, int (*run)(void *arg), void *arg, unsigned int *calls_r)
{
	pid_t pid = start(run, arg);
	unsigned int calls = 0;
	int status, signal = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
		(void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	for (;;) {
		ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!WIFSTOPPED(status))
			break;
		signal = WSTOPSIG(status) == (SIGTRAP | 0x80)
			? 0
			: WSTOPSIG(status);
		if (signal == 0 && at_change(pid) && ++calls == n)
			kill(pid, SIGKILL);
	}
	if (calls_r != NULL)
		*calls_r = calls;
	if (WIFSIGNALED(status))
		return true;
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

unsigned int
killed_next(unsigned int n, unsigned int calls, unsigned int last)
{
	const unsigned int end = calls > last ? calls - last : 1;

	if (n >= end)
		return n + 1;
	return n + calls / 8 < end ? n + calls / 8 : end;
}
