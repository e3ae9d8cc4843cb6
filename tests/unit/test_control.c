/*
 * The control socket, both ends, with commands of the test's own behind it:
 * what arrives, and what peers that are slow, hostile or gone can do.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control/client.h"
#include "control/peers.h"
#include "control/socket.h"

enum {
	PARALLEL = 12,
	PATIENCE = 6000 /* naps of 10 ms, of a busy machine */
};

static char directory[64];
static char path[128];
static struct control *control;
static struct peers *peers;

/* What the commands below saw. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int running, most, cancelled;

static void
nap(int milliseconds)
{
	struct timespec t = { milliseconds / 1000,
		milliseconds % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void
count(int *what, int by)
{
	pthread_mutex_lock(&lock);
	*what += by;
	if (running > most)
		most = running;
	pthread_mutex_unlock(&lock);
}

static int
value(const int *what)
{
	int now;

	pthread_mutex_lock(&lock);
	now = *what;
	pthread_mutex_unlock(&lock);
	return now;
}

static bool
becomes(const int *what, int wanted)
{
	for (int i = 0; i < PATIENCE && value(what) != wanted; i++)
		nap(10);
	return value(what) == wanted;
}

static void
copy_input(struct command_context *c)
{
	int octet;

	while ((octet = getc(c->in)) != EOF)
		putc(octet, c->out);
	fprintf(c->out, "%lld", (long long)c->in_size);
}

static void
wait_until_cancelled(struct command_context *c)
{
	while (!command_over(c))
		nap(5);
	count(&cancelled, 1);
}

static void
flood(struct command_context *c)
{
	while (!ferror(c->out))
		fprintf(c->out, "more and more and more and more and more\n");
	count(&cancelled, 1);
}

bool
command_over(const struct command_context *c)
{
	return c->cancelled(c->cancelled_arg);
}

bool
command_urgent(int argc, char **argv)
{
	(void)argc;
	return strcmp(argv[0], "echo") == 0;
}

bool
command_allowed(int argc, char **argv, enum role role)
{
	(void)argc;
	return role == ROLE_OPERATOR ||
		(role == ROLE_CHANNEL && strcmp(argv[0], "echo") != 0) ||
		(role == ROLE_OBSERVER && strcmp(argv[0], "echo") == 0);
}

/* Takes the place of the table of commands. */
enum exit_code
command_run(struct command_context *c, int argc, char **argv)
{
	count(&running, 1);
	if (strcmp(argv[0], "echo") == 0)
		for (int i = 1; i < argc; i++)
			fprintf(c->out, "[%s]", argv[i]);
	else if (strcmp(argv[0], "channel") == 0)
		fprintf(c->out, "<%s>", c->channel);
	else if (strcmp(argv[0], "copy") == 0)
		copy_input(c);
	else if (strcmp(argv[0], "wait") == 0)
		wait_until_cancelled(c);
	else if (strcmp(argv[0], "flood") == 0)
		flood(c);
	else if (strcmp(argv[0], "nap") == 0)
		nap(100);
	else
		fprintf(c->err, "what?");
	count(&running, -1);
	return argc == 1 ? EXIT_DONE : EXIT_NO;
}

static int
start(void **state)
{
	struct command_context base = { 0 };
	struct error e;

	(void)state;
	if (peers_new(geteuid(), &peers, &e) == -1 ||
		peers_set(peers, "daemon=webdav bin=observer", &e) == -1)
		return -1;
	base.peers = peers;
	running = most = cancelled = 0;
	strcpy(directory, "/tmp/test_control.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/control.sock", directory);
	if (control_listen(path, &control, &e) == -1)
		return -1;
	return control_start(control, &base, &e);
}

static int
stop(void **state)
{
	(void)state;
	control_close(&control);
	peers_free(&peers);
	unlink(path);
	return rmdir(directory);
}

