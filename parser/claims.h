/*
 * What a message claims about itself: CSRC-Center-ID, CSRC-Device-Serial and
 * CSRC-Email-ID (csrc-message(5)), as header fields or inside a report. Syntax
 * and comparison of the three names live here and nowhere else.
 */
#ifndef PARSER_CLAIMS_H
#define PARSER_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CENTER_ID_SIZE = 16 + 1, /* 1–16 of A-Z 0-9 -, kept in upper case */
	SERIAL_SIZE = 32 + 1,    /* 1–32 printable ASCII without space */
	EMAIL_ID_SIZE = 64 + 1,  /* 26–64 of a-z 0-9, kept in lower case */
	KEY_ID_MAX = 64          /* octets */
};

enum claim_state {
	CLAIM_ABSENT,
	CLAIM_PRESENT,
	CLAIM_DOUBLED, /* given twice, alike or not: a mismatch */
	CLAIM_INVALID  /* not of the claim's syntax: a mismatch */
};

/* Where a state is not CLAIM_PRESENT its text is "". */
struct claims {
	enum claim_state center_state, serial_state, email_id_state;
	char center[CENTER_ID_SIZE];
	char serial[SERIAL_SIZE]; /* upper case: serials compare without case */
	char email_id[EMAIL_ID_SIZE];
};

/* Check the syntax and write the canonical form; false leaves out "". */
bool claims_center(const char *text, size_t length, char out[CENTER_ID_SIZE]);
bool claims_serial(const char *text, size_t length, char out[SERIAL_SIZE]);
bool claims_email_id(const char *text, size_t length, char out[EMAIL_ID_SIZE]);

/* Take one occurrence of a claim; a second one makes it CLAIM_DOUBLED. */
void claims_take_center(struct claims *c, const char *text, size_t length);
void claims_take_serial(struct claims *c, const char *text, size_t length);
void claims_take_email_id(struct claims *c, const char *text, size_t length);

/*
 * Do two sets agree? A claim that either lacks agrees; a doubled or invalid
 * one never does. On false *what_r names the claim ("center ID", "serial",
 * "Email-ID").
 */
bool claims_agree(
	const struct claims *a, const struct claims *b, const char **what_r);

/* Fills what into lacks from from. */
void claims_complete(struct claims *into, const struct claims *from);

#endif
