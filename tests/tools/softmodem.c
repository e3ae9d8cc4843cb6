/*
 * Two telephones' ends with a V.22bis modem each, and the line between them:
 * audio with noise, echo and drop-outs, an octet in ten bits at 2,400 bit/s.
 * Each modem is a pty, LINK, that knows enough of the AT commands: ATD rings
 * the other one, which ATA or S0 answers; CONNECT, BUSY, NO ANSWER, NO CARRIER.
 * It hangs up when DTR drops, which on a pty is the speed 0, or nobody who has
 * it open. The end of a carrier is the end of the pty: the link leads to a new
 * one. There is no escape sequence.
 *
 *	softmodem [OPTION=N…] LINK LINK
 *	speed=N     times faster than the hours of this world (1)
 *	noise=N     dBm0 (-60)          echo=N     dB below what was sent (none)
 *	delay=N     milliseconds each way (20)
 *	every=N length=N   a drop-out of so many milliseconds, so often (none)
 *	seed=N      of the noise
 *
 * SIGUSR1 cuts the line: both lose the carrier. What happens is told on
 * standard output, a line each. Ends with whoever has started it.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include <spandsp.h>

enum {
	RATE = 8000,          /* samples a second */
	BLOCK = 80,           /* samples at once */
	DELAY_MAX = RATE,     /* samples */
	QUEUE = 32,           /* octets that wait in a modem */
	RING = 2 * RATE,      /* samples between two */
	RINGS = 40,           /* until nobody answers */
	TRAINING = 20 * RATE, /* samples; then it has failed */
	CARRIER = RATE        /* samples without, until it is lost */
};

enum { SPEED, NOISE, ECHO_LOSS, DELAY, EVERY, LENGTH, SEED, NUMBERS };
static const char *const NAMES[NUMBERS] = { "speed", "noise", "echo", "delay",
	"every", "length", "seed" };
static double numbers[NUMBERS] = {
	[SPEED] = 1, [NOISE] = -60, [DELAY] = 20, [SEED] = 1
};

enum state { ON_HOOK, DIALLING, RINGING, TRAINS, CONNECTED };

struct modem {
	const char *link;
	int master;
	bool ready; /* somebody has it open, and DTR is up */
	struct modem *other;
	enum state state;
	int64_t since; /* samples in this state, or without a carrier */
	bool trained, carrier;
	int answers; /* S0, after so many rings; 0: does not */
	bool quiet;  /* ATE0 */
	char command[128];
	size_t length;
	v22bis_state_t *pump;
	unsigned char queue[QUEUE];
	size_t first, count;
	unsigned int sending, sending_bits;
	unsigned int receiving, receiving_bits;
	int16_t line[DELAY_MAX]; /* what it has sent */
	awgn_state_t *noise;
};

static struct modem modems[2];
static size_t line_at;
static int64_t line_time;
static volatile sig_atomic_t cut;

static void
told(const struct modem *m, const char *what)
{
	const char *name = strrchr(m->link, '/');

	printf("%s: %s\n", name != NULL ? name + 1 : m->link, what);
}

static void
say(struct modem *m, const char *text)
{
	char line[64];
	int length = snprintf(line, sizeof(line), "\r\n%s\r\n", text);

	/* who does not read what a modem says has lost it */
	if (m->ready && write(m->master, line, (size_t)length) == -1)
		told(m, "cannot speak");
}