static int
control_ask(const char *socket, int argc, char **argv, int in, int out, int err,
	int seconds, enum exit_code *code_r, struct error *e)
{
	return client_ask_once(socket, seconds, argc, argv,
		&(struct client_files){ in, out, err }, code_r, e);
}

/* Asks with a file for output and error; out holds what came. */
static int
ask(int argc, const char **argv, int in, char out[256], enum exit_code *code_r,
	struct error *e)
{
	int fd = memfd_create("answer", MFD_CLOEXEC);
	ssize_t got;
	int rc = control_ask(
		path, argc, (char **)argv, in, fd, fd, 0, code_r, e);

	got = pread(fd, out, 255, 0);
	out[got > 0 ? got : 0] = '\0';
	close(fd);
	return rc;
}

static void
arguments_and_code(void **state)
{
	const char *argv[] = { "echo", "two words", "", "\xff" };
	char out[256];
	enum exit_code code;
	struct error e;

	(void)state;
	assert_int_equal(ask(4, argv, -1, out, &code, &e), 0);
	assert_int_equal(code, EXIT_NO);
	assert_string_equal(out, "[two words][][\xff]");
	assert_int_equal(ask(1, argv, -1, out, &code, &e), 0);
	assert_int_equal(code, EXIT_DONE);
}

static void
input_file(void **state)
{
	const char *argv[] = { "copy" };
	int in = memfd_create("input", MFD_CLOEXEC);
	char out[256];
	enum exit_code code;
	struct error e;

	(void)state;
	assert_int_equal(write(in, "content", 7), 7);
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	assert_int_equal(ask(1, argv, in, out, &code, &e), 0);
	assert_string_equal(out, "content7");
	close(in);
}

