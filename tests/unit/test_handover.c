/*
 * The typed calls of a channel's program over the real socket, with commands of
 * the test's own behind it: what is handed over arrives, answers are read or
 * refused whole, and a daemon that is gone, slow or new costs one call.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/command.h"
#include "control/handover.h"
#include "control/handover_authority.h"
#include "control/peers.h"
#include "control/socket.h"

static char directory[64];
static char path[128];
static struct control *control;
static struct peers *peers;
static struct client *client;

/* What the daemon is to say next, and what it was asked. */
static const char *answer, *complaint;
static enum exit_code code;
static int times; /* the answer, over and over */
static atomic_bool slow;
static char asked[1024];
static struct buffer got;

#define WHOLE                                                                 \
	"{\"verdict\":\"spoof\",\"reason\":\"wrong-device\",\"sequence\":7,"  \
	"\"disposal\":\"refused\",\"reports\":[],\"principal\":\"device:A\"," \
	"\"receipt\":\"CSRC\\nMAC\\n\"}\n"
#define ID "abcdefghijklmnopqrstuvwxyz"
#define LINE                                                            \
	"{\"email_id\":\"" ID "\",\"serial\":\"A=\",\"center\":\"K1\"," \
	"\"issued\":\"2026-11-30T12:00:00Z\","                          \
	"\"expires\":\"2026-12-01T12:00:00Z\",\"octets\":9,"            \
	"\"sealed\":true,\"cursor\":\"A:" ID "\"}\n"

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
	return role == ROLE_OPERATOR && strcmp(argv[0], "delivered") != 0;
}

static void
take_input(FILE *in)
{
	char piece[4096];
	size_t n;

	buffer_clear(&got);
	while (in != NULL && (n = fread(piece, 1, sizeof(piece), in)) > 0)
		buffer_append(&got, piece, n);
}

/* Takes the place of the table of commands. */
enum exit_code
command_run(struct command_context *c, int argc, char **argv)
{
	const struct timespec nap = { 0, 10000000 };
	/* one whose client has gone may still run */
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	asked[0] = '\0';
	for (int i = 0; i < argc; i++)
		snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked),
			"%s ", argv[i]);
	take_input(c->in);
	pthread_mutex_unlock(&mutex);
	while (slow && !command_over(c))
		nanosleep(&nap, NULL);
	for (int i = 0; i < times; i++)
		fputs(answer, c->out);
	fputs(complaint, c->err);
	return code;
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
	struct error e;

	(void)state;
	answer = complaint = "";
	code = EXIT_DONE;
	times = 1;
	slow = false;
	strcpy(directory, "/tmp/test_handover.XXXXXX");
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/control.sock", directory);
	return peers_new(geteuid(), &peers, &e) == 0 && start_daemon() == 0
		? client_open(path, 60, &client, &e)
		: -1;
}

static int
stop(void **state)
{
	(void)state;
	client_close(&client);
	stop_daemon();
	peers_free(&peers);
	buffer_clear(&got);
	return rmdir(directory);
}

static int
submit(struct handover_answer *a, struct error *e)
{
	const struct handover_message m = {
		.center = "K1", .octets = "octets", .length = 6
	};

	return handover_submit(client, &m, a, e);
}

static void
fails(int rc, const struct error *e, enum error_code wanted, const char *why)
{
	assert_int_equal(rc, -1);
	if (e->code != wanted || strstr(e->text, why) == NULL)
		fail_msg("%d %s", (int)e->code, e->text);
}

