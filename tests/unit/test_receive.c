/*
 * csrc-receive's requests, one after another, with commands of the test's own
 * behind the daemon's real socket: who is let in and how far, what becomes of
 * an upload, requests, the registry, and an agent in two places.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/log.h"
#include "control/command.h"
#include "control/peers.h"
#include "control/socket.h"
#include "receive/visit.h"

#define ID "abcdefghijklmnopqrstuvwxyz"
#define BODY "octets of a message"
#define MESSAGE(verdict, reason, disposal, kept)                             \
	"{\"verdict\":\"" verdict "\",\"reason\":" reason ",\"sequence\":0," \
	"\"disposal\":\"" disposal "\",\"kept\":" kept ",\"principal\":"     \
	"\"agent:NORTH\",\"receipt\":\"CSRC\\nMAC\\n\"}\n"
#define REPORT(n, verdict, reason, serial)                                   \
	"{\"report\":" n ",\"serial\":\"" serial "\",\"verdict\":\"" verdict \
	"\",\"reason\":" reason ",\"sequence\":7}\n"
#define WAITS(email_id, cursor)                                               \
	"{\"email_id\":\"" email_id "\",\"serial\":\"A1\",\"center\":\"K1\"," \
	"\"issued\":\"2026-11-30T12:00:00Z\","                                \
	"\"expires\":\"2026-12-01T12:00:00Z\",\"octets\":9,"                  \
	"\"sealed\":true,\"cursor\":\"" cursor "\"}\n"

static char directory[64], path[128], agents[128];
static struct control *control;
static struct peers *peers;
static struct receive_configuration configuration;
static struct visit_desk desk;

/* What the daemon says, verb by verb; and what it was asked. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
	const char *verb;
	const char *answer;
	enum exit_code code;
} says[] = {
	{ "agent", "", EXIT_DONE },
	{ "delivered", "", EXIT_DONE },
	{ "fetch", "a request", EXIT_DONE },
	{ "identify", "", EXIT_DONE },
	{ "pending", "", EXIT_DONE },
	{ "submit", "", EXIT_DONE },
};
static char asked[1024];

bool
command_over(const struct command_context *c)
{
	return c->cancelled(c->cancelled_arg);
}

bool
command_urgent(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return false;
}

bool
command_allowed(int argc, char **argv, enum role role)
{
	(void)argc;
	(void)argv;
	return role == ROLE_OPERATOR;
}

/* Takes the place of the table of commands. */
enum exit_code
command_run(struct command_context *c, int argc, char **argv)
{
	enum exit_code code = EXIT_USAGE;
	/* the registry's thread asks when it likes */
	const bool noted = strcmp(argv[0], "identify") != 0 &&
		strcmp(argv[argc - 1], "registry") != 0;

	pthread_mutex_lock(&mutex);
	for (int i = 0; i < argc && noted; i++)
		snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked),
			"%s ", argv[i]);
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (strcmp(says[i].verb, argv[0]) == 0) {
			fputs(says[i].answer, c->out);
			code = says[i].code;
		}
	pthread_mutex_unlock(&mutex);
	return code;
}

static void
say(const char *verb, const char *answer, enum exit_code code)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++)
		if (strcmp(says[i].verb, verb) == 0) {
			says[i].answer = answer;
			says[i].code = code;
		}
	asked[0] = '\0';
	pthread_mutex_unlock(&mutex);
}

static void
identity(const char *registered, const char *enabled, const char *of_center)
{
	static char text[256];

	snprintf(text, sizeof(text),
		"{\"id\":\"agent:NORTH\",\"registered\":%s,\"enabled\":%s,"
		"\"of_center\":%s,\"of_channel\":true,\"printers\":3}\n",
		registered, enabled, of_center);
	say("identify", text, EXIT_DONE);
}

static int
start_daemon(void)
{
	struct command_context base = { .peers = peers };
	struct error e;

	return control_listen(path, &control, &e) == 0
		? control_start(control, &base, &e)
		: -1;
}

static void
stop_daemon(void)
{
	control_close(&control);
	unlink(path);
}

