/*
 * The operator's program. It reads the command line, opens what the command
 * reads, and leaves the work to the daemon; where none runs, or the command
 * needs no store, it does the work itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/alone.h"
#include "control/client.h"
#include "admin/adopt.h"
#include "admin/commission.h"
#include "admin/confirm.h"
#include "admin/delivery.h"
#include "admin/help.h"
#include "admin/keys.h"
#include "admin/maildir.h"
#include "admin/near.h"
#include "admin/output.h"
#include "admin/signing.h"
#include "base/crypto.h"
#include "base/program.h"
#include "base/text.h"
#include "config/rules.h"

enum { PATH_SIZE = 4096 };

/* Everything about one call. */
struct call {
	const char *config;
	struct settings *settings;
	bool json;
	bool help;
	int argc; /* from the verb on */
	char **argv;
	const struct command *row;
	struct arguments arguments;
	char *words[2 * ARGUMENTS_MAX + 4 +
		ADOPT_WORDS]; /* the command as it is run */
	int word_count;
	char path[PATH_SIZE];
	int in; /* -1: none */
	struct maildir maildir;
	struct adopt adopt;
};

/* The one global: a signal handler can reach nothing else. */
static volatile sig_atomic_t interrupted;

static void
on_interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool
was_interrupted(void *arg)
{
	(void)arg;
	return interrupted != 0;
}

/* The first signal lets a transaction end; a second one kills. */
static void
catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_interrupt,
		.sa_flags = (int)SA_RESETHAND | SA_RESTART };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* How many words before the verb are options and their values? */
static int
leading_words(int argc, char **argv)
{
	int i = 0;

	while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0') {
		if (strcmp(argv[i], "-c") == 0 ||
			strcmp(argv[i], "--config") == 0)
			i++;
		i++;
	}
	return i < argc ? i : argc;
}

static void
take_globals(struct call *call, const struct arguments *a)
{
	if (options_given(a, "json"))
		call->json = true;
	if (options_value(a, "config") != NULL)
		call->config = options_value(a, "config");
}

/* "help device add" is "device add --help". */
static void
take_help(struct call *call)
{
	if (call->argc == 0 || strcmp(call->argv[0], "help") != 0)
		return;
	call->help = true;
	call->argc--;
	call->argv++;
}

static enum exit_code
usage(struct call *call, const struct error *e)
{
	struct command_context c = { .err = stderr, .json = call->json };

	return command_failed(&c, e);
}

/* --help and --version are answered at once: true, and *code_r. Help for what
 * there is not is not. */
static bool
answered(const struct call *call, const struct arguments *a,
	enum exit_code *code_r)
{
	*code_r = EXIT_DONE;
	if (options_given(a, "version")) {
		puts("csrcadm " PACKAGE_VERSION);
		crypto_describe(stdout);
		return true;
	}
	if (!call->help && !options_given(a, "help"))
		return false;
	if (call->row == NULL)
		return help_commands(stdout,
			       call->argc > 0 ? call->argv[0] : NULL) > 0;
	help_command(stdout, call->row);
	return true;
}

static bool
is_verb(const char *word)
{
	const struct command *rows;
	size_t count = command_table(&rows);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(rows[i].verb, word) == 0)
			return true;
	}
	return false;
}

static void
add_near(const struct call *call, struct error *e)
{
	char near[NEAR_SIZE], before[sizeof(e->text)];

	if (near_command(call->argc, call->argv, near)[0] == '\0')
		return;
	(void)text_copy(before, sizeof(before), e->text);
	error_set(e, e->code, "%s: did you mean %s?", before, near);
}