static void
handed_over(void **state)
{
	struct handover_message m = { .center = "K1",
		.trace = "T-1",
		.principal = "device:A",
		.how = "login",
		.client = "192.0.2.1" };
	struct handover_answer a;
	struct buffer large = { 0 };
	struct error e;

	(void)state;
	for (int i = 0; i < 300000; i++)
		buffer_text(&large, "0123456789");
	m.octets = large.data;
	m.length = large.length;
	answer = WHOLE;
	code = EXIT_NO;
	assert_int_equal(handover_submit(client, &m, &a, &e), 0);
	assert_string_equal(asked,
		"submit - --center K1 --trace T-1 --principal device:A "
		"--how login --client 192.0.2.1 ");
	assert_int_equal(got.length, large.length);
	assert_memory_equal(got.data, large.data, large.length);
	buffer_clear(&large);
	assert_int_equal(a.disposal, HANDOVER_REFUSED);
	assert_string_equal(a.verdict, "spoof");
	assert_string_equal(a.reason, "wrong-device");
	assert_int_equal(a.sequence, 7);
	assert_string_equal(a.principal, "device:A");
	assert_string_equal(a.receipt, "CSRC\nMAC\n");

	/* nothing is known of it, nothing is in it, and it is our trouble */
	answer = "{\"verdict\":\"trouble\",\"reason\":null,\"sequence\":0,"
		 "\"disposal\":\"later\",\"principal\":null,\"receipt\":null}";
	code = EXIT_TROUBLE;
	m = (struct handover_message){ .center = "K1", .octets = "" };
	assert_int_equal(handover_submit(client, &m, &a, &e), 0);
	assert_string_equal(asked, "submit - --center K1 ");
	assert_int_equal(got.length, 0);
	assert_int_equal(a.disposal, HANDOVER_LATER);
	assert_string_equal(a.reason, "");
	assert_string_equal(a.receipt, "");
}

#define REPORT(n, serial, reason)                                            \
	"{\"report\":" n ",\"serial\":\"" serial "\",\"verdict\":\"spoof\"," \
	"\"reason\":" reason ",\"sequence\":0}\n"

static void
note_report(const struct handover_report *r, void *arg)
{
	char *said = arg;

	assert_string_equal(r->verdict, "spoof");
	strcat(strcat(strcat(strcat(said, r->serial), ":"), r->reason), " ");
}

static void
reports_are_told(void **state)
{
	char said[64] = "";
	struct handover_message m = { .center = "K1",
		.octets = "octets",
		.length = 6,
		.each = note_report,
		.arg = said };
	struct handover_answer a;
	struct error e;

	(void)state;
	times = 1;
	answer =
		REPORT("1", "A\\\"", "\"stale\"") REPORT("2", "", "null") WHOLE;
	assert_int_equal(handover_submit(client, &m, &a, &e), 0);
	assert_string_equal(asked, "submit - --center K1 --reports ");
	assert_string_equal(said, "A\":stale : ");
	assert_int_equal(a.sequence, 7);
	assert_false(a.kept);
	/* nobody asked for them; there is no end; and half a line */
	m.each = NULL;
	fails(handover_submit(client, &m, &a, &e), &e, ERROR_TROUBLE,
		"no sense");
	m.each = note_report;
	answer = REPORT("1", "", "null");
	fails(handover_submit(client, &m, &a, &e), &e, ERROR_TROUBLE,
		"no sense");
	answer = "{\"report\":1}\n" WHOLE;
	fails(handover_submit(client, &m, &a, &e), &e, ERROR_TROUBLE,
		"no sense");
}

static void
identities(void **state)
{
	struct handover_identity id;
	struct error e;

	(void)state;
	times = 1;
	code = EXIT_NO;
	answer = "{\"id\":\"agent:K1\",\"registered\":true,\"enabled\":true,"
		 "\"of_center\":false,\"of_channel\":false,\"printers\":3}\n";
	assert_int_equal(
		handover_identify(client, "agent:K1", "K1", &id, &e), 0);
	assert_string_equal(asked, "identify agent:K1 --center K1 ");
	assert_true(id.registered && id.enabled);
	assert_false(id.of_center || id.of_channel);
	assert_int_equal(id.printers, 3);
	answer = "";
	code = EXIT_REFUSED;
	complaint = "csrcadm: no ID\n";
	fails(handover_identify(client, "x", "K1", &id, &e), &e, ERROR_BAD,
		"no ID");
	complaint = "";
}