static void
nobody_listens(void **state)
{
	const char *argv[] = { "echo" };
	char elsewhere[160];
	enum exit_code code;
	struct error e;

	(void)state;
	snprintf(elsewhere, sizeof(elsewhere), "%s/none", directory);
	assert_int_equal(control_ask(elsewhere, 1, (char **)argv, -1, 1, 2, 0,
				 &code, &e),
		-1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
}

/* A socket file as a killed daemon leaves it. */
static void
leave_socket(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(address.sun_path, name);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	close(fd);
}

static void
stale_and_live_sockets(void **state)
{
	const char *argv[] = { "echo" };
	struct control *other = NULL;
	char name[108];
	enum exit_code code;
	struct error e;
	struct stat st;

	(void)state;
	assert_int_equal(control_listen(path, &other, &e), -1);
	assert_int_equal(e.code, ERROR_EXISTS);

	snprintf(name, sizeof(name), "%s/stale", directory);
	leave_socket(name);
	assert_int_equal(
		control_ask(name, 1, (char **)argv, -1, 1, 2, 0, &code, &e),
		-1);
	assert_int_equal(e.code, ERROR_NOT_FOUND);
	assert_int_equal(control_listen(name, &other, &e), 0);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	control_close(&other);
	assert_int_equal(stat(name, &st), -1);

	close(open(name, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(control_listen(name, &other, &e), -1);
	assert_int_equal(e.code, ERROR_DENIED);
	assert_int_equal(unlink(name), 0);
}

/* As systemd's CapabilityBoundingSet leaves it. */
static void
drop_override(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	data[0].effective &=
		~((1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH));
	data[0].permitted = data[0].effective;
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

/* Whose socket files are another's: 0, or where it went wrong. */
static int
start_without_override(const char *stale)
{
	const char *argv[] = { "echo" };
	struct control *other = NULL;
	enum exit_code code;
	struct error e;

	drop_override();
	if (access(stale, W_OK) == 0)
		return 1;
	if (control_listen(path, &other, &e) != -1 || e.code != ERROR_EXISTS)
		return 2;
	if (control_ask(stale, 1, (char **)argv, -1, 1, 2, 0, &code, &e) !=
			-1 ||
		e.code != ERROR_NOT_FOUND)
		return 3;
	if (control_listen(stale, &other, &e) != 0 || geteuid() != 0)
		return 4;
	return 0;
}

/* A clean stop leaves its socket in root's directory, where the daemon's user
 * may remove nothing. Root without the right to write to it finds out. */
static void
stale_socket_of_another(void **state)
{
	char name[108];
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(name, sizeof(name), "%s/stale", directory);
	leave_socket(name);
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(chmod(name, 0660), 0);
	assert_int_equal(chown(name, 65534, 65534), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	child = fork();
	if (child == 0)
		_exit(start_without_override(name));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(unlink(name), 0);
}

static int
connect_raw(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(
		connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Sends octets with the descriptor given, so many times. */
static void
send_old(int fd, const void *octets, size_t length, int file, size_t files)
{
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(64 * sizeof(int))];
	} space = { .octets = { 0 } };
	struct iovec piece = { (void *)(uintptr_t)octets, length };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (files > 0) {
		message.msg_control = space.octets;
		message.msg_controllen = CMSG_SPACE(files * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(files * sizeof(int));
		for (size_t i = 0; i < files; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &file,
				sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), length);
}

/* The same, and the version behind them. */
static void
send_raw(int fd, const void *octets, size_t length, int file, size_t files)
{
	static char message[2 * CONTROL_REQUEST_MAX + 1];

	memcpy(message, octets, length);
	message[length] = CONTROL_VERSION;
	send_old(fd, message, length + 1, file, files);
}

static size_t
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* The daemon closes its end behind the answer; wait for that too. */
static void
assert_refused(const void *octets, size_t length, size_t files)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd = connect_raw();
	char answer[300];
	ssize_t got;

	send_raw(fd, octets, length, null, files);
	got = recv(fd, answer, sizeof(answer), 0);
	assert_true(got > 1);
	assert_int_equal(answer[0], EXIT_USAGE);
	assert_int_equal(recv(fd, answer, sizeof(answer), 0), 0);
	close(fd);
	close(null);
}

static void
malformed_requests(void **state)
{
	static char large[2 * CONTROL_REQUEST_MAX];
	static char words[2 * (2 * ARGUMENTS_MAX + 1)];
	const char *argv[] = { "echo", "still here" };
	char out[256];
	enum exit_code code;
	struct error e;
	size_t before = open_files();

	(void)state;
	for (size_t i = 0; i < sizeof(words); i += 2)
		words[i] = 'w';
	assert_refused("echo", 5, 0);
	assert_refused("echo", 5, 1);
	assert_refused("echo", 5, 4);
	assert_refused("echo", 5, 60);
	assert_refused("echo", 4, 2);
	assert_refused("\xff\xfe garbage", 10, 2);
	assert_refused(large, sizeof(large), 2);
	assert_refused(large, CONTROL_REQUEST_MAX + 1, 3);
	assert_refused(words, sizeof(words), 2);
	assert_int_equal(ask(2, argv, -1, out, &code, &e), 0);
	assert_string_equal(out, "[still here]");
	for (int i = 0; i < PATIENCE && open_files() != before; i++)
		nap(10);
	assert_int_equal(open_files(), before);
}

/* Each program of another version is told so in words. */
static void
other_versions(void **state)
{
	static const char *const requests[] = { "echo", "echo\0\3", "echo" };
	static const size_t lengths[] = { 5, 6, 4 };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char answer[300];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		int fd = connect_raw();
		ssize_t got;

		send_old(fd, requests[i], lengths[i], null, 2);
		got = recv(fd, answer, sizeof(answer), 0);
		assert_true(got > 1);
		assert_int_equal(answer[0], EXIT_USAGE);
		/* an old program prints up to the NUL */
		assert_non_null(strstr(answer + 1, "this program"));
		assert_int_equal(answer[got - 2], '\0');
		assert_int_equal(answer[got - 1], CONTROL_VERSION);
		close(fd);
	}
	assert_int_equal(value(&running), 0);
	close(null);
}

/* A daemon of before versions: its answer, to one request. */
static void *
old_daemon(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);
	static const char answer[] = "\2the request is malformed";
	char request[64];
	ssize_t got = recv(fd, request, sizeof(request), 0);

	/* it runs what ends with NUL, and refuses the rest */
	if (got > 0 && request[got - 1] != '\0')
		(void)!write(fd, answer, sizeof(answer) - 1);
	close(fd);
	return NULL;
}

static void
daemon_of_before(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *argv[] = { "echo" };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	enum exit_code code;
	pthread_t thread;
	struct error e;

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/old",
		directory);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, old_daemon, &fd), 0);
	assert_int_equal(control_ask(address.sun_path, 1, (char **)argv, -1, 1,
				 2, 0, &code, &e),
		-1);
	assert_int_equal(e.code, ERROR_TROUBLE);
	assert_non_null(strstr(e.text, "of another version"));
	pthread_join(thread, NULL);
	close(fd);
	assert_int_equal(unlink(address.sun_path), 0);
}