/* The verb is known, its noun is not: say which there are. */
static enum exit_code
no_such_command(struct call *call)
{
	struct error e;

	if (call->argc > 1 &&
		(strcmp(call->argv[1], "--help") == 0 ||
			strcmp(call->argv[1], "-h") == 0) &&
		help_commands(stdout, call->argv[0]) > 0)
		return EXIT_DONE;
	if (call->argc == 0)
		error_set(
			&e, ERROR_USAGE, "what shall I do? See csrcadm --help");
	else if (call->argc == 1 && is_verb(call->argv[0]))
		error_set(
			&e, ERROR_USAGE, "which command of %s?", call->argv[0]);
	else if (call->argc == 1 || !is_verb(call->argv[0]))
		error_set(
			&e, ERROR_USAGE, "no such command: %s", call->argv[0]);
	else
		error_set(&e, ERROR_USAGE, "no such command: %s %s",
			call->argv[0], call->argv[1]);
	add_near(call, &e);
	usage(call, &e);
	if (call->argc > 0 && !call->json)
		help_commands(stderr, call->argv[0]);
	return EXIT_USAGE;
}

/* A daemon's working directory is not ours. */
static int
make_absolute(struct call *call, struct error *e)
{
	const char *path =
		command_argument(call->row, ARGUMENT_PATH, &call->arguments);
	char here[PATH_SIZE];

	if (path == NULL || path[0] == '/')
		return 0;
	if (getcwd(here, sizeof(here)) == NULL)
		return error_errno(e, "working directory");
	if (!text_format(call->path, sizeof(call->path), "%s/%s", here, path))
		return error_set(e, ERROR_BAD, "the path is too long");
	for (int i = 0; i < call->word_count; i++) {
		if (call->words[i] == path)
			call->words[i] = call->path;
	}
	return 0;
}

/* The words for the one who runs it: "--json" travels behind the verb. */
static int
make_words(struct call *call, int used, struct error *e)
{
	static char json[] = "--json";

	if (call->argc > 2 * ARGUMENTS_MAX)
		return error_set(e, ERROR_USAGE, "too many arguments");
	for (int i = 0; i < call->argc; i++) {
		if (i == used && call->json)
			call->words[call->word_count++] = json;
		call->words[call->word_count++] = call->argv[i];
	}
	if (call->argc == used && call->json)
		call->words[call->word_count++] = json;
	return make_absolute(call, e);
}

static bool
reads_again(const struct command *row)
{
	const struct argument_spec *s = row->takes;

	while (!argument_last(s) && s->kind != ARGUMENT_INPUT)
		s++;
	return s->again;
}

/* In memory: it is none of a disk's business. */
static int
copy_pipe(int pipe, struct error *e)
{
	int copy = memfd_create("input", MFD_CLOEXEC);
	char octets[65536];
	ssize_t got = -1;

	while (copy != -1 && (got = read(pipe, octets, sizeof(octets))) > 0) {
		if (write(copy, octets, (size_t)got) != got)
			break;
	}
	if (got == 0 && lseek(copy, 0, SEEK_SET) == 0)
		return copy;
	error_errno(e, "a copy of the input");
	if (copy != -1)
		close(copy);
	return -1;
}

/* Its mails as a mailbox, by a process that ends with us. */
static int
open_maildir(struct call *call, const char *path, struct error *e)
{
	if (maildir_open(&call->maildir, path, e) == -1)
		return -1;
	call->in = fileno(call->maildir.maker.lines);
	return 0;
}

static int
open_file(struct call *call, struct error *e)
{
	const char *path =
		command_argument(call->row, ARGUMENT_INPUT, &call->arguments);
	struct stat st;

	call->in = -1;
	if (path == NULL)
		return 0;
	if (options_given(&call->arguments, "maildir"))
		return open_maildir(call, path, e);
	call->in = strcmp(path, "-") == 0 ? STDIN_FILENO
					  : open(path, O_RDONLY | O_CLOEXEC);
	if (call->in == -1)
		return error_set(e, ERROR_BAD, "%s: %s", path, strerror(errno));
	if (fstat(call->in, &st) == 0 && S_ISDIR(st.st_mode))
		return error_set(e, ERROR_BAD, "%s: is a directory", path);
	if (reads_again(call->row) && lseek(call->in, 0, SEEK_CUR) == -1 &&
		(call->in = copy_pipe(call->in, e)) == -1)
		return -1;
	return 0;
}