static int
note_agent(const struct handover_agent *agent, void *arg)
{
	char *said = arg;

	strcat(strcat(strcat(said, agent->id), agent->center), " ");
	return strcmp(agent->id, "A9") == 0 ? 5 : 0;
}

static void
agents(void **state)
{
	char said[64] = "";
	struct error e;

	(void)state;
	code = EXIT_DONE;
	answer = "{\"agent\":\"A1\",\"center\":\"K1\"}\n"
		 "{\"agent\":\"A2\",\"center\":\"K2\"}\n";
	assert_int_equal(handover_registry(client, note_agent, said, &e), 0);
	assert_string_equal(asked, "agent registry ");
	assert_string_equal(said, "A1K1 A2K2 ");
	answer = "{\"agent\":\"A9\",\"center\":\"K1\"}\n?";
	assert_int_equal(handover_registry(client, note_agent, said, &e), 5);
	answer = "{\"agent\":\"A1234567890123456\",\"center\":\"K1\"}\n";
	fails(handover_registry(client, note_agent, said, &e), &e,
		ERROR_TROUBLE, "no sense");
	assert_int_equal(handover_heard(client, "A1", "192.0.2.1", &e), 0);
	assert_string_equal(asked, "agent heard A1 --address 192.0.2.1 ");
}

/* None is half an answer. */
static void
senseless_answers(void **state)
{
	static const struct {
		const char *answer;
		int times;
	} rows[] = {
		{ "no JSON", 1 },
		{ "[]", 1 },
		{ "{}", 1 },
		{ "{\"verdict\":\"genuine\"", 1 },
		{ WHOLE, 2 },
		{ WHOLE, 1000 },
		{ "{\"verdict\":\"genuine\",\"reason\":null,\"sequence\":-1,"
		  "\"disposal\":\"taken\",\"principal\":null,"
		  "\"receipt\":null}",
			1 },
		{ "{\"verdict\":\"genuine\",\"reason\":null,\"sequence\":1,"
		  "\"disposal\":\"eaten\",\"principal\":null,"
		  "\"receipt\":null}",
			1 },
		{ "{\"verdict\":\"genuine\",\"reason\":null,\"sequence\":1,"
		  "\"disposal\":\"taken\",\"principal\":null,"
		  "\"receipt\":5}",
			1 },
		{ "{\"verdict\":\"genuine\",\"reason\":null,\"sequence\":1,"
		  "\"disposal\":\"taken\",\"disposal\":\"taken\","
		  "\"principal\":null,\"receipt\":null}",
			1 },
		{ "{\"verdict\":\"a verdict much longer than any that there "
		  "is\",\"reason\":null,\"sequence\":1,\"disposal\":\"taken\","
		  "\"principal\":null,\"receipt\":null}",
			1 },
	};
	struct handover_answer a;
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer = rows[i].answer;
		times = rows[i].times;
		fails(submit(&a, &e), &e, ERROR_TROUBLE, "no sense");
	}
}

/* The daemon's word is told from there being none. */
static void
refusals(void **state)
{
	struct handover_answer a;
	struct error e;

	(void)state;
	complaint = "csrcadm: --trace: too long\nand more\n";
	code = EXIT_REFUSED;
	fails(submit(&a, &e), &e, ERROR_BAD, "the daemon: --trace: too long");
	code = EXIT_USAGE;
	fails(submit(&a, &e), &e, ERROR_USAGE, "--trace");
	code = EXIT_TROUBLE;
	fails(submit(&a, &e), &e, ERROR_TROUBLE, "--trace");
	complaint = "";
	fails(submit(&a, &e), &e, ERROR_TROUBLE, "no reason");
	/* what it does not let us ask */
	fails(handover_delivered(client, ID, &e), &e, ERROR_TROUBLE,
		"not allowed");
}

