/*
 * Lines are read in pieces, so that one without an end takes no memory.
 */
#include "control/commands/mbox.h"

#include <string.h>

void
mbox_begin(struct mbox *m, FILE *in)
{
	*m = (struct mbox){ .in = in, .ends = true, .empty = true };
}

/* False at the end. */
static bool
read_piece(struct mbox *m)
{
	int c = EOF;

	if (m->held) {
		m->held = false;
		return true;
	}
	if (m->ends && m->length > 0)
		m->empty = m->begins &&
			(m->piece[0] == '\n' ||
				(m->length == 2 && m->piece[0] == '\r'));
	m->begins = m->ends;
	m->length = 0;
	while (m->length < sizeof(m->piece) && (c = getc(m->in)) != EOF) {
		m->piece[m->length++] = (char)c;
		if (c == '\n')
			break;
	}
	m->ends = c == '\n' || c == EOF;
	m->octets += (int64_t)m->length;
	return m->length > 0;
}

static bool
is_from(const char *at, size_t length)
{
	return length >= 5 && memcmp(at, "From ", 5) == 0;
}

static bool
separates(const struct mbox *m)
{
	return m->begins && m->empty && is_from(m->piece, m->length);
}

/* How many octets of the piece are none of the mail's. */
static size_t
quoting(const struct mbox *m)
{
	size_t signs = 0;

	while (m->begins && signs < m->length && m->piece[signs] == '>')
		signs++;
	return signs > 0 && is_from(m->piece + signs, m->length - signs);
}

static int
append(const struct mbox *m, struct buffer *mail, struct error *e)
{
	const size_t skipped = quoting(m);
	const size_t room = mail->limit - mail->length;
	size_t length = m->length - skipped;

	if (length > room)
		length = room;
	return buffer_append(mail, m->piece + skipped, length) == BUFFER_OK
		? 0
		: error_memory(e);
}

/* What stands before the next mail is an empty line more. */
static void
cut_empty(struct buffer *mail)
{
	const unsigned char *at = mail->data;
	size_t n = mail->length, before;

	if (n == 0 || at[n - 1] != '\n')
		return;
	before = n > 1 && at[n - 2] == '\r' ? n - 2 : n - 1;
	if (before > 0 && at[before - 1] != '\n')
		return;
	mail->length = before;
	mail->data[before] = '\0';
}

int
mbox_next(struct mbox *m, struct buffer *mail, struct error *e)
{
	if (!read_piece(m))
		return ferror(m->in) ? error_set(e, ERROR_TROUBLE,
					       "the mailbox cannot be read")
				     : 0;
	if (!separates(m))
		return error_set(e, ERROR_BAD,
			"this is no mailbox: it does not begin with \"From \"");
	while (!m->ends && read_piece(m))
		;
	while (read_piece(m)) {
		m->held = separates(m);
		if (m->held)
			break;
		if (append(m, mail, e) == -1)
			return -1;
	}
	if (ferror(m->in))
		return error_set(
			e, ERROR_TROUBLE, "the mailbox cannot be read");
	cut_empty(mail);
	return 1;
}