/* The link leads to a pty that nobody has open. */
static void
open_pty(struct modem *m)
{
	char path[4096];
	struct termios raw;
	int slave;

	if (m->master != -1)
		close(m->master);
	m->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (m->master == -1 || grantpt(m->master) == -1 ||
		unlockpt(m->master) == -1)
		exit(125);
	/* open once and closed, it reads as unplugged until it is opened */
	slave = open(ptsname(m->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	tcgetattr(slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	snprintf(path, sizeof(path), "%s.new", m->link);
	unlink(path);
	if (fchmod(slave, 0666) == -1 ||
		symlink(ptsname(m->master), path) == -1 ||
		rename(path, m->link) == -1)
		exit(125);
	close(slave);
	m->ready = false;
}

static void
enter(struct modem *m, enum state state)
{
	m->state = state;
	m->since = 0;
	m->length = 0;
}

static int get_bit(void *arg);
static void put_bit(void *arg, int bit);

static void
train(struct modem *m, bool calling)
{
	m->pump = v22bis_init(NULL, 2400, 0, calling, get_bit, m, put_bit, m);
	v22bis_tx_power(m->pump, -12);
	m->trained = false;
	m->carrier = true;
	m->count = 0;
	m->sending_bits = m->receiving_bits = 0;
	enter(m, TRAINS);
}

/* The other end hears silence from now on. */
static void
hang_up(struct modem *m)
{
	if (m->pump != NULL)
		v22bis_free(m->pump);
	m->pump = NULL;
	if (m->state == DIALLING && m->other->state == RINGING)
		enter(m->other, ON_HOOK);
	if (m->state != ON_HOOK)
		told(m, "on hook");
	enter(m, ON_HOOK);
}

static void
lose_carrier(struct modem *m)
{
	bool connected = m->state == CONNECTED;

	told(m, "no carrier");
	hang_up(m);
	say(m, "NO CARRIER");
	if (connected)
		open_pty(m);
}

static void
dial(struct modem *m)
{
	told(m, "dials");
	if (m->other->state != ON_HOOK) {
		say(m, "BUSY");
		return;
	}
	enter(m, DIALLING);
	enter(m->other, RINGING);
	m->other->since = RING;
}

static void
answer(struct modem *m)
{
	if (m->state != RINGING) {
		say(m, "NO CARRIER");
		return;
	}
	told(m, "answers");
	train(m, false);
	train(m->other, true);
}

/* A start bit, eight of data, a stop bit; ones while there is nothing. */
static int
get_bit(void *arg)
{
	struct modem *m = arg;
	unsigned int bit;

	if (m->sending_bits == 0) {
		if (m->state != CONNECTED || m->count == 0)
			return 1;
		m->sending = (unsigned int)m->queue[m->first] << 1 | 0x200;
		m->sending_bits = 10;
		m->first = (m->first + 1) % QUEUE;
		m->count--;
	}
	bit = m->sending & 1;
	m->sending >>= 1;
	m->sending_bits--;
	return (int)bit;
}

static void
take_status(struct modem *m, int status)
{
	if (status == SIG_STATUS_TRAINING_SUCCEEDED)
		m->trained = true;
	else if (status == SIG_STATUS_TRAINING_FAILED)
		m->trained = false;
	else if (status == SIG_STATUS_CARRIER_DOWN)
		m->carrier = false;
	else if (status == SIG_STATUS_CARRIER_UP)
		m->carrier = true;
}

static void
put_bit(void *arg, int bit)
{
	struct modem *m = arg;
	unsigned char octet;

	if (bit < 0) {
		take_status(m, bit);
		return;
	}
	if (m->state != CONNECTED || (m->receiving_bits == 0 && bit == 1))
		return;
	m->receiving |= (unsigned int)bit << m->receiving_bits;
	if (++m->receiving_bits < 10)
		return;
	octet = (unsigned char)(m->receiving >> 1);
	/* without a stop bit it was none */
	if ((m->receiving & 0x200) != 0 && write(m->master, &octet, 1) == -1)
		told(m, "overrun");
	m->receiving = m->receiving_bits = 0;
}

static void
set_register(struct modem *m, const char *text)
{
	if (strncasecmp(text, "S0=", 3) == 0)
		m->answers = atoi(text + 3);
}

static void
run_command(struct modem *m)
{
	const char *text = m->command;

	m->command[m->length] = '\0';
	m->length = 0;
	if (strncasecmp(text, "AT", 2) != 0)
		return;
	text += 2;
	if (strncasecmp(text, "E0", 2) == 0)
		m->quiet = true;
	if (strncasecmp(text, "E1", 2) == 0 || *text == 'Z')
		m->quiet = false;
	set_register(m, text);
	if (*text == 'D' || *text == 'd')
		dial(m);
	else if (*text == 'A' || *text == 'a')
		answer(m);
	else
		say(m, "OK");
}

static void
take_command(struct modem *m, char octet)
{
	if (!m->quiet && write(m->master, &octet, 1) == -1)
		told(m, "cannot echo");
	if (octet == '\r')
		run_command(m);
	else if (octet != '\n' && m->length + 1 < sizeof(m->command))
		m->command[m->length++] = octet;
}

/* What its computer says; no more than it has room for. */
static void
listen_to(struct modem *m)
{
	struct termios t;
	char octet;
	ssize_t got = 0;

	while (m->count < QUEUE && (got = read(m->master, &octet, 1)) == 1) {
		if (m->state != CONNECTED) {
			take_command(m, octet);
			continue;
		}
		m->queue[(m->first + m->count) % QUEUE] = (unsigned char)octet;
		m->count++;
	}
	m->ready = !(got == -1 && errno == EIO) &&
		tcgetattr(m->master, &t) == 0 && cfgetospeed(&t) != B0;
	if (!m->ready && m->state >= DIALLING && m->state != RINGING)
		hang_up(m);
}

static void
ring(struct modem *m)
{
	if (m->since % RING != 0)
		return;
	say(m, "RING");
	told(m, "rings");
	if (m->answers != 0 && m->since >= m->answers * RING)
		answer(m);
}

/* What time does. */
static void
pass(struct modem *m)
{
	m->since += BLOCK;
	if (m->state == RINGING)
		ring(m);
	else if (m->state == DIALLING && m->since > RINGS * RING) {
		hang_up(m);
		say(m, "NO ANSWER");
	} else if (m->state == TRAINS && m->trained) {
		say(m, "CONNECT 2400");
		told(m, "connected");
		enter(m, CONNECTED);
	} else if (m->state == TRAINS && m->since > TRAINING) {
		lose_carrier(m);
	} else if (m->state == CONNECTED && m->carrier) {
		m->since = 0;
	} else if (m->state == CONNECTED && m->since > CARRIER) {
		lose_carrier(m);
	}
}

static void
transmit(struct modem *m)
{
	int16_t block[BLOCK] = { 0 };
	int got = m->pump != NULL ? v22bis_tx(m->pump, block, BLOCK) : 0;

	memset(block + got, 0, (size_t)(BLOCK - got) * sizeof(block[0]));
	for (size_t i = 0; i < BLOCK; i++)
		m->line[(line_at + i) % DELAY_MAX] = block[i];
}

static bool
drops_out(void)
{
	int64_t milliseconds = line_time * 1000 / RATE;

	return numbers[EVERY] > 0 &&
		milliseconds % (int64_t)numbers[EVERY] < numbers[LENGTH];
}

static void
receive(struct modem *m)
{
	size_t delay = (size_t)(numbers[DELAY] * RATE / 1000);
	double own =
		numbers[ECHO_LOSS] > 0 ? pow(10, -numbers[ECHO_LOSS] / 20) : 0;
	int16_t block[BLOCK];

	for (size_t i = 0; i < BLOCK; i++) {
		size_t at = (line_at + DELAY_MAX + i - delay) % DELAY_MAX;
		double heard = m->other->line[at] + own * m->line[at];

		block[i] =
			(int16_t)((drops_out() ? 0 : heard) + awgn(m->noise));
	}
	if (m->pump != NULL)
		v22bis_rx(m->pump, block, BLOCK);
}

static void
block_passes(void)
{
	for (int i = 0; i < 2; i++)
		listen_to(&modems[i]);
	for (int i = 0; i < 2; i++)
		transmit(&modems[i]);
	for (int i = 0; i < 2; i++)
		receive(&modems[i]);
	for (int i = 0; i < 2; i++)
		pass(&modems[i]);
	line_at = (line_at + BLOCK) % DELAY_MAX;
	line_time += BLOCK;
	if (!cut)
		return;
	cut = 0;
	for (int i = 0; i < 2; i++)
		if (modems[i].state >= TRAINS)
			lose_carrier(&modems[i]);
}

static void
take_cut(int number)
{
	(void)number;
	cut = 1;
}

static bool
take_option(const char *word)
{
	const char *value = strchr(word, '=');
	size_t length = value != NULL ? (size_t)(value - word) : 0;

	for (int i = 0; length > 0 && i < NUMBERS; i++) {
		if (strncmp(word, NAMES[i], length) != 0 ||
			NAMES[i][length] != '\0')
			continue;
		numbers[i] = strtod(value + 1, NULL);
		return true;
	}
	return false;
}

static void
plug_in(struct modem *m, const char *link, struct modem *other)
{
	m->link = link;
	m->other = other;
	m->master = -1;
	m->noise = awgn_init_dbm0(
		NULL, (int)numbers[SEED] + (other > m), (float)numbers[NOISE]);
	open_pty(m);
}

/* A descriptor that can be read whenever a block's time has passed. */
static int
start_clock(void)
{
	long each = (long)(1e9 * BLOCK / RATE / numbers[SPEED]);
	struct itimerspec time = { { 0, each }, { 0, each } };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);

	if (timer == -1 || timerfd_settime(timer, 0, &time, NULL) == -1)
		exit(125);
	return timer;
}

int
main(int argc, char **argv)
{
	uint64_t blocks;
	int timer;

	for (argv++; argc > 1 && *argv != NULL && take_option(*argv); argv++)
		;
	if (argc < 3 || argv[0] == NULL || argv[1] == NULL)
		return 125;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGUSR1, take_cut);
	plug_in(&modems[0], argv[0], &modems[1]);
	plug_in(&modems[1], argv[1], &modems[0]);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	timer = start_clock();
	puts("ready");
	for (;;) {
		if (read(timer, &blocks, sizeof(blocks)) <= 0)
			continue;
		/* a busy machine catches up, within reason */
		for (uint64_t i = 0; i < blocks && i < 100; i++)
			block_passes();
	}
}