static int
count_pending(const struct handover_pending *p, void *arg)
{
	int *left = arg;

	assert_string_equal(p->email_id, ID);
	assert_string_equal(p->serial, "A=");
	assert_string_equal(p->center, "K1");
	assert_string_equal(p->cursor, "A:" ID);
	assert_int_equal(p->expires - p->issued, 86400);
	assert_int_equal(p->octets, 9);
	assert_true(p->sealed);
	return --*left == 0 ? 5 : 0;
}

static void
what_waits(void **state)
{
	struct error e;
	int left = 4000;

	(void)state;
	answer = LINE;
	times = 1000;
	assert_int_equal(handover_pending(client, "K1", "device:A", "A:" ID,
				 count_pending, &left, &e),
		0);
	assert_string_equal(asked,
		"pending --center K1 --principal device:A --after A:" ID " ");
	assert_int_equal(left, 3000);
	/* a thousand at a time, whatever it says */
	times = 1500;
	assert_int_equal(handover_pending(client, NULL, NULL, NULL,
				 count_pending, &left, &e),
		0);
	assert_string_equal(asked, "pending ");
	assert_int_equal(left, 2000);
	left = 3;
	assert_int_equal(handover_pending(client, NULL, NULL, NULL,
				 count_pending, &left, &e),
		5);
	times = 0;
	assert_int_equal(handover_pending(client, NULL, NULL, NULL,
				 count_pending, &left, &e),
		0);
	times = 1;
	answer = "{\"email_id\":\"x\"}\n";
	fails(handover_pending(
		      client, NULL, NULL, NULL, count_pending, &left, &e),
		&e, ERROR_TROUBLE, "no sense");
	answer = "{\"email_id\":\"x\"";
	fails(handover_pending(
		      client, NULL, NULL, NULL, count_pending, &left, &e),
		&e, ERROR_TROUBLE, "no sense");
	code = EXIT_TROUBLE;
	fails(handover_pending(
		      client, NULL, NULL, NULL, count_pending, &left, &e),
		&e, ERROR_TROUBLE, "");
}

static void
fetched(void **state)
{
	struct buffer out = { 0 };
	struct error e;

	(void)state;
	answer = "Subject: x\r\n\r\n0123456789abcdef0123456789abcdef";
	times = 10000;
	buffer_text(&out, "before ");
	assert_int_equal(handover_fetch(client, ID, &out, &e), 0);
	assert_string_equal(asked, "fetch " ID " ");
	assert_int_equal(out.length, 7 + strlen(answer) * 10000);
	buffer_clear(&out);
	/* larger than any request, or than there is room for */
	times = HANDOVER_FETCH_MAX / (int)strlen(answer) + 1;
	fails(handover_fetch(client, ID, &out, &e), &e, ERROR_LIMIT, "large");
	assert_int_equal(out.length, 0);
	times = 1;
	out.limit = 10;
	fails(handover_fetch(client, ID, &out, &e), &e, ERROR_LIMIT, "large");
	assert_int_equal(out.length, 0);
	times = 0;
	complaint = "csrcadm: nothing waits\n";
	code = EXIT_REFUSED;
	fails(handover_fetch(client, ID, &out, &e), &e, ERROR_NOT_FOUND,
		"nothing waits");
	code = EXIT_TROUBLE;
	fails(handover_fetch(client, ID, &out, &e), &e, ERROR_TROUBLE,
		"nothing waits");
}