static int
start(void **state)
{
	static const struct roll_agent rows[] = { { "EAST", "K2" },
		{ "NORTH", "K1" } };
	struct error e;

	(void)state;
	strcpy(directory, "/tmp/csrc-receive-XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/control.sock", directory);
	snprintf(agents, sizeof(agents), "%s/agents", directory);
	configuration = (struct receive_configuration){ .socket = path,
		.registry = agents,
		.proof = PROOF_LOGIN,
		.interval = 3600,
		.timeout = 60,
		.max_message_size = 1000 };
	desk = (struct visit_desk){ .configuration = &configuration,
		.roll = roll_new() };
	say("agent",
		"{\"agent\":\"EAST\",\"center\":\"K2\"}\n"
		"{\"agent\":\"NORTH\",\"center\":\"K1\"}\n",
		EXIT_DONE);
	say("pending", "", EXIT_DONE);
	identity("true", "true", "true");
	return mkdir(agents, 0755) == 0 &&
			peers_new(geteuid(), &peers, &e) == 0 &&
			start_daemon() == 0 && roll_set(desk.roll, rows, 2) &&
			registry_start(&configuration, desk.roll,
				&desk.registry, &e) == 0
		? log_open("stderr", LEVEL_ERROR, &e)
		: -1;
}

static int
stop(void **state)
{
	char command[256];

	(void)state;
	visit_close(&desk);
	registry_stop(&desk.registry);
	roll_free(&desk.roll);
	if (control != NULL)
		stop_daemon();
	peers_free(&peers);
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

/* What the web server says: of whom, and of what. */
struct asking {
	const char *method, *uri, *user, *type, *length, *address;
};

/* Filled as envp; the lines are text's. */
static struct fcgi_request
make_request(const struct asking *a, char text[8][256], char *values[8])
{
	const char *const names[] = { "REQUEST_METHOD", "REQUEST_URI",
		"REMOTE_USER", "CONTENT_TYPE", "CONTENT_LENGTH",
		"REMOTE_ADDR" };
	const char *const given[] = { a->method, a->uri, a->user, a->type,
		a->length, a->address };
	int count = 0;

	for (int i = 0; i < 6; i++)
		if (given[i] != NULL) {
			snprintf(text[count], 256, "%s=%s", names[i], given[i]);
			values[count] = text[count];
			count++;
		}
	values[count] = NULL;
	return (struct fcgi_request){ values, BODY, strlen(BODY) };
}

/* The status; whether it was admitted is *admitted_r, and the answer out. */
static int
ask(const struct asking *a, bool *admitted_r, char *out, size_t size)
{
	struct fcgi_reply reply = { .status = 408, .type = "text/plain" };
	char text[8][256];
	char *values[8];
	const struct fcgi_request request = make_request(a, text, values);

	*admitted_r = visit_admit(&desk, &request, &reply);
	if (*admitted_r) {
		visit_answer(&desk, &request, &reply);
		visit_over(desk.roll, &request);
	}
	snprintf(out, size, "%s",
		reply.body.data != NULL ? (char *)reply.body.data : "");
	buffer_clear(&reply.body);
	return reply.status;
}

#define UPLOAD                                                \
	{                                                     \
		"POST", "/csrc/agent/NORTH/reports", "NORTH", \
			"message/rfc822", "19", "192.0.2.1"   \
	}

/* Nothing that is refused has its body read. */
static void
who_is_let_in(void **state)
{
	static const struct {
		struct asking a;
		int status;
	} rows[] = {
		{ { "GET", "/csrc/agent/NORTH", "NORTH", NULL, NULL, "::1" },
			200 },
		{ { "GET", "/csrc/agent/NORTH", "EAST", NULL, NULL, "::1" },
			403 },
		{ { "GET", "/csrc/agent/NORTH", NULL, NULL, NULL, "::1" },
			403 },
		{ { "GET", "/csrc/agent/WEST", "WEST", NULL, NULL, "::1" },
			403 },
		{ { "GET", "/csrc/agent/NORTH", "north", NULL, NULL, "::1" },
			403 },
		{ { "GET", "/csrc/agent/north", "north", NULL, NULL, "::1" },
			404 },
		{ { "GET", "/csrc/agent/NORTH/", "NORTH", NULL, NULL, "::1" },
			404 },
		{ { "GET", "/csrc/agent/NORTH?", "NORTH", NULL, NULL, "::1" },
			404 },
		{ { "GET", "/csrc/agent/", "", NULL, NULL, "::1" }, 404 },
		{ { "GET", "/csrc/agent/A1234567890123456", "A1234567890123456",
			  NULL, NULL, "::1" },
			404 },
		{ { "GET", "/csrc/agent/NORTH/reports/", "NORTH", NULL, NULL,
			  "::1" },
			404 },
		{ { "GET", "/csrc/agent/NORTH/requests/" ID "/x", "NORTH", NULL,
			  NULL, "::1" },
			404 },
		{ { "GET", "/csrc/agent/NORTH/requests/short", "NORTH", NULL,
			  NULL, "::1" },
			404 },
		{ { "GET", NULL, "NORTH", NULL, NULL, "::1" }, 404 },
		{ { NULL, "/csrc/agent/NORTH", "NORTH", NULL, NULL, "::1" },
			405 },
		{ { "POST", "/csrc/agent/NORTH", "NORTH", NULL, NULL, "::1" },
			405 },
		{ { "GET", "/csrc/agent/NORTH/reports", "NORTH", NULL, NULL,
			  "::1" },
			405 },
		{ { "POST", "/csrc/agent/NORTH/reports", "NORTH", "text/plain",
			  "5", "::1" },
			415 },
		{ { "POST", "/csrc/agent/NORTH/reports", "NORTH",
			  "message/rfc8222", "5", "::1" },
			415 },
		{ { "POST", "/csrc/agent/NORTH/reports", "NORTH",
			  "message/rfc822", NULL, "::1" },
			411 },
		{ { "POST", "/csrc/agent/NORTH/reports", "NORTH",
			  "Message/RFC822; x=y", "+5", "::1" },
			411 },
		{ { "POST", "/csrc/agent/NORTH/reports", "NORTH",
			  "message/rfc822", "1001", "::1" },
			413 },
		{ { "POST", "/csrc/agent/NORTH/reports", "NORTH",
			  "message/rfc822", "99999999999999999999", "::1" },
			413 },
		{ { "POST", "/csrc/agent/NORTH/reports", "EAST",
			  "message/rfc822", "5", "::1" },
			403 },
	};
	char out[1024];
	bool admitted;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (ask(&rows[i].a, &admitted, out, sizeof(out)) !=
			rows[i].status)
			fail_msg("row %zu: %s", i, out);
		assert_false(admitted);
		if (rows[i].status == 403)
			assert_string_equal(out, "denied\n");
	}
}