static int
make_context(
	const struct call *call, struct command_context *c, struct error *e)
{
	struct stat st;

	*c = (struct command_context){ .out = stdout,
		.err = stderr,
		.out_fd = STDOUT_FILENO,
		.terminal = isatty(STDERR_FILENO) == 1,
		.json = call->json,
		.uid = getuid(),
		.cancelled = was_interrupted };
	if (call->in == -1)
		return 0;
	if (fstat(call->in, &st) == 0 && S_ISREG(st.st_mode))
		c->in_size = st.st_size;
	c->in = fdopen(call->in, "r");
	return c->in != NULL ? 0 : error_memory(e);
}

/* The daemon would not do it. What only looks at how things are says so, as
 * its answer. */
static enum exit_code
not_done(struct call *call, struct command_context *c, struct error *e)
{
	if (e->code == ERROR_DENIED)
		return command_refused(c, ERROR_DENIED,
			"%s (only root and the daemon's user may ask it)",
			e->text);
	if (e->code != ERROR_TROUBLE || call->row->place != PLACE_STATE)
		return command_failed(c, e);
	c->out = stdout;
	c->why = e;
	return command_run(c, call->word_count, call->words);
}

/* From its begin, whoever wrote it. */
static int
copy_out(int from, int to)
{
	char octets[4096];
	off_t at = 0;
	ssize_t got;

	while ((got = pread(from, octets, sizeof(octets), at)) > 0) {
		if (write(to, octets, (size_t)got) != got)
			return -1;
		at += got;
	}
	return (int)got;
}

/*
 * Soon, or not at all. The answer goes to files of our own first: a daemon that
 * hangs would hold our output open, and whoever reads it would hang with it.
 */
static int
ask_for_state(struct call *call, enum exit_code *code_r, struct error *e)
{
	int out = memfd_create("output", MFD_CLOEXEC);
	int err = memfd_create("errors", MFD_CLOEXEC);
	int rc = -1;

	if (out == -1 || err == -1)
		error_errno(e, "memory for the answer");
	else
		rc = client_ask_once(call->settings->control_socket,
			CONTROL_STATE_WAIT, call->word_count, call->words,
			&(struct client_files){ -1, out, err }, code_r, e);
	if (rc == 0 &&
		(copy_out(out, STDOUT_FILENO) == -1 ||
			copy_out(err, STDERR_FILENO) == -1))
		*code_r = EXIT_TROUBLE;
	if (out != -1)
		close(out);
	if (err != -1)
		close(err);
	return rc;
}

static int
ask(struct call *call, enum exit_code *code_r, struct error *e)
{
	if (call->row->place == PLACE_STATE)
		return ask_for_state(call, code_r, e);
	return client_ask_once(call->settings->control_socket, 0,
		call->word_count, call->words,
		&(struct client_files){
			call->in, STDOUT_FILENO, STDERR_FILENO },
		code_r, e);
}

/* Asks the daemon; where there is none, does it alone. */
static enum exit_code
ask_or_do(struct call *call)
{
	struct command_context c = { .err = stderr, .json = call->json };
	enum exit_code code;
	struct error e;

	if (ask(call, &code, &e) == 0)
		return code;
	if (e.code != ERROR_NOT_FOUND)
		return not_done(call, &c, &e);
	if (call->row->place == PLACE_DAEMON)
		return command_refused(
			&c, ERROR_NOT_FOUND, "no daemon is running");
	catch_signals();
	if (make_context(call, &c, &e) == -1)
		return command_failed(&c, &e);
	return alone_run(&c, call->config, call->word_count, call->words);
}