/* Nobody accepts, and the queue is full. */
static void
connecting_has_an_end(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int first = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct client *c;
	struct error e;

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/hung",
		directory);
	assert_int_equal(
		bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(
		connect(first, (struct sockaddr *)&address, sizeof(address)),
		0);
	alarm(300);
	assert_int_equal(client_open(address.sun_path, 1, &c, &e), -1);
	assert_int_equal(e.code, ERROR_TROUBLE);
	alarm(0);
	close(first);
	close(fd);
	assert_int_equal(unlink(address.sun_path), 0);
}

static void
ask_on(struct client *c, const char **argv, int argc, int fd,
	enum exit_code wanted)
{
	enum exit_code code;
	struct error e;

	assert_int_equal(
		client_ask(c, argc, (char **)argv,
			&(struct client_files){ -1, fd, fd }, &code, &e),
		0);
	assert_int_equal(code, wanted);
}

static void
many_requests_on_one_connection(void **state)
{
	const char *argv[] = { "echo", "x" };
	int fd = memfd_create("answer", MFD_CLOEXEC);
	char out[1024];
	struct client *c;
	struct error e;
	size_t before;

	(void)state;
	assert_int_equal(client_open(path, 30, &c, &e), 0);
	ask_on(c, argv, 2, fd, EXIT_NO);
	before = open_files();
	for (int i = 0; i < 99; i++)
		ask_on(c, argv, 2, fd, EXIT_NO);
	assert_int_equal(open_files(), before);
	assert_int_equal(pread(fd, out, sizeof(out), 0), 300);
	client_close(&c);
	assert_null(c);
	close(fd);
}

/* As many as there are places stay connected after one request: the one that
 * is idle longest goes, and does not notice. */
static void
idle_clients_block_nobody(void **state)
{
	const char *argv[] = { "quick" };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct client *idle[CONTROL_CLIENTS_MAX], *other;
	struct error e;

	(void)state;
	alarm(300);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		assert_int_equal(client_open(path, 30, &idle[i], &e), 0);
		ask_on(idle[i], argv, 1, null, EXIT_DONE);
	}
	assert_int_equal(client_open(path, 30, &other, &e), 0);
	ask_on(other, argv, 1, null, EXIT_DONE);
	ask_on(idle[0], argv, 1, null, EXIT_DONE);
	alarm(0);
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		client_close(&idle[i]);
	client_close(&other);
	close(null);
}

static void
too_large_for_the_client(void **state)
{
	static char word[CONTROL_REQUEST_MAX];
	const char *argv[] = { "echo", word };
	enum exit_code code;
	struct error e;

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	assert_int_equal(
		control_ask(path, 2, (char **)argv, -1, 1, 2, 0, &code, &e),
		-1);
	assert_int_equal(e.code, ERROR_LIMIT);
	/* With "echo" and its NUL it fits to the octet. */
	word[sizeof(word) - 6] = '\0';
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(control_ask(path, 2, (char **)argv, -1, null, null, 0,
				 &code, &e),
		0);
	close(null);
}

