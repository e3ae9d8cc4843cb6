/*
 * killed-at N COMMAND…: runs the command and kills it (SIGKILL) at its N-th
 * system call that changes a file or tells another machine something, before
 * the call is made. A test that counts N up has every moment at which a crash
 * could come.
 *
 * Exits as the command did, or with 99 if it was killed.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KILLED = 99, CANNOT = 98 };

static bool
counts(uint64_t call)
{
	static const long calls[] = {
		SYS_write,
		SYS_writev,
		SYS_sendto,
		SYS_sendmsg,
		SYS_connect,
		SYS_openat,
		SYS_fsync,
		SYS_ftruncate,
		SYS_renameat,
		SYS_renameat2,
		SYS_unlinkat,
		SYS_mkdirat,
#ifdef SYS_rename
		SYS_open,
		SYS_rename,
		SYS_unlink,
		SYS_mkdir,
#endif
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if ((uint64_t)calls[i] == call)
			return true;
	return false;
}

/* Opening counts only if it makes something. */
static bool
at_step(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) <=
			0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY || !counts(info.entry.nr))
		return false;
	if (info.entry.nr == SYS_openat)
		return (info.entry.args[2] & 0100) != 0; /* O_CREAT */
#ifdef SYS_open
	if (info.entry.nr == SYS_open)
		return (info.entry.args[1] & 0100) != 0;
#endif
	return true;
}

static pid_t
start(char **argv)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	execvp(argv[0], argv);
	_exit(CANNOT);
}

/* The signal to hand on, which is none of those that tracing makes. */
static int
signal_of(int status)
{
	int signal = WSTOPSIG(status);

	return signal == (SIGTRAP | 0x80) || signal == SIGTRAP ? 0 : signal;
}

static int
run(pid_t pid, long n)
{
	int status, signal = 0;
	long steps = 0;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return CANNOT;
	ptrace(PTRACE_SETOPTIONS, pid, NULL,
		(void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL |
			PTRACE_O_TRACEEXEC));
	for (;;) {
		ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal);
		if (waitpid(pid, &status, 0) != pid)
			return CANNOT;
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return WTERMSIG(status) == SIGKILL ? KILLED : CANNOT;
		signal = signal_of(status);
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && at_step(pid) &&
			++steps == n)
			kill(pid, SIGKILL);
	}
}

int
main(int argc, char **argv)
{
	pid_t pid;

	if (argc < 3)
		return CANNOT;
	pid = start(argv + 2);
	return pid == -1 ? CANNOT : run(pid, strtol(argv[1], NULL, 10));
}