static void
says_who_it_is(void **state)
{
	static const struct asking a = { "GET", "/csrc/agent/NORTH", "NORTH",
		NULL, NULL, "192.0.2.1" };
	char out[1024];
	bool admitted;

	(void)state;
	say("pending", WAITS(ID, "A1:" ID) WAITS(ID, "A1:" ID), EXIT_DONE);
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 200);
	assert_non_null(strstr(out, "{\"agent\":\"NORTH\",\"center\":\"K1\","));
	assert_non_null(strstr(
		out, "\"printers\":3,\"requests\":2,\"octets\":1000}\n"));
	assert_string_equal(asked,
		"agent heard NORTH --address 192.0.2.1 "
		"pending --principal agent:NORTH ");
}

/* The daemon decides, each time. */
static void
daemon_decides(void **state)
{
	static const struct asking a = UPLOAD;
	char out[1024];
	bool admitted;

	(void)state;
	identity("false", "false", "false");
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 403);
	identity("true", "false", "true");
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 403);
	identity("true", "true", "false");
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 403);
	say("identify", "?", EXIT_DONE);
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 503);
	assert_false(admitted);
	/* it goes, and comes back */
	identity("true", "true", "true");
	stop_daemon();
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 503);
	assert_int_equal(start_daemon(), 0);
	say("submit", MESSAGE("genuine", "null", "taken", "false"), EXIT_DONE);
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 200);
}

static void
uploaded(void **state)
{
	static const struct asking a = UPLOAD;
	char out[2048];
	bool admitted;

	(void)state;
	say("submit",
		REPORT("1", "genuine", "null", "A1")
			REPORT("2", "spoof", "\"unknown-device\"", "B\\\"")
				MESSAGE("genuine", "null", "taken", "true"),
		EXIT_DONE);
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 200);
	assert_true(admitted);
	assert_string_equal(out,
		"{\"report\":1,\"verdict\":\"genuine\",\"reason\":\"-\","
		"\"serial\":\"A1\",\"sequence\":7,\"kept\":false}\n"
		"{\"report\":2,\"verdict\":\"spoof\",\"reason\":"
		"\"unknown-device\",\"serial\":\"B\\\"\",\"sequence\":7,"
		"\"kept\":true}\n"
		"{\"message\":{\"verdict\":\"genuine\",\"reason\":\"-\","
		"\"kept\":false},\"receipt\":\"CSRC\\nMAC\\n\"}\n");
	/* the same octets have the same name */
	assert_string_equal(asked,
		"submit - --center K1 --trace NORTH/53ab97af2902e4ac "
		"--principal agent:NORTH --how login --client 192.0.2.1 "
		"--reports ");
}