static void
silent_and_gone_peers(void **state)
{
	const char *argv[] = { "echo", "me" };
	int silent[CONTROL_REQUESTS_MAX - 1];
	char out[256];
	enum exit_code code;
	struct error e;

	(void)state;
	for (int i = 0; i < 50; i++)
		close(connect_raw());
	for (size_t i = 0; i < CONTROL_REQUESTS_MAX - 1; i++)
		silent[i] = connect_raw();
	assert_int_equal(ask(2, argv, -1, out, &code, &e), 0);
	assert_string_equal(out, "[me]");
	for (size_t i = 0; i < CONTROL_REQUESTS_MAX - 1; i++)
		close(silent[i]);
}

static void
hanging_up_cancels(void **state)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd = connect_raw();

	(void)state;
	send_raw(fd, "wait", 5, null, 2);
	assert_true(becomes(&running, 1));
	nap(50);
	assert_int_equal(value(&cancelled), 0);
	close(fd);
	assert_true(becomes(&cancelled, 1));
	close(null);
}

/* Nobody reads the pipe, but it stays open. */
static void
full_pipe_ends_with_its_client(void **state)
{
	int ends[2];
	int fd = connect_raw();

	(void)state;
	assert_int_equal(pipe(ends), 0);
	send_raw(fd, "flood", 6, ends[1], 2);
	assert_true(becomes(&running, 1));
	nap(50);
	assert_int_equal(value(&running), 1);
	close(fd);
	assert_true(becomes(&cancelled, 1));
	close(ends[0]);
	close(ends[1]);
}

/* Pagers that stand, as many as were ever let in: others are served, what is
 * urgent first, and in the end the oldest goes. */
static void
standing_readers_block_nobody(void **state)
{
	enum { STANDING = CONTROL_CLIENTS_MAX - CONTROL_RESERVED };
	const char *urgent[] = { "echo", "me" }, *other[] = { "nap" };
	int ends[STANDING][2], fds[STANDING];
	char out[256], answer[300] = "";
	enum exit_code code;
	struct error e;
	size_t before;

	(void)state;
	for (int i = 0; i < STANDING; i++) {
		assert_int_equal(pipe(ends[i]), 0);
		fds[i] = connect_raw();
		send_raw(fds[i], "flood", 6, ends[i][1], 2);
		assert_true(becomes(&running, i + 1));
		nap(2);
	}
	alarm(300);
	before = open_files();
	assert_int_equal(ask(2, urgent, -1, out, &code, &e), 0);
	assert_string_equal(out, "[me]");
	assert_int_equal(value(&cancelled), 0);
	/* who has been served and lingers would go before the oldest */
	for (int i = 0; i < PATIENCE && open_files() > before; i++)
		nap(10);
	assert_int_equal(ask(1, other, -1, out, &code, &e), 0);
	assert_int_equal(code, EXIT_DONE);
	assert_true(becomes(&cancelled, 1));
	assert_true(recv(fds[0], answer, sizeof(answer) - 1, 0) > 1);
	assert_int_equal(answer[0], EXIT_TROUBLE);
	assert_non_null(strstr(answer + 1, "nobody reads"));
	alarm(0);
	for (int i = 0; i < STANDING; i++) {
		close(fds[i]);
		close(ends[i][0]);
		close(ends[i][1]);
	}
	assert_true(becomes(&cancelled, STANDING));
}

static void
closed_pipe_is_survived(void **state)
{
	int ends[2];
	int fd = connect_raw();
	char answer;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	send_raw(fd, "flood", 6, ends[1], 2);
	close(ends[1]);
	assert_int_equal(recv(fd, &answer, 1, 0), 1);
	assert_int_equal(value(&cancelled), 1);
	close(fd);
}

