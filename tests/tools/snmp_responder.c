/*
 * Many printers that answer SNMPv1 and v2c, fast: snmp_responder PORT COMMUNITY
 * FILE [FAULT=ADDRESS]…. Every address of 127.0.0.0/8 is one, on that port;
 * what they have is in the file, as snmpsim has it (agent/recorded.h). In its
 * texts
 * "@" is the address in hex, and each Counter32 is greater by the address's
 * last 16 bits. At SIGTERM it says what it has done, and what that has cost.
 *
 * Faults, of one address each; those with a number are written NAME:NUMBER.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "agent/recorded.h"
#include "base/clock.h"

enum {
	BATCH = 64,
	SIZE = 65536,
	REQUEST_SIZE = 2048,
	ROWS_MAX = 256,
	FAULTS_MAX = 256,
	LATE_MAX = 1024,
	GET = 0xa0,
	GET_NEXT = 0xa1,
	RESPONSE = 0xa2,
	GET_BULK = 0xa5
};

enum fault_kind {
	SILENT,  /* never answers */
	LATE,    /* so many milliseconds later */
	DEAF,    /* to all but each so manieth datagram */
	LOOPING, /* a walk that begins anew after so many rows */
	BACK,    /* rows in the wrong order */
	ENDLESS, /* there is always one more */
	WRONG_ID,
	WRONG_TYPE,    /* numbers are addresses */
	TRUNCATED,     /* half a datagram */
	SHORT,         /* a row less than asked for */
	TWICE,         /* each answer three times */
	WRAP,          /* counters that go over their end */
	FLOOD,         /* so many datagrams of nothing with each answer */
	FAILING,       /* genErr */
	SMALL,         /* tooBig for more than so many rows */
	OTHER_VERSION, /* the other version in the answer */
	RANDOM,        /* as many octets by chance */
	HEARD,         /* of nobody: tells what versions are heard */
	NO_FAULT
};

static const char *const fault_names[] = { "silent", "late", "deaf", "looping",
	"back", "endless", "wrong-id", "wrong-type", "truncated", "short",
	"twice", "wrap", "flood", "failing", "small", "version", "random",
	"heard" };

static struct fault {
	uint32_t address;
	enum fault_kind kind;
	unsigned int number;
	unsigned int seen; /* datagrams */
} faults[FAULTS_MAX];
static size_t fault_count;

static struct answers *answers;
static const char *community;
static volatile sig_atomic_t stopped;
static uint64_t requests, rows_given;
static bool tells;

struct request {
	struct sockaddr_in from;
	struct in_addr to;
	unsigned char octets[REQUEST_SIZE];
	size_t length;
	/* read from them */
	int version, command;
	uint32_t id;
	long first, second; /* non-repeaters, max-repetitions */
	struct oid objects[ROWS_MAX];
	size_t count;
	struct fault *fault;
};

struct response {
	struct answer rows[ROWS_MAX];
	size_t count;
	long status, index;
};

/* BER that is written from its end. */
struct out {
	unsigned char octets[SIZE];
	size_t at;
};

static struct late {
	int64_t when; /* 0: free */
	struct sockaddr_in to;
	struct in_addr from;
	size_t length;
	unsigned char octets[4096];
} late[LATE_MAX];

static enum fault_kind
fault_of(const struct request *r)
{
	return r->fault == NULL ? NO_FAULT : r->fault->kind;
}

/* Reading */

struct in {
	const unsigned char *at, *end;
};

/* Takes one value off. */
static bool
take(struct in *in, int *tag_r, struct in *body_r)
{
	size_t length, octets;

	if (in->end - in->at < 2)
		return false;
	*tag_r = in->at[0];
	length = in->at[1];
	in->at += 2;
	if (length >= 0x80) {
		octets = length & 0x7f;
		if (octets > 3 || (size_t)(in->end - in->at) < octets)
			return false;
		for (length = 0; octets > 0; octets--)
			length = length << 8 | *in->at++;
	}
	if ((size_t)(in->end - in->at) < length)
		return false;
	*body_r = (struct in){ in->at, in->at + length };
	in->at += length;
	return true;
}