/* What is gone is not "not found", and what comes back is used. */
static void
daemon_restarts(void **state)
{
	struct handover_answer a;
	struct buffer out = { 0 };
	struct error e;

	(void)state;
	answer = WHOLE;
	assert_int_equal(submit(&a, &e), 0);
	stop_daemon();
	fails(submit(&a, &e), &e, ERROR_TROUBLE, "");
	fails(handover_fetch(client, ID, &out, &e), &e, ERROR_TROUBLE, "");
	fails(handover_delivered(client, ID, &e), &e, ERROR_TROUBLE, "");
	assert_int_equal(start_daemon(), 0);
	assert_int_equal(submit(&a, &e), 0);
	stop_daemon();
	assert_int_equal(start_daemon(), 0);
	/* the old connection may only end while it is asked over it */
	if (submit(&a, &e) == -1) {
		assert_int_equal(e.code, ERROR_TROUBLE);
		assert_int_equal(submit(&a, &e), 0);
	}
	assert_string_equal(a.principal, "device:A");
}

/* Its late answer is not the next one's. */
static void
daemon_is_slow(void **state)
{
	struct client *patient = client;
	struct handover_answer a;
	struct error e;

	(void)state;
	assert_int_equal(client_open(path, 1, &client, &e), 0);
	answer = WHOLE;
	slow = true;
	fails(submit(&a, &e), &e, ERROR_TROUBLE, "does not answer");
	slow = false;
	assert_int_equal(submit(&a, &e), 0);
	assert_int_equal(a.sequence, 7);
	client_close(&client);
	client = patient;
}

#define NUMBER "0123456789abcdef0123456789abcdef"
#define LICENCE                                                         \
	"{\"licence\":\"lic-7k3m2xw9qd\",\"principal\":\"device:A\","   \
	"\"code\":\"7K3M-7K3M-7K3M-7K3M-7K3M-7K3M-7K3M\",\"resets\":2," \
	"\"url\":null}\n"
#define ISSUED                                                       \
	"{\"again\":true,\"number\":\"" NUMBER "\",\"certificate\":" \
	"\"AAEC\"}\n"

static int
reserve(struct authority_licence *l, struct error *e)
{
	return authority_reserve(client, "lic", "t1", l, e);
}

static int
record(struct buffer *given, struct error *e)
{
	char number[AUTHORITY_NUMBER_SIZE];
	bool again = false;
	int rc = authority_record(
		client, "lic", "t1", "der", 3, given, number, &again, e);

	if (rc == 0) {
		assert_string_equal(number, NUMBER);
		assert_true(again);
	}
	return rc;
}

static void
authority_is_answered(void **state)
{
	struct authority_licence l;
	struct buffer given = { 0 };
	struct error e;

	(void)state;
	answer = LICENCE;
	assert_int_equal(reserve(&l, &e), 0);
	assert_string_equal(asked, "authority reserve lic t1 ");
	assert_string_equal(l.licence, "lic-7k3m2xw9qd");
	assert_int_equal(l.resets, 2);
	assert_string_equal(l.url, "");
	answer = ISSUED;
	assert_int_equal(record(&given, &e), 0);
	assert_string_equal(asked, "authority record lic t1 - ");
	assert_int_equal(got.length, 3);
	assert_int_equal(given.length, 3);
	assert_memory_equal(given.data, "\0\1\2", 3);
	buffer_clear(&given);
}

/* Of what kind a refusal is, is its line's word, and nothing else's. */
static void
authority_is_refused(void **state)
{
	static const struct {
		const char *answer;
		enum exit_code code;
		enum error_code expected;
	} rows[] = {
		{ "{\"refused\":\"not-found\"}\n", EXIT_REFUSED,
			ERROR_NOT_FOUND },
		{ "{\"refused\":\"exists\"}\n", EXIT_REFUSED, ERROR_EXISTS },
		{ "{\"refused\":\"denied\"}\n", EXIT_REFUSED, ERROR_DENIED },
		{ "{\"refused\":\"limit\"}\n", EXIT_REFUSED, ERROR_LIMIT },
		{ "{\"refused\":\"bad\"}\n", EXIT_REFUSED, ERROR_BAD },
		{ "{\"refused\":\"else\"}\n", EXIT_REFUSED, ERROR_BAD },
		{ "", EXIT_REFUSED, ERROR_BAD },
		{ "{\"refused\":\"denied\"}\n", EXIT_TROUBLE, ERROR_TROUBLE },
		{ "{\"refused\":\"denied\"}\n", EXIT_USAGE, ERROR_USAGE },
	};
	struct authority_licence l;
	struct error e;

	(void)state;
	complaint = "csrcadm: no\n";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer = rows[i].answer;
		code = rows[i].code;
		fails(reserve(&l, &e), &e, rows[i].expected, "no");
	}
}