/* Nothing of it was taken; all of it is to come again; and a receipt for
 * somebody else. */
static void
not_taken(void **state)
{
	static const struct asking a = UPLOAD;
	char out[2048];
	bool admitted;

	(void)state;
	say("submit",
		REPORT("1", "spoof", "\"stale\"", "A1")
			MESSAGE("spoof", "\"stale\"", "refused", "false"),
		EXIT_NO);
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 422);
	assert_non_null(strstr(out, "\"kept\":false}\n{\"message\""));
	assert_non_null(strstr(out, "\"receipt\":\"CSRC"));
	say("submit",
		REPORT("1", "genuine", "null", "A1")
			REPORT("2", "trouble", "null", "A1")
				MESSAGE("trouble", "null", "later", "false"),
		EXIT_TROUBLE);
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 503);
	assert_null(strstr(out, "receipt"));
	say("submit",
		"{\"verdict\":\"spoof\",\"reason\":null,\"sequence\":0,"
		"\"disposal\":\"refused\",\"kept\":false,\"principal\":"
		"\"device:A1\",\"receipt\":\"CSRC\"}\n",
		EXIT_NO);
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 422);
	assert_non_null(strstr(out, "\"receipt\":null"));
	say("submit", "half", EXIT_DONE);
	assert_int_equal(ask(&a, &admitted, out, sizeof(out)), 503);
}

/* An agent that was disabled in the middle keeps what was refused for that. */
static void
disabled_in_the_middle(void **state)
{
	static const struct asking a = UPLOAD;
	struct fcgi_reply reply = { .status = 408, .type = "text/plain" };
	char text[8][256];
	char *values[8];
	const struct fcgi_request request = make_request(&a, text, values);

	(void)state;
	assert_true(visit_admit(&desk, &request, &reply));
	identity("true", "false", "true");
	say("submit",
		REPORT("1", "spoof", "\"disabled-device\"", "A1") MESSAGE(
			"spoof", "\"disabled-device\"", "refused", "false"),
		EXIT_NO);
	visit_answer(&desk, &request, &reply);
	assert_int_equal(reply.status, 403);
	assert_string_equal((char *)reply.body.data, "denied\n");
	buffer_clear(&reply.body);
}

static void
requests(void **state)
{
	static const struct asking list = { "GET", "/csrc/agent/NORTH/requests",
		"NORTH", NULL, NULL, "::1" };
	static const struct asking one = { "GET",
		"/csrc/agent/NORTH/requests/" ID, "NORTH", NULL, NULL, "::1" };
	static const struct asking has = { "POST",
		"/csrc/agent/NORTH/requests/" ID "/delivered", "NORTH", NULL,
		"0", "::1" };
	char out[1024];
	bool admitted;

	(void)state;
	assert_int_equal(ask(&list, &admitted, out, sizeof(out)), 200);
	assert_string_equal(out, "");
	/* not one of its own, whatever fetch would say */
	assert_int_equal(ask(&one, &admitted, out, sizeof(out)), 404);
	say("pending", WAITS(ID, "A1:" ID), EXIT_DONE);
	assert_int_equal(ask(&list, &admitted, out, sizeof(out)), 200);
	assert_string_equal(out,
		"{\"email_id\":\"" ID "\",\"serial\":\"A1\",\"octets\":9,"
		"\"expires\":\"2026-12-01T12:00:00Z\"}\n");
	assert_int_equal(ask(&one, &admitted, out, sizeof(out)), 200);
	assert_string_equal(out, "a request");
	say("fetch", "", EXIT_REFUSED);
	assert_int_equal(ask(&one, &admitted, out, sizeof(out)), 404);
	say("fetch", "a request", EXIT_DONE);
	assert_int_equal(ask(&has, &admitted, out, sizeof(out)), 204);
	assert_non_null(strstr(asked, "delivered " ID));
	say("pending", "", EXIT_DONE);
	assert_int_equal(ask(&has, &admitted, out, sizeof(out)), 204);
	assert_null(strstr(asked, "delivered"));
}

static bool
there(const char *name)
{
	char file[256];

	snprintf(file, sizeof(file), "%s/%s", agents, name);
	return access(file, F_OK) == 0;
}

/* Until it is there, or gone: the registry's thread is at it. */
static void
becomes(const char *name, bool wanted)
{
	for (int i = 0; i < 3000 && there(name) != wanted; i++)
		usleep(10000);
	assert_int_equal(there(name), wanted);
}