static bool
take_number(struct in *in, long *number_r)
{
	struct in body;
	int tag;

	if (!take(in, &tag, &body) || tag != 0x02 || body.at == body.end)
		return false;
	*number_r = (signed char)*body.at++;
	while (body.at < body.end)
		*number_r = (long)((unsigned long)*number_r << 8 | *body.at++);
	return true;
}

static bool
take_oid(struct in *in, struct oid *oid)
{
	struct in body;
	uint32_t id;
	int tag;

	if (!take(in, &tag, &body) || tag != 0x06 || body.at == body.end)
		return false;
	oid->count = 0;
	oid->ids[oid->count++] = *body.at / 40u;
	oid->ids[oid->count++] = *body.at++ % 40u;
	while (body.at < body.end && oid->count < OID_MAX) {
		for (id = 0; body.at < body.end && *body.at & 0x80; body.at++)
			id = id << 7 | (*body.at & 0x7fu);
		if (body.at < body.end)
			oid->ids[oid->count++] = id << 7 | *body.at++;
	}
	return true;
}

static bool
read_request(struct request *r)
{
	struct in in = { r->octets, r->octets + r->length }, message, text, pdu,
		  list, one;
	long version, id;
	int tag;

	if (!take(&in, &tag, &message) || !take_number(&message, &version) ||
		!take(&message, &tag, &text) ||
		!take(&message, &r->command, &pdu) || version > 1 ||
		(size_t)(text.end - text.at) != strlen(community) ||
		memcmp(text.at, community, strlen(community)) != 0 ||
		!take_number(&pdu, &id) || !take_number(&pdu, &r->first) ||
		!take_number(&pdu, &r->second) || !take(&pdu, &tag, &list))
		return false;
	r->version = (int)version;
	r->id = (uint32_t)id;
	r->count = 0;
	while (r->count < ROWS_MAX && take(&list, &tag, &one) &&
		take_oid(&one, &r->objects[r->count]))
		r->count++;
	return true;
}

/* Writing, from the end to the beginning */

static void
put(struct out *o, const void *octets, size_t length)
{
	if (length > o->at)
		abort();
	o->at -= length;
	memcpy(o->octets + o->at, octets, length);
}

static void
put_octet(struct out *o, unsigned int octet)
{
	const unsigned char one = (unsigned char)octet;

	put(o, &one, 1);
}

/* end: where what it is of ends. */
static void
put_head(struct out *o, unsigned int tag, size_t end)
{
	size_t length = end - o->at;

	if (length < 0x80) {
		put_octet(o, (unsigned int)length);
	} else {
		put_octet(o, length & 0xff);
		put_octet(o, length >> 8 & 0xff);
		put_octet(o, 0x82);
	}
	put_octet(o, tag);
}

static void
put_number(struct out *o, unsigned int tag, int64_t number)
{
	const size_t end = o->at;

	do {
		put_octet(o, (unsigned int)(number & 0xff));
		number >>= 8;
	} while (!(number == 0 && (o->octets[o->at] & 0x80) == 0) &&
		!(number == -1 && (o->octets[o->at] & 0x80) != 0));
	put_head(o, tag, end);
}

static void
put_unsigned(struct out *o, unsigned int tag, uint64_t number)
{
	const size_t end = o->at;

	do {
		put_octet(o, (unsigned int)(number & 0xff));
		number >>= 8;
	} while (number != 0 || (o->octets[o->at] & 0x80) != 0);
	put_head(o, tag, end);
}

static void
put_oid(struct out *o, const struct oid *oid)
{
	const size_t end = o->at;
	uint32_t id;

	for (size_t i = oid->count; i > 2; i--) {
		id = oid->ids[i - 1];
		put_octet(o, id & 0x7f);
		while ((id >>= 7) != 0)
			put_octet(o, 0x80 | (id & 0x7f));
	}
	put_octet(o, oid->count < 2 ? 0 : oid->ids[0] * 40 + oid->ids[1]);
	put_head(o, 0x06, end);
}