static enum exit_code
run_words(struct call *call, const char *const *words)
{
	struct error e;
	int used;

	while (words[call->argc] != NULL)
		call->argc++;
	call->argv = (char **)(uintptr_t)words;
	call->row = command_find(call->argc, call->argv, &used);
	if (call->row == NULL ||
		command_arguments(call->row, call->argc - used,
			call->argv + used, &call->arguments, &e) == -1 ||
		make_words(call, used, &e) == -1)
		return EXIT_USAGE;
	return ask_or_do(call);
}

/* In a process of its own: alone it becomes the daemon's user for good. */
static FILE *
ask_other(void *arg, const char *const *words, enum exit_code *code_r)
{
	const struct call *call = arg;
	struct call other = {
		.config = call->config, .settings = call->settings, .in = -1
	};
	int fd = memfd_create("answer", MFD_CLOEXEC), status;
	FILE *answer = fd != -1 ? fdopen(fd, "r+") : NULL;
	pid_t pid;

	fflush(NULL);
	pid = answer != NULL ? fork() : -1;
	if (pid == 0) {
		status = dup2(fd, STDOUT_FILENO) == -1 ||
				dup2(fd, STDERR_FILENO) == -1
			? EXIT_TROUBLE
			: (int)run_words(&other, words);
		fflush(NULL);
		_exit(status);
	}
	*code_r = pid != -1 && program_wait(pid, &status) == 0 &&
			WIFEXITED(status)
		? (enum exit_code)WEXITSTATUS(status)
		: EXIT_TROUBLE;
	if (answer != NULL)
		rewind(answer);
	return answer;
}

/* why: the configuration could not be read. */
static enum exit_code
do_here(struct call *call, const struct error *why)
{
	struct rules rules = { .references = 1, .settings = call->settings };
	struct command_context c;
	struct error e;

	if (crypto_init(&e) == -1 || make_context(call, &c, &e) == -1)
		return usage(call, &e);
	c.rules = call->settings != NULL ? &rules : NULL;
	c.why = why;
	c.ask = ask_other;
	c.ask_arg = call;
	return command_run(&c, call->word_count, call->words);
}

static enum exit_code
make_answer(void *arg)
{
	return ask_or_do(arg);
}

/* The command's mails are posted, or put into files, by us. */
static enum exit_code
make_and_deliver(struct call *call, struct delivery *d)
{
	d->out = stdout;
	d->err = stderr;
	d->json = call->json;
	d->terminal = isatty(STDERR_FILENO) == 1;
	d->stopped = was_interrupted;
	catch_signals();
	d->ask = ask_other;
	d->ask_arg = call;
	return delivery_run(d, make_answer, call);
}

/* Without a daemon no answer would come. */
static enum exit_code
commission(struct call *call, struct wait *w, struct delivery *d)
{
	enum exit_code code = make_and_deliver(call, d);

	fflush(stdout);
	return code == EXIT_DONE && d->last[0] != '\0'
		? commission_wait(w, d->last)
		: code;
}

static int
make_wait(const struct call *call, struct wait *w, struct error *e)
{
	*w = (struct wait){ .socket = call->settings->control_socket,
		.json = call->json,
		.terminal = isatty(STDERR_FILENO) == 1,
		.stopped = was_interrupted };
	return wait_timeout(w, &call->arguments, e);
}

static enum exit_code
deliver(struct call *call, struct delivery *d)
{
	struct wait w;
	struct error e;

	if (!commission_wanted(call->row))
		return make_and_deliver(call, d);
	return make_wait(call, &w, &e) == 0 ? commission(call, &w, d)
					    : usage(call, &e);
}

static enum exit_code
sign(struct call *call)
{
	enum exit_code code;
	struct wait w;
	struct error e;

	if (make_wait(call, &w, &e) == -1)
		return usage(call, &e);
	catch_signals();
	code = ask_or_do(call);
	return code == EXIT_DONE ? signing_wait(&w, &call->arguments) : code;
}

