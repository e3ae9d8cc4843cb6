/*
 * What the agent asks of a printer, by straight calls of net-snmp as its manual
 * shows them: a session each, one Get with the same objects, so many at once.
 *
 * usage: snmpbare PORT COUNT WINDOW OID…    of 127.4.0.0 and on, v2c, "public"
 */
#include <net-snmp/net-snmp-config.h>

#include <net-snmp/net-snmp-includes.h>
#include <net-snmp/library/large_fd_set.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OBJECTS_MAX = 32 };

static struct {
	int port, count, window, next, open, answered;
	oid objects[OBJECTS_MAX][MAX_OID_LEN];
	size_t lengths[OBJECTS_MAX], object_count;
} bench;

static void *sessions[1024], *over[1024];
static size_t over_count;

static int
take(int operation, netsnmp_session *session, int id, netsnmp_pdu *pdu,
	void *magic)
{
	(void)id;
	(void)pdu;
	(void)session;
	bench.answered += operation == NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE;
	/* not here: it is being read */
	over[over_count++] = magic;
	return 1;
}

static void
ask_next(void **place)
{
	netsnmp_session model;
	netsnmp_pdu *pdu;
	char peer[64];
	const int n = bench.next++;

	snprintf(peer, sizeof(peer), "udp:127.4.%d.%d:%d", n / 256, n % 256,
		bench.port);
	snmp_sess_init(&model);
	model.version = SNMP_VERSION_2c;
	model.peername = peer;
	model.community = (u_char *)"public";
	model.community_len = 6;
	*place = snmp_sess_open(&model);
	if (*place == NULL)
		exit(1);
	pdu = snmp_pdu_create(SNMP_MSG_GET);
	for (size_t i = 0; i < bench.object_count; i++)
		snmp_add_null_var(pdu, bench.objects[i], bench.lengths[i]);
	if (snmp_sess_async_send(*place, pdu, take, place) == 0)
		exit(1);
	bench.open++;
}

static void
turn(void)
{
	netsnmp_large_fd_set set;
	struct timeval timeout = { .tv_sec = 1 };
	int count = 0, block = 0;

	netsnmp_large_fd_set_init(&set, FD_SETSIZE);
	for (int i = 0; i < bench.window; i++)
		if (sessions[i] != NULL)
			snmp_sess_select_info2(
				sessions[i], &count, &set, &timeout, &block);
	count = netsnmp_large_fd_set_select(count, &set, NULL, NULL, &timeout);
	for (int i = 0; i < bench.window; i++) {
		if (sessions[i] != NULL && count > 0)
			snmp_sess_read2(sessions[i], &set);
		if (sessions[i] != NULL && count == 0)
			snmp_sess_timeout(sessions[i]);
	}
	netsnmp_large_fd_set_cleanup(&set);
}

static void
reap(void)
{
	while (over_count > 0) {
		void **place = over[--over_count];

		snmp_sess_close(*place);
		*place = NULL;
		bench.open--;
	}
}

int
main(int argc, char **argv)
{
	struct timespec began, ended;

	setenv("MIBS", "", 1);
	setenv("SNMP_PERSISTENT_DIR", "/dev/null", 1);
	netsnmp_ds_set_boolean(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
	netsnmp_ds_set_boolean(
		NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
	init_snmp("snmpbare");
	if (argc < 5)
		return 64;
	bench.port = atoi(argv[1]);
	bench.count = atoi(argv[2]);
	bench.window = atoi(argv[3]);
	for (int i = 4; i < argc && bench.object_count < OBJECTS_MAX; i++) {
		bench.lengths[bench.object_count] = MAX_OID_LEN;
		if (!read_objid(argv[i], bench.objects[bench.object_count],
			    &bench.lengths[bench.object_count]))
			return 64;
		bench.object_count++;
	}
	clock_gettime(CLOCK_MONOTONIC, &began);
	while (bench.next < bench.count || bench.open > 0) {
		for (int i = 0; i < bench.window && bench.next < bench.count;
			i++)
			if (sessions[i] == NULL)
				ask_next(&sessions[i]);
		turn();
		reap();
	}
	clock_gettime(CLOCK_MONOTONIC, &ended);
	printf("%d answered, seconds=%.3f\n", bench.answered,
		(double)(ended.tv_sec - began.tv_sec) +
			(double)(ended.tv_nsec - began.tv_nsec) / 1e9);
	return 0;
}
