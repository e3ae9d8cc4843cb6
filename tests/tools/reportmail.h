/*
 * Sealed report mails by the thousand, for load and benchmarks: equal in form
 * to what "openssl cms -encrypt -aes-256-gcm -secretkey -outform SMIME" writes,
 * but without a process each.
 */
#ifndef TESTS_TOOLS_REPORTMAIL_H
#define TESTS_TOOLS_REPORTMAIL_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"
#include "base/crypto.h"
#include "parser/claims.h"

struct sender {
	char serial[SERIAL_SIZE];
	size_t id_length;
	unsigned char id[KEY_ID_MAX];
	size_t key_length; /* 16 or 32 */
	unsigned char key[KEY_SIZE_MAX];
};

/*
 * Reads "SERIAL KEY-ID KEY" lines, IDs and keys in hex. 0 or -1 (said on
 * standard error); the caller frees.
 */
int senders_read(const char *path, struct sender **senders_r, size_t *count_r);

/* A made-up device: serial "BENCH%07u", key and key id derived from number. */
void sender_make(uint32_t number, struct sender *sender_r);

struct report_mail {
	const struct sender *sender;
	const char *center;    /* ID */
	const char *recipient; /* address */
	uint64_t total;        /* counters.total: tells reports apart */
	time_t when;
};

/* Appends what is sealed, an entity; lines end in CRLF. 0 or -1. */
int report_entity(const struct report_mail *m, struct buffer *out);

/* Appends the whole mail, lines end in CRLF, sealed anew each time. 0 or -1. */
int report_mail(const struct report_mail *m, struct buffer *out);

#endif
