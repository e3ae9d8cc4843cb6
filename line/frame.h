/*
 * Frames, csrc-line(5): octets between zeros, with consistent overhead byte
 * stuffing (COBS) inside and a CRC-32C at the end. Whatever stands on a line
 * before the first one, or came broken, is passed over.
 */
#ifndef LINE_FRAME_H
#define LINE_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_CRC_SIZE = 4,
	FRAME_MAX = 1600, /* octets in one, without its CRC */
	/* one more for each 254, a zero at each end */
	FRAME_CODED_MAX = FRAME_MAX + FRAME_CRC_SIZE +
		(FRAME_MAX + FRAME_CRC_SIZE) / 254 + 3
};

/* What a frame begins with. */
enum frame_type {
	FRAME_HELLO = 0x01,
	FRAME_IAM = 0x02,
	FRAME_OK = 0x03,
	FRAME_DATA = 0x10,
	FRAME_ACK = 0x11
};

/* CRC-32C (RFC 3385, Castagnoli's polynomial). */
uint32_t frame_crc(const void *octets, size_t length);

/* At most FRAME_MAX octets as they go over the line; how many those are. */
size_t frame_write(const void *octets, size_t length,
	unsigned char coded[FRAME_CODED_MAX]);

/* All zero at the beginning. */
struct frame_reader {
	size_t length; /* of what came since the last zero */
	unsigned char octets[FRAME_CODED_MAX];
	uint64_t passed_over; /* octets that were in no frame */
};

/*
 * Takes octets up to the end of a frame; how many those were. *length_r: of the
 * frame in r->octets, CRC checked and gone, which stays until the next call; 0:
 * none has ended yet.
 */
size_t frame_read(struct frame_reader *r, const unsigned char *octets,
	size_t length, size_t *length_r);

/* Numbers in network order. */
void frame_put32(unsigned char out[4], uint32_t number);
uint32_t frame_get32(const unsigned char in[4]);

#endif
