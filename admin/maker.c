/*
 * A pipe and a fork; the maker hears of it by a write that fails when nobody
 * reads any more.
 */
#include "admin/maker.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/program.h"

static pid_t
start(enum exit_code (*make)(void *arg), void *arg, const int ends[2])
{
	enum exit_code code;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	if (dup2(ends[1], STDOUT_FILENO) == -1)
		_exit(EXIT_TROUBLE);
	close(ends[0]);
	close(ends[1]);
	code = make(arg);
	fflush(NULL);
	_exit(code);
}

int
maker_start(struct maker *m, enum exit_code (*make)(void *arg), void *arg,
	struct error *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) == -1)
		return error_errno(e, "start");
	m->lines = fdopen(ends[0], "r");
	m->pid = m->lines != NULL ? start(make, arg, ends) : -1;
	close(ends[1]);
	if (m->pid != -1)
		return 0;
	error_errno(e, "start");
	if (m->lines != NULL)
		fclose(m->lines);
	else
		close(ends[0]);
	return -1;
}

enum exit_code
maker_end(struct maker *m)
{
	int status;

	fclose(m->lines);
	return program_wait(m->pid, &status) == 0 && WIFEXITED(status)
		? (enum exit_code)WEXITSTATUS(status)
		: EXIT_TROUBLE;
}