static void *
ask_for_a_nap(void *arg)
{
	const char *argv[] = { "nap" };
	char out[256];
	enum exit_code code = EXIT_TROUBLE;
	struct error e;

	*(int *)arg =
		ask(1, argv, -1, out, &code, &e) == 0 && code == EXIT_DONE;
	return NULL;
}

static void
many_at_once(void **state)
{
	pthread_t threads[PARALLEL];
	int done[PARALLEL];

	(void)state;
	for (size_t i = 0; i < PARALLEL; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
					 ask_for_a_nap, &done[i]),
			0);
	for (size_t i = 0; i < PARALLEL; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < PARALLEL; i++)
		assert_int_equal(done[i], 1);
	assert_in_range(value(&most), 2, CONTROL_REQUESTS_MAX);
}

static void
closing_cancels_what_runs(void **state)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd = connect_raw();
	struct stat st;

	(void)state;
	send_raw(fd, "wait", 5, null, 2);
	assert_true(becomes(&running, 1));
	control_close(&control);
	assert_null(control);
	assert_int_equal(value(&cancelled), 1);
	assert_int_equal(value(&running), 0);
	assert_int_equal(stat(path, &st), -1);
	close(fd);
	close(null);
}

/* In a process of its own, as somebody else. */
static int
ask_as_nobody(void)
{
	const char *argv[] = { "echo" };
	enum exit_code code;
	struct error e;

	if (setresgid(65534, 65534, 65534) == -1 ||
		setresuid(65534, 65534, 65534) == -1)
		return 2;
	return control_ask(path, 1, (char **)argv, -1, 1, 2, 0, &code, &e) ==
				-1 &&
			e.code == ERROR_DENIED
		? 0
		: 1;
}

static void
strangers_are_refused(void **state)
{
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	/* First by the file's mode, then by who they are. */
	chmod(directory, 0755);
	for (int i = 0; i < 2; i++) {
		child = fork();
		if (child == 0)
			_exit(ask_as_nobody());
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		chmod(path, 0666);
	}
}

/* Runs f in a process of its own, as that user, whom the socket's mode lets in:
 * what it returns. */