static void
registry_follows(void **state)
{
	char center[CENTER_ID_SIZE], file[256];
	FILE *other;

	(void)state;
	becomes("NORTH", true);
	becomes("EAST", true);
	snprintf(file, sizeof(file), "%s/not-ours", agents);
	other = fopen(file, "w");
	assert_non_null(other);
	fclose(other);
	say("agent",
		"{\"agent\":\"NORTH\",\"center\":\"K1\"}\n"
		"{\"agent\":\"WEST\",\"center\":\"K3\"}\n",
		EXIT_DONE);
	registry_changed(desk.registry);
	becomes("EAST", false);
	becomes("WEST", true);
	assert_true(there("NORTH"));
	assert_true(there("not-ours"));
	assert_true(roll_find(desk.roll, "WEST", center));
	assert_string_equal(center, "K3");
	assert_false(roll_find(desk.roll, "EAST", center));
	/* what makes no sense, and no answer at all, change nothing */
	say("agent", "{\"agent\":\"../x\",\"center\":\"K1\"}\n", EXIT_DONE);
	registry_changed(desk.registry);
	usleep(100000);
	say("agent", "", EXIT_TROUBLE);
	registry_changed(desk.registry);
	usleep(100000);
	assert_true(there("NORTH"));
	assert_true(there("WEST"));
	say("agent", "", EXIT_DONE);
	registry_changed(desk.registry);
	becomes("NORTH", false);
	becomes("WEST", false);
}

static void
in_two_places(void **state)
{
	static const struct roll_agent rows[] = { { "NORTH", "K1" } };
	const struct roll_call here = { "192.0.2.1", "01" };
	const struct roll_call elsewhere = { "192.0.2.2", "01" };
	const struct roll_call another = { "192.0.2.1", "02" };
	const int64_t minute = 60000;
	struct roll_call before;
	struct roll *r = desk.roll;

	(void)state;
	assert_false(roll_called(r, "NOBODY", &here, 1, &before));
	assert_false(roll_called(r, "NORTH", &here, 1, &before));
	assert_false(roll_called(r, "NORTH", &here, minute, &before));
	/* it has moved, which is nothing */
	assert_false(roll_called(r, "NORTH", &elsewhere, 20 * minute, &before));
	assert_true(roll_called(r, "NORTH", &here, 25 * minute, &before));
	assert_string_equal(before.address, "192.0.2.2");
	/* once an hour */
	assert_false(roll_called(r, "NORTH", &elsewhere, 30 * minute, &before));
	assert_false(roll_called(r, "NORTH", &here, 80 * minute, &before));
	assert_true(roll_called(r, "NORTH", &another, 86 * minute, &before));
	/* another reading of the registry forgets nothing */
	assert_true(roll_set(r, rows, 1));
	assert_false(roll_called(r, "NORTH", &here, 90 * minute, &before));
	assert_string_equal(before.number, "02");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

/* Whether a message of that agent's may begin to come. */
static bool
begins(const char *id, int *status_r)
{
	struct asking a = UPLOAD;
	struct fcgi_reply reply = { .type = "text/plain" };
	char text[8][256], uri[64];
	char *values[8];
	struct fcgi_request request;
	bool admitted;

	snprintf(uri, sizeof(uri), "/csrc/agent/%s/reports", id);
	a.uri = uri;
	a.user = id;
	request = make_request(&a, text, values);
	admitted = visit_admit(&desk, &request, &reply);
	*status_r = reply.status;
	buffer_clear(&reply.body);
	return admitted;
}

/* Who sends slowly holds up nobody else. */
static void
few_at_a_time(void **state)
{
	static const struct asking a = UPLOAD;
	char text[8][256];
	char *values[8];
	const struct fcgi_request request = make_request(&a, text, values);
	int status;

	(void)state;
	for (int i = 0; i < ROLL_TOGETHER; i++)
		assert_true(begins("NORTH", &status));
	assert_false(begins("NORTH", &status));
	assert_int_equal(status, 503);
	assert_true(begins("EAST", &status));
	visit_over(desk.roll, &request);
	assert_true(begins("NORTH", &status));
	assert_false(begins("NORTH", &status));
}

static int
setup(void **state)
{
	struct error e;

	(void)state;
	return crypto_init(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_let_in),
		TEST(says_who_it_is),
		TEST(daemon_decides),
		TEST(uploaded),
		TEST(not_taken),
		TEST(disabled_in_the_middle),
		TEST(requests),
		TEST(registry_follows),
		TEST(in_two_places),
		TEST(few_at_a_time),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