/* "@" is whose text it is. */
static void
put_text(struct out *o, const struct answer *row, uint32_t address)
{
	const size_t end = o->at;
	char hex[9];

	snprintf(hex, sizeof(hex), "%08X", address);
	for (size_t i = row->length; i > 0; i--) {
		if (row->text[i - 1] == '@')
			put(o, hex, 8);
		else
			put_octet(o, row->text[i - 1]);
	}
	put_head(o, 0x04, end);
}

static uint64_t
count_of(const struct answer *row, const struct request *r)
{
	const uint32_t address = ntohl(r->to.s_addr);

	if (fault_of(r) == WRAP)
		return (uint32_t)(UINT32_MAX - 5 + r->fault->seen * 10);
	return (uint32_t)(row->number + (address & 0xffff));
}

static void
put_value(struct out *o, const struct answer *row, const struct request *r)
{
	const bool wrong = fault_of(r) == WRONG_TYPE;

	switch (row->kind) {
	case ANSWER_INTEGER:
		put_number(o, wrong ? 0x42 : 0x02, row->integer);
		return;
	case ANSWER_COUNTER32:
		put_unsigned(o, wrong ? 0x43 : 0x41, count_of(row, r));
		return;
	case ANSWER_COUNTER64:
		put_unsigned(o, 0x46, row->number);
		return;
	case ANSWER_GAUGE:
		put_unsigned(o, 0x42, row->number);
		return;
	case ANSWER_TICKS:
		put_unsigned(o, 0x43, row->number);
		return;
	case ANSWER_TEXT:
		put_text(o, row, ntohl(r->to.s_addr));
		return;
	case ANSWER_OID:
		put_oid(o, &row->value);
		return;
	case ANSWER_ADDRESS:
		put(o, row->text, 4);
		put_head(o, 0x40, o->at + 4);
		return;
	case ANSWER_ABSENT: /* noSuchInstance, or endOfMibView */
		put_head(o, r->command == GET ? 0x81 : 0x82, o->at);
		return;
	case ANSWER_FAILED:
	case ANSWER_OTHER:
		put_head(o, 0x05, o->at);
		return;
	}
}

static void
write_response(struct out *o, const struct request *r, const struct response *s)
{
	const int version =
		fault_of(r) == OTHER_VERSION ? 1 - r->version : r->version;
	size_t row_end, list_end;

	o->at = SIZE;
	list_end = o->at;
	for (size_t i = s->count; i > 0; i--) {
		row_end = o->at;
		put_value(o, &s->rows[i - 1], r);
		put_oid(o, &s->rows[i - 1].oid);
		put_head(o, 0x30, row_end);
	}
	put_head(o, 0x30, list_end);
	put_number(o, 0x02, s->index);
	put_number(o, 0x02, s->status);
	put_number(o, 0x02, (int32_t)(r->id + (fault_of(r) == WRONG_ID)));
	put_head(o, RESPONSE, list_end);
	row_end = o->at;
	put(o, community, strlen(community));
	put_head(o, 0x04, row_end);
	put_number(o, 0x02, version);
	put_head(o, 0x30, list_end);
	for (size_t i = o->at; fault_of(r) == RANDOM && i < SIZE; i++)
		o->octets[i] = (unsigned char)rand();
}

/* What is answered */

static void
next_row(const struct request *r, const struct oid *behind, size_t given,
	struct answer *row)
{
	const struct oid first = { .count = 0 };

	if (fault_of(r) == ENDLESS) {
		*row = (struct answer){ .oid = *behind,
			.kind = ANSWER_INTEGER };
		if (behind->count < 12)
			row->oid.ids[row->oid.count++] = 0;
		row->oid.ids[row->oid.count - 1]++;
		return;
	}
	if (fault_of(r) == LOOPING && given + r->fault->seen > 1 &&
		(given + r->fault->seen) % r->fault->number == 0)
		behind = &first;
	if (!answers_next(answers, behind, row))
		*row = (struct answer){ .oid = *behind, .kind = ANSWER_ABSENT };
}

static void
answer_get(const struct request *r, struct response *s)
{
	for (size_t i = 0; i < r->count; i++) {
		if (!answers_find(answers, &r->objects[i], &s->rows[i])) {
			s->rows[i] = (struct answer){ .oid = r->objects[i],
				.kind = ANSWER_ABSENT };
			if (r->version == 0 && s->status == 0) {
				s->status = 2; /* noSuchName */
				s->index = (long)i + 1;
			}
		}
	}
	s->count = r->count;
}

