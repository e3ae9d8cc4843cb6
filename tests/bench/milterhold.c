/*
 * Holds many milter connections open, each in the middle of a mail, as an MTA
 * with that many clients would, and prints what memory the filter then takes.
 * It speaks the milter protocol itself (version 6, no optional steps), so that
 * the filter really has the mails' octets in its hands.
 *
 * usage: milterhold UNIX-SOCKET PID CONNECTIONS RECIPIENT BODY-OCTETS
 * prints: VmRSS and Pss in kB
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { CHUNK = 65535 };

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void
packet(int fd, char command, const void *octets, size_t length)
{
	static char out[5 + CHUNK];
	uint32_t size = htonl(length + 1);

	memcpy(out, &size, 4);
	out[4] = command;
	memcpy(out + 5, octets, length);
	if (send(fd, out, length + 5, MSG_NOSIGNAL) != (ssize_t)(length + 5))
		fail("send");
}

static char
answer(int fd)
{
	char in[512];
	uint32_t size;

	if (recv(fd, &size, 4, MSG_WAITALL) != 4)
		fail("no answer");
	size = ntohl(size);
	if (size == 0 || size > sizeof(in) ||
		recv(fd, in, size, MSG_WAITALL) != (ssize_t)size)
		fail("bad answer");
	return in[0];
}

static void
step(int fd, char command, const void *octets, size_t length)
{
	char reply;

	packet(fd, command, octets, length);
	reply = answer(fd);
	if (reply != 'c') {
		fprintf(stderr, "milterhold: answer %c to %c\n", reply,
			command);
		exit(1);
	}
}

static int
dial(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = 30 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(to.sun_path))
		fail("socket");
	strcpy(to.sun_path, path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		fail(path);
	return fd;
}

static void
negotiate(int fd)
{
	/* version 6, all actions, no protocol steps left out */
	const uint32_t offer[3] = { htonl(6), htonl(0x1ff), htonl(0) };

	packet(fd, 'O', offer, sizeof(offer));
	if (answer(fd) != 'O')
		fail("no negotiation");
}

/* Up to a body of which the end never comes. */
static void
begin_mail(int fd, const char *recipient, size_t body)
{
	static const char client[] = "device.example\0004\0\31192.0.2.1";
	static const char octets[CHUNK];
	char rcpt[400];
	size_t some;

	step(fd, 'C', client, sizeof(client));
	step(fd, 'H', "device.example", 15);
	step(fd, 'M', "<device@device.example>", 24);
	snprintf(rcpt, sizeof(rcpt), "<%s>", recipient);
	step(fd, 'R', rcpt, strlen(rcpt) + 1);
	step(fd, 'T', "", 0);
	step(fd, 'L', "Subject\0report", 15);
	step(fd, 'N', "", 0);
	for (; body > 0; body -= some) {
		some = body < CHUNK ? body : CHUNK;
		step(fd, 'B', octets, some);
	}
}

static long
memory(const char *pid, const char *file, const char *name)
{
	char path[64], line[256];
	long value = -1;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%s/%s", pid, file);
	in = fopen(path, "r");
	if (!in)
		fail(path);
	while (value < 0 && fgets(line, sizeof(line), in))
		if (strncmp(line, name, strlen(name)) == 0)
			value = atol(line + strlen(name));
	fclose(in);
	return value;
}

int
main(int argc, char **argv)
{
	int count, i, fd;

	if (argc != 6) {
		fputs("usage: milterhold SOCKET PID CONNECTIONS RECIPIENT "
		      "BODY-OCTETS\n",
			stderr);
		return 2;
	}
	count = atoi(argv[3]);
	for (i = 0; i < count; i++) {
		fd = dial(argv[1]);
		negotiate(fd);
		begin_mail(fd, argv[4], strtoul(argv[5], NULL, 10));
	}
	printf("%ld %ld\n", memory(argv[2], "status", "VmRSS:"),
		memory(argv[2], "smaps_rollup", "Pss:"));
	return 0;
}