static int
as_user(uid_t uid, int (*f)(int fd), int fd)
{
	int status;
	pid_t child;

	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(chmod(path, 0666), 0);
	child = fork();
	if (child == 0)
		_exit(setgroups(0, NULL) == -1 ||
					setresgid(uid, uid, uid) == -1 ||
					setresuid(uid, uid, uid) == -1
				? 99
				: f(fd));
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* One word, whose output goes to fd. 0: done, or how it failed. */
static int
ask_word(const char *word, int fd)
{
	const char *argv[] = { word };
	enum exit_code code;
	struct error e;

	if (control_ask(path, 1, (char **)argv, -1, fd, fd, 30, &code, &e) == 0)
		return (int)code;
	return e.code == ERROR_DENIED && strstr(e.text, "not allowed") != NULL
		? 50
		: 60;
}

static int
ask_as_channel(int fd)
{
	if (ask_word("channel", fd) != EXIT_DONE)
		return 1;
	/* what is another's, and what there is not, look alike */
	return ask_word("echo", fd) == 50 ? 0 : 2;
}

static int
ask_as_observer(int fd)
{
	if (ask_word("echo", fd) != EXIT_DONE)
		return 1;
	return ask_word("channel", fd) == 50 ? 0 : 2;
}

static int
ask_for_all(int fd)
{
	return ask_word("echo", fd) == 50 && ask_word("channel", fd) == 50 ? 0
									   : 1;
}

static void
roles_by_user(void **state)
{
	int fd = memfd_create("answer", MFD_CLOEXEC);
	char out[64] = "";
	struct error e;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(as_user(1, ask_as_channel, fd), 0);
	assert_int_equal(pread(fd, out, sizeof(out) - 1, 0), 8);
	assert_string_equal(out, "<webdav>");
	assert_int_equal(as_user(2, ask_as_observer, fd), 0);
	assert_int_equal(as_user(3, ask_for_all, fd), 0);
	assert_int_equal(as_user(65534, ask_for_all, fd), 0);
	/* a reload changes it */
	assert_int_equal(peers_set(peers, "sys=webdav bin=line", &e), 0);
	assert_int_equal(as_user(1, ask_for_all, fd), 0);
	assert_int_equal(as_user(2, ask_as_channel, fd), 0);
	close(fd);
}

static void
lists_of_users(void **state)
{
	static const char *const bad[] = { "daemon", "daemon=", "=webdav",
		"daemon=webdaf", "daemon=operator", "daemon=mail",
		"daemon=webdav daemon=agent", "daemon=webdav daemon=webdav",
		"root=webdav" };
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(peers_set(peers, bad[i], &e), -1);
		assert_int_equal(e.code, ERROR_BAD);
	}
	/* none of them has changed anything */
	assert_int_equal(peers_who(peers, 1).role, ROLE_CHANNEL);
	assert_string_equal(peers_who(peers, 1).channel, "webdav");
	assert_int_equal(peers_who(peers, 2).role, ROLE_OBSERVER);
	assert_int_equal(peers_who(peers, 0).role, ROLE_OPERATOR);
	assert_int_equal(
		peers_set(peers, "no-such-user=fax nobody=webdav sys=authority",
			&e),
		0);
	assert_int_equal(peers_who(peers, 1).role, ROLE_NONE);
	assert_int_equal(peers_who(peers, 3).role, ROLE_AUTHORITY);
	if (geteuid() == 0)
		assert_int_equal(peers_who(peers, 65534).role, ROLE_NONE);
}

/* All that one user may have, each after a request; the next one is sent away,
 * and an operator is served. */
static int
take_all_places(int fd)
{
	const char *argv[] = { "quick" };
	struct client *c[CONTROL_USER_MAX];
	enum exit_code code;
	struct error e;

	for (int i = 0; i < CONTROL_USER_MAX; i++)
		if (client_open(path, 30, &c[i], &e) == -1 ||
			client_ask(c[i], 1, (char **)argv,
				&(struct client_files){ -1, fd, fd }, &code,
				&e) == -1)
			return 1;
	if (ask_word("quick", fd) != 60)
		return 2;
	client_close(&c[0]);
	for (int i = 0; i < PATIENCE; i++) {
		if (ask_word("quick", fd) == EXIT_DONE)
			return 0;
		nap(10);
	}
	return 3;
}

static void
places_by_user(void **state)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	if (geteuid() != 0)
		skip();
	alarm(300);
	assert_int_equal(as_user(1, take_all_places, null), 0);
	assert_int_equal(ask_word("quick", null), EXIT_DONE);
	alarm(0);
	close(null);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
		TEST(arguments_and_code),
		TEST(input_file),
		TEST(nobody_listens),
		TEST(stale_and_live_sockets),
		TEST(stale_socket_of_another),
		TEST(malformed_requests),
		TEST(other_versions),
		TEST(daemon_of_before),
		TEST(connecting_has_an_end),
		TEST(many_requests_on_one_connection),
		TEST(idle_clients_block_nobody),
		TEST(too_large_for_the_client),
		TEST(silent_and_gone_peers),
		TEST(hanging_up_cancels),
		TEST(full_pipe_ends_with_its_client),
		TEST(standing_readers_block_nobody),
		TEST(closed_pipe_is_survived),
		TEST(many_at_once),
		TEST(closing_cancels_what_runs),
		TEST(strangers_are_refused),
		TEST(roles_by_user),
		TEST(lists_of_users),
		TEST(places_by_user),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