static void
answer_next(const struct request *r, struct response *s, long repetitions)
{
	const struct oid *behind;

	for (long n = 0; n < repetitions; n++) {
		for (size_t i = 0; i < r->count && s->count < ROWS_MAX; i++) {
			behind = n == 0 ? &r->objects[i]
					: &s->rows[s->count - r->count].oid;
			next_row(r, behind, s->count, &s->rows[s->count]);
			s->count++;
		}
	}
	if (r->version == 0 && s->rows[0].kind == ANSWER_ABSENT) {
		s->status = 2;
		s->index = 1;
	}
}

static void
fail(struct response *s, const struct request *r, long status)
{
	s->status = status;
	s->index = status == 1 ? 0 : 1;
	s->count = 0;
	for (size_t i = 0; status != 1 && i < r->count; i++)
		s->rows[s->count++] = (struct answer){ .oid = r->objects[i],
			.kind = ANSWER_OTHER };
}

static void
spoil(struct response *s, const struct request *r)
{
	struct answer swap;

	if (fault_of(r) == FAILING)
		fail(s, r, 5);
	if (fault_of(r) == SMALL && s->count > r->fault->number)
		fail(s, r, 1);
	if (fault_of(r) == SHORT && s->count > 0)
		s->count = r->command == GET ? s->count - 1 : 0;
	if (fault_of(r) == BACK && s->count > 1) {
		swap = s->rows[0];
		s->rows[0] = s->rows[s->count - 1];
		s->rows[s->count - 1] = swap;
	}
}

static void
send_from(int fd, struct in_addr from, const struct sockaddr_in *to,
	const void *octets, size_t length)
{
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = { 0 };
	struct iovec part = { .iov_base = (void *)octets, .iov_len = length };
	struct msghdr message = { .msg_name = (void *)to,
		.msg_namelen = sizeof(*to),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	struct in_pktinfo info = { .ipi_spec_dst = from };

	head->cmsg_level = IPPROTO_IP;
	head->cmsg_type = IP_PKTINFO;
	head->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(head), &info, sizeof(info));
	/* lost is lost: it is a network */
	if (sendmsg(fd, &message, 0) < 0)
		return;
}

static void
put_off(const struct request *r, const unsigned char *octets, size_t length)
{
	for (size_t i = 0; i < LATE_MAX && length <= sizeof(late->octets);
		i++) {
		if (late[i].when != 0)
			continue;
		late[i].when = clock_milliseconds() + r->fault->number;
		late[i].to = r->from;
		late[i].from = r->to;
		late[i].length = length;
		memcpy(late[i].octets, octets, length);
		return;
	}
}

static void
send_late(int fd)
{
	const int64_t now = clock_milliseconds();

	for (size_t i = 0; i < LATE_MAX; i++) {
		if (late[i].when == 0 || late[i].when > now)
			continue;
		late[i].when = 0;
		send_from(fd, late[i].from, &late[i].to, late[i].octets,
			late[i].length);
	}
}

static void
send_response(int fd, const struct request *r, const struct out *o)
{
	const unsigned char *octets = o->octets + o->at;
	size_t length = SIZE - o->at;
	unsigned int times = fault_of(r) == TWICE ? 3 : 1;

	if (fault_of(r) == TRUNCATED)
		length /= 2;
	for (unsigned int i = 0; fault_of(r) == FLOOD && i < r->fault->number;
		i++)
		send_from(fd, r->to, &r->from, "nothing", 7);
	if (fault_of(r) == LATE)
		put_off(r, octets, length);
	else
		while (times-- > 0)
			send_from(fd, r->to, &r->from, octets, length);
}

static bool
hears(struct request *r)
{
	for (size_t i = 0; i < fault_count && r->fault == NULL; i++) {
		if (faults[i].address == r->to.s_addr)
			r->fault = &faults[i];
	}
	if (r->fault == NULL)
		return true;
	r->fault->seen++;
	return r->fault->kind != SILENT &&
		(r->fault->kind != DEAF ||
			r->fault->seen % r->fault->number == 0);
}

