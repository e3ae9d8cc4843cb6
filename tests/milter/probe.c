/*
 * Peers that no MTA is: connects, sends garbage or half a command, and goes.
 * probe PATH COUNT: so many of them at a Unix socket, each kind in turn.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"

/* A milter packet: length, command, data. */
static void
send_packet(int fd, char command, const void *data, uint32_t length)
{
	unsigned char packet[1024] = { 0 };

	packet[2] = (unsigned char)((length + 1) >> 8);
	packet[3] = (unsigned char)(length + 1);
	packet[4] = (unsigned char)command;
	memcpy(packet + 5, data, length);
	/* What cannot be sent need not be: the peer may have hung up. */
	if (send(fd, packet, length + 5, MSG_NOSIGNAL) == -1)
		return;
}

static void
negotiate(int fd)
{
	static const unsigned char offer[] = { 0, 0, 0, 6, 0, 0, 1, 255, 0, 31,
		255, 255 };
	unsigned char answer[256];

	send_packet(fd, 'O', offer, sizeof(offer));
	if (recv(fd, answer, sizeof(answer), 0) <= 0)
		fprintf(stderr, "no answer to a negotiation\n");
}

static void
nothing(int fd)
{
	(void)fd;
}

static void
garbage(int fd)
{
	unsigned char octets[200];
	size_t i;

	for (i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)random();
	if (send(fd, octets, 1 + (size_t)random() % sizeof(octets),
		    MSG_NOSIGNAL) == -1)
		return;
}

static void
half_packet(int fd)
{
	negotiate(fd);
	if (send(fd, "\0\0\0\20M<a", 7, MSG_NOSIGNAL) == -1)
		return;
}

static void
half_mail(int fd)
{
	static const char client[] = "localhost\0004\0\031127.0.0.1";
	static const unsigned char body[1000] = { 0 };

	negotiate(fd);
	send_packet(fd, 'C', client, sizeof(client));
	send_packet(fd, 'M', "<a@b>", 6);
	send_packet(fd, 'R', "<csrc@center.example>", 22);
	send_packet(fd, 'L', "A\0b", 4);
	send_packet(fd, 'N', "", 0);
	send_packet(fd, 'B', body, sizeof(body));
}

/* Commands out of turn: a mail without a connection, an end without one. */
static void
out_of_turn(int fd)
{
	negotiate(fd);
	send_packet(fd, 'U', "X", 2);
	send_packet(fd, 'M', "<a@b>", 6);
	send_packet(fd, 'R', "<csrc@center.example>", 22);
	send_packet(fd, 'E', "", 0);
	send_packet(fd, 'O', "", 0);
}

static void (*const kinds[])(int fd) = { nothing, garbage, negotiate,
	half_packet, half_mail, out_of_turn };

static int
probe(const struct sockaddr_un *address, int number)
{
	const struct timeval patience = { 10, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd == -1 ||
		connect(fd, (const struct sockaddr *)address,
			sizeof(*address)) == -1) {
		perror("connect");
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	kinds[number % (int)(sizeof(kinds) / sizeof(kinds[0]))](fd);
	close(fd);
	return 0;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int count, i;

	if (argc != 3 ||
		!text_copy(address.sun_path, sizeof(address.sun_path), argv[1]))
		return 2;
	srandom(1);
	count = atoi(argv[2]);
	for (i = 0; i < count; i++)
		if (probe(&address, i) == -1)
			return 1;
	return 0;
}