static enum exit_code
make_and_keep(struct call *call, struct keys *k)
{
	k->json = call->json;
	catch_signals();
	return keys_run(k, make_answer, call);
}

/* What it could not read has not been handed in. */
static enum exit_code
end_maildir(struct call *call, enum exit_code code)
{
	struct command_context c = { .err = stderr, .json = call->json };

	if (maker_end(&call->maildir.maker) == EXIT_DONE ||
		(code != EXIT_DONE && code != EXIT_NO))
		return code;
	return command_refused(&c, ERROR_TROUBLE,
		"%s: not all of it could be read", call->maildir.path);
}

static enum exit_code
run(struct call *call)
{
	struct delivery delivery = { .out = NULL };
	struct keys keys;
	const char *const output = output_wanted(call->row, &call->arguments);
	enum exit_code code;
	struct error e;
	const bool loaded =
		settings_load(call->config, &call->settings, &e) == 0;

	call->in = -1;
	if ((!loaded && call->row->place != PLACE_LOOK) ||
		(loaded && open_file(call, &e) == -1))
		code = usage(call, &e);
	else if (call->row->place == PLACE_LOCAL ||
		call->row->place == PLACE_LOOK)
		code = do_here(call, loaded ? NULL : &e);
	else if (signing_wanted(call->row))
		code = sign(call);
	else if (keys_wanted(call->row, &call->arguments, &keys))
		code = make_and_keep(call, &keys);
	else if (output != NULL)
		code = output_run(output, make_answer, call);
	else if (delivery_wanted(call->row, &call->arguments, &delivery))
		code = deliver(call, &delivery);
	else
		code = ask_or_do(call);
	if (call->settings != NULL)
		settings_free(&call->settings);
	return call->maildir.maker.lines != NULL ? end_maildir(call, code)
						 : code;
}

/* The answers become words of the command. */
static void
ask_adopt(struct call *call)
{
	static const char *const words[] = { "device", "unknown", "--json",
		NULL };
	struct error ignored;
	enum exit_code code;
	FILE *seen;

	if (settings_load(call->config, &call->settings, &ignored) == -1)
		return;
	seen = ask_other(call, words, &code);
	settings_free(&call->settings);
	if (seen == NULL)
		return;
	adopt_ask(&call->arguments, seen, &call->adopt);
	fclose(seen);
	for (size_t i = 0; i < call->adopt.count; i++)
		call->words[call->word_count++] = call->adopt.words[i];
}

int
main(int argc, char **argv)
{
	const struct argument_spec *const tables[OPTION_TABLES_MAX] = {
		command_globals(), NULL
	};
	int leading = leading_words(argc - 1, argv + 1);
	struct call call = { .argc = argc - 1 - leading,
		.argv = argv + 1 + leading };
	struct arguments globals;
	enum exit_code code;
	struct error e;
	int used;

	signal(SIGPIPE, SIG_IGN);
	if (options_parse(tables, leading, argv + 1, &globals, &e) == -1)
		return usage(&call, &e);
	take_globals(&call, &globals);
	take_help(&call);
	call.row = command_find(call.argc, call.argv, &used);
	if (answered(&call, &globals, &code))
		return code;
	if (call.row == NULL)
		return no_such_command(&call);
	if (command_arguments(call.row, call.argc - used, call.argv + used,
		    &call.arguments, &e) == -1) {
		take_globals(&call, &call.arguments);
		return usage(&call, &e);
	}
	take_globals(&call, &call.arguments);
	if (answered(&call, &call.arguments, &code))
		return code;
	if (make_words(&call, used, &e) == -1)
		return usage(&call, &e);
	if (adopt_wanted(call.row, &call.arguments))
		ask_adopt(&call);
	return confirm(call.row, &call.arguments) ? run(&call) : EXIT_NO;
}