/* Also of what is not answered. */
static void
tell_version(const struct request *r)
{
	struct in in = { r->octets, r->octets + r->length }, message;
	long version = -1;
	int tag;

	if (take(&in, &tag, &message))
		take_number(&message, &version);
	fprintf(stderr, "version %ld\n", version);
}

static void
answer(int fd, struct request *r)
{
	static struct response s;
	static struct out o;

	r->fault = NULL;
	if (tells)
		tell_version(r);
	if (!hears(r) || !read_request(r))
		return;
	requests++;
	s.count = 0;
	s.status = 0;
	s.index = 0;
	if (r->command == GET)
		answer_get(r, &s);
	else
		answer_next(r, &s, r->command == GET_BULK ? r->second : 1);
	spoil(&s, r);
	rows_given += s.count;
	write_response(&o, r, &s);
	send_response(fd, r, &o);
}

/* The loop */

static void
whom(const struct msghdr *message, struct request *r)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	struct in_pktinfo info = { 0 };

	if (head != NULL && head->cmsg_type == IP_PKTINFO)
		memcpy(&info, CMSG_DATA(head), sizeof(info));
	r->to = info.ipi_addr;
}

static void
serve(int fd)
{
	static struct request batch[BATCH];
	static char controls[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct mmsghdr messages[BATCH];
	struct iovec parts[BATCH];
	int count;

	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){ batch[i].octets, REQUEST_SIZE };
		messages[i].msg_hdr =
			(struct msghdr){ .msg_name = &batch[i].from,
				.msg_namelen = sizeof(batch[i].from),
				.msg_iov = &parts[i],
				.msg_iovlen = 1,
				.msg_control = controls[i],
				.msg_controllen = sizeof(controls[i]) };
	}
	count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++) {
		batch[i].length = messages[i].msg_len;
		whom(&messages[i].msg_hdr, &batch[i]);
		answer(fd, &batch[i]);
	}
}

static int
listen_at(uint16_t port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	const int on = 1, size = 8 << 20;
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0 ||
		bind(fd, (const struct sockaddr *)&address, sizeof(address)) !=
			0) {
		perror("snmp_responder");
		exit(1);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return fd;
}

/* FAULT[:NUMBER]=ADDRESS */
static bool
read_fault(char *word)
{
	struct fault *fault = &faults[fault_count];
	char *address = strchr(word, '='), *number;

	if (address == NULL || fault_count == FAULTS_MAX)
		return false;
	*address++ = '\0';
	number = strchr(word, ':');
	if (number != NULL)
		*number++ = '\0';
	fault->number = number != NULL ? (unsigned int)atoi(number) : 1;
	while (fault->kind < NO_FAULT &&
		strcmp(fault_names[fault->kind], word) != 0)
		fault->kind++;
	fault_count++;
	tells = tells || fault->kind == HEARD;
	return fault->kind < NO_FAULT && fault->number > 0 &&
		inet_pton(AF_INET, address, &fault->address) == 1;
}

static void
stop(int number)
{
	(void)number;
	stopped = 1;
}

static void
tell(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("%llu requests, %llu rows, %ld.%03ld s of processor\n",
		(unsigned long long)requests, (unsigned long long)rows_given,
		usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
			(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) /
				1000000,
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000 %
			1000);
}

int
main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = stop };
	struct pollfd one = { .events = POLLIN };
	struct error e;

	if (argc < 4) {
		fprintf(stderr,
			"usage: snmp_responder PORT COMMUNITY FILE "
			"[FAULT=ADDRESS]...\n");
		return 64;
	}
	community = argv[2];
	if (recorded_read(argv[3], &answers, &e) != 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	for (int i = 4; i < argc; i++) {
		if (!read_fault(argv[i])) {
			fprintf(stderr, "what is %s?\n", argv[i]);
			return 64;
		}
	}
	sigaction(SIGTERM, &action, NULL);
	one.fd = listen_at((uint16_t)atoi(argv[1]));
	puts("ready");
	fflush(stdout);
	while (stopped == 0) {
		if (poll(&one, 1, 5) > 0)
			serve(one.fd);
		send_late(one.fd);
	}
	tell();
	return 0;
}