static void
authority_hears_no_sense(void **state)
{
	static const char *const rows[] = { "", "no JSON\n", "[]\n", "{}\n",
		ISSUED ISSUED, "{\"again\":true}\n",
		"{\"number\":\"" NUMBER "\",\"certificate\":\"\"}\n",
		"{\"number\":\"" NUMBER "\",\"certificate\":\"A?EC\"}\n",
		"{\"number\":\"" NUMBER "\",\"certificate\":5}\n",
		"{\"number\":\"" NUMBER "0\",\"certificate\":\"AAEC\"}\n",
		"{\"number\":\"" NUMBER "\",\"certificate\":\"AAEC\"}" };
	struct buffer given = { 0 };
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		answer = rows[i];
		fails(record(&given, &e), &e, ERROR_TROUBLE, "no sense");
		assert_int_equal(given.length, 0);
	}
}

static int
count_crl(uint64_t revision, void *arg, struct error *e)
{
	(void)e;
	assert_int_equal(revision, 7);
	return --*(int *)arg == 0 ? 5 : 0;
}

static int
count_revoked(const struct authority_revoked *r, void *arg)
{
	assert_string_equal(r->reason, "superseded");
	++*(int *)arg;
	return 0;
}

static void
authority_walks(void **state)
{
	static const struct authority_due_calls calls = { .crl = count_crl };
	struct error e;
	int left = 3;

	(void)state;
	answer = "{\"due\":\"crl\",\"revision\":7}\n";
	times = 4;
	assert_int_equal(authority_due(client, &calls, &left, &e), 5);
	times = 2;
	assert_int_equal(authority_due(client, &calls, &left, &e), 0);
	answer = "{\"due\":\"tea\"}\n";
	fails(authority_due(client, &calls, &left, &e), &e, ERROR_TROUBLE,
		"no sense");
	times = 1;
	left = 0;
	answer = "{\"number\":\"" NUMBER "\",\"reason\":\"superseded\","
		 "\"revoked\":\"2026-11-30T12:00:00Z\"}\n";
	assert_int_equal(
		authority_revoked(client, NULL, count_revoked, &left, &e), 0);
	assert_int_equal(left, 1);
	/* the same again would never end */
	fails(authority_revoked(client, NUMBER, count_revoked, &left, &e), &e,
		ERROR_TROUBLE, "no sense");
	assert_string_equal(asked, "authority revoked --after " NUMBER " ");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(handed_over, start, stop),
		cmocka_unit_test_setup_teardown(reports_are_told, start, stop),
		cmocka_unit_test_setup_teardown(identities, start, stop),
		cmocka_unit_test_setup_teardown(agents, start, stop),
		cmocka_unit_test_setup_teardown(senseless_answers, start, stop),
		cmocka_unit_test_setup_teardown(refusals, start, stop),
		cmocka_unit_test_setup_teardown(what_waits, start, stop),
		cmocka_unit_test_setup_teardown(fetched, start, stop),
		cmocka_unit_test_setup_teardown(daemon_restarts, start, stop),
		cmocka_unit_test_setup_teardown(daemon_is_slow, start, stop),
		cmocka_unit_test_setup_teardown(
			authority_is_answered, start, stop),
		cmocka_unit_test_setup_teardown(
			authority_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(
			authority_hears_no_sense, start, stop),
		cmocka_unit_test_setup_teardown(authority_walks, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
