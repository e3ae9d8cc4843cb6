/*
 * Two fax machines and the telephone line between them, by spandsp: a call by
 * ITU-T T.30 over audio, as fast as it can be reckoned.
 *
 *	t30 [OPTION …] SENT.tif RECEIVED.tif
 *	-a FILE    whom the receiver takes pages from: extended regular
 *	           expressions, a line each, as HylaFAX has them (anybody)
 *	-e         with error correction
 *	-i NUMBER  the caller's own (TSI; none)
 *	-c NUMBER  the receiver's own (CSI; none)
 *	-w NUMBER  who must have answered, before a page is sent (anybody)
 *	-n DBM0    of the noise on the line (none)
 *	-s SEED    of that
 *
 * What the receiver has heard is printed on standard error, and on standard
 * output the CSI that the caller has, as csrc-device fax --send wants it. Exits
 * with 0 if both sides ended well, 3 if one has refused the other.
 */
#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <spandsp.h>

enum {
	SAMPLES = 160,                    /* at once; 8,000 a second */
	CALL_MAX = 3600 * 8000 / SAMPLES, /* turns */
	IDENT_MAX = 21
};

struct end {
	fax_state_t *fax;
	t30_state_t *t30;
	awgn_state_t *noise;
	const char *allowed, *wanted; /* NULL: anybody */
	char heard[IDENT_MAX];
	bool over, refused;
	int result;
};

/* A number without what stands between for the eye. */
static void
squeeze(const char *text, char out[IDENT_MAX])
{
	size_t length = 0;

	for (; *text != '\0' && length + 1 < IDENT_MAX; text++)
		if (strchr(" .-", *text) == NULL)
			out[length++] = *text;
	out[length] = '\0';
}

static bool
matches(const char *pattern, const char *text)
{
	regex_t re;
	bool found;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	found = regexec(&re, text, 0, NULL, 0) == 0;
	regfree(&re);
	return found;
}

/* The first that matches decides, and else it is no. */
static bool
is_allowed(const char *path, const char *ident)
{
	char line[512];
	FILE *in = fopen(path, "r");
	bool found = false;

	while (in != NULL && !found && fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "#\n")] = '\0';
		for (size_t n = strlen(line); n > 0 && line[n - 1] == ' '; n--)
			line[n - 1] = '\0';
		found = line[0] != '\0' && matches(line, ident);
	}
	if (in != NULL)
		fclose(in);
	return found;
}

/* Phase B: each knows of the other, and no page has been sent. */
static int
negotiated(t30_state_t *s, void *arg, int result)
{
	const char *ident = t30_get_rx_ident(s);
	struct end *end = arg;
	char wanted[IDENT_MAX], heard[IDENT_MAX];

	(void)result;
	ident = ident != NULL ? ident : "";
	snprintf(end->heard, sizeof(end->heard), "%s", ident);
	if (end->allowed != NULL && !is_allowed(end->allowed, ident))
		end->refused = true;
	if (end->wanted != NULL) {
		squeeze(end->wanted, wanted);
		squeeze(ident, heard);
		end->refused |= strcmp(wanted, heard) != 0;
	}
	return end->refused ? T30_ERR_IDENT_UNACCEPTABLE : T30_ERR_OK;
}

static void
ended(t30_state_t *s, void *arg, int result)
{
	struct end *end = arg;

	(void)s;
	end->over = true;
	end->result = result;
}

static void
begin(struct end *end, bool caller, const char *ident, bool ecm)
{
	end->fax = fax_init(NULL, caller);
	if (end->fax == NULL)
		exit(2);
	end->t30 = fax_get_t30_state(end->fax);
	fax_set_transmit_on_idle(end->fax, 1);
	if (ident != NULL)
		t30_set_tx_ident(end->t30, ident);
	t30_set_ecm_capability(end->t30, ecm);
	t30_set_supported_modems(
		end->t30, T30_SUPPORT_V27TER | T30_SUPPORT_V29);
	t30_set_supported_compressions(end->t30,
		T30_SUPPORT_T4_1D_COMPRESSION | T30_SUPPORT_T4_2D_COMPRESSION |
			(ecm ? T30_SUPPORT_T6_COMPRESSION : 0));
	t30_set_phase_b_handler(end->t30, negotiated, end);
	t30_set_phase_e_handler(end->t30, ended, end);
}

/* What one says the other hears, and noise with it; spandsp takes noise alone
 * for somebody who speaks. */
static void
carry(struct end *from, struct end *to)
{
	int16_t amp[SAMPLES] = { 0 };
	bool silent = true;

	(void)fax_tx(from->fax, amp, SAMPLES);
	for (int i = 0; i < SAMPLES; i++)
		silent &= amp[i] == 0;
	for (int i = 0; to->noise != NULL && !silent && i < SAMPLES; i++) {
		const int sum = amp[i] + awgn(to->noise);

		amp[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX
				: sum < INT16_MIN  ? INT16_MIN
						   : sum);
	}
	fax_rx(to->fax, amp, SAMPLES);
}

static void
call(struct end *caller, struct end *called)
{
	for (int i = 0; i < CALL_MAX && !(caller->over && called->over); i++) {
		carry(caller, called);
		carry(called, caller);
	}
}

static int
say(const struct end *caller, const struct end *called)
{
	t30_stats_t stats;

	t30_get_transfer_statistics(called->t30, &stats);
	printf("%s\n", caller->heard);
	fprintf(stderr, "tsi=%s pages=%d refused=%s results: %s; %s\n",
		called->heard, stats.pages_rx,
		called->refused           ? "receiver"
			: caller->refused ? "caller"
					  : "no",
		t30_completion_code_to_str(caller->result),
		t30_completion_code_to_str(called->result));
	if (caller->refused || called->refused)
		return 3;
	return caller->over && called->over && caller->result == T30_ERR_OK &&
			called->result == T30_ERR_OK
		? 0
		: 1;
}

int
main(int argc, char **argv)
{
	struct end caller = { .result = -1 }, called = { .result = -1 };
	const char *tsi = NULL, *csi = NULL, *dbm0 = NULL;
	int option, seed = 1;
	bool ecm = false;

	while ((option = getopt(argc, argv, "a:c:ei:n:s:w:")) != -1) {
		switch (option) {
		case 'a':
			called.allowed = optarg;
			break;
		case 'c':
			csi = optarg;
			break;
		case 'e':
			ecm = true;
			break;
		case 'i':
			tsi = optarg;
			break;
		case 'n':
			dbm0 = optarg;
			break;
		case 's':
			seed = atoi(optarg);
			break;
		case 'w':
			caller.wanted = optarg;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2)
		return 2;
	begin(&caller, true, tsi, ecm);
	begin(&called, false, csi, ecm);
	if (dbm0 != NULL) {
		caller.noise = awgn_init_dbm0(NULL, seed, (float)atof(dbm0));
		called.noise =
			awgn_init_dbm0(NULL, seed + 1, (float)atof(dbm0));
	}
	t30_set_tx_file(caller.t30, argv[optind], -1, -1);
	t30_set_rx_file(called.t30, argv[optind + 1], -1);
	call(&caller, &called);
	option = say(&caller, &called);
	fax_free(caller.fax);
	fax_free(called.fax);
	return option;
}
