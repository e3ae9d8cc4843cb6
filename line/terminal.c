#include "line/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	DTR_LOW = 500, /* milliseconds; modems look for some 50 (S25) */
	DRAIN = 10000, /* for what a slow line still has */
	LOOK_AGAIN = 20
};

static const struct {
	unsigned int speed;
	speed_t code;
} speeds[] = {
	{ 300, B300 },
	{ 600, B600 },
	{ 1200, B1200 },
	{ 2400, B2400 },
	{ 4800, B4800 },
	{ 9600, B9600 },
	{ 19200, B19200 },
	{ 38400, B38400 },
	{ 57600, B57600 },
	{ 115200, B115200 },
	{ 230400, B230400 },
};

static int
set_speed(struct termios *t, unsigned int speed, struct error *e)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
		if (speeds[i].speed != speed)
			continue;
		cfsetispeed(t, speeds[i].code);
		cfsetospeed(t, speeds[i].code);
		return 0;
	}
	return error_set(e, ERROR_BAD,
		"%u is no speed of a terminal line: 300, 1200, 2400 and so on "
		"to 230400",
		speed);
}

int
terminal_raw(int fd, unsigned int speed, bool flow, struct error *e)
{
	struct termios t;

	if (tcgetattr(fd, &t) == -1)
		return error_errno(e, "no terminal line");
	if (speed != 0 && set_speed(&t, speed, e) == -1)
		return -1;
	cfmakeraw(&t);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	/* until it is heeded a carrier plays no part: there is none while a
	 * modem dials */
	t.c_cflag |= CREAD | CLOCAL | HUPCL;
	t.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB);
	if (flow)
		t.c_cflag |= CRTSCTS;
	return tcsetattr(fd, TCSANOW, &t) == 0
		? 0
		: error_errno(e, "cannot set the terminal line");
}

void
terminal_heed_carrier(int fd)
{
	struct termios t;
	int signals;

	if (ioctl(fd, TIOCMGET, &signals) == -1 || (signals & TIOCM_CD) == 0 ||
		tcgetattr(fd, &t) == -1)
		return;
	t.c_cflag &= ~(tcflag_t)CLOCAL;
	(void)tcsetattr(fd, TCSANOW, &t);
}

/* tcdrain would wait for ever where the other end holds back. */
static void
drain(int fd)
{
	const int64_t until = clock_milliseconds() + DRAIN;
	int waiting;

	while (ioctl(fd, TIOCOUTQ, &waiting) == 0 && waiting > 0 &&
		clock_milliseconds() < until)
		(void)poll(NULL, 0, LOOK_AGAIN);
	(void)tcflush(fd, TCOFLUSH);
}

void
terminal_hang_up(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) == -1)
		return;
	drain(fd);
	cfsetispeed(&t, B0);
	cfsetospeed(&t, B0);
	if (tcsetattr(fd, TCSANOW, &t) == 0)
		(void)poll(NULL, 0, DTR_LOW);
}
