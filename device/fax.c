/*
 * csrc-device fax: messages onto pages for a fax machine, or a program that is
 * one. Nothing comes back by fax, and what a machine says of a page is no
 * receipt: so a message is sent several times, a day between, and forgotten
 * then.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/program.h"
#include "base/telephone.h"
#include "base/text.h"
#include "device/commands.h"
#include "device/queue.h"
#include "device/send.h"
#include "fax/part.h"
#include "fax/print.h"

enum {
	FILE_MODE = 0600,
	SEND_SECONDS = 3600, /* 32 pages, slowly */
	SAID_MAX = 256
};

/* What is under way. */
struct sheet {
	const struct arguments *a;
	struct print *print;
	struct buffer tiff;
	struct queue *queue; /* NULL: one message, from a file */
	struct queue_entry *entries;
	size_t count, used; /* on the pages are those before used */
	unsigned int left;  /* that are not */
};

static int
read_word(const char *value, const char *const words[2], bool *second_r,
	const char *option, struct error *e)
{
	*second_r = value != NULL && strcmp(value, words[1]) == 0;
	if (value == NULL || *second_r || strcmp(value, words[0]) == 0)
		return 0;
	return error_set(
		e, ERROR_USAGE, "%s is %s or %s", option, words[0], words[1]);
}

static int
read_form(const struct arguments *a, struct print_form *form, struct error *e)
{
	static const char *const resolutions[] = { "fine", "standard" };
	static const char *const compressions[] = { "g3", "g4" };
	const char *dots = a->dots;

	*form = (struct print_form){ .dots = 0 };
	if (dots != NULL) {
		if (strlen(dots) != 1 || dots[0] < '0' + PAGE_DOTS_MIN ||
			dots[0] > '0' + PAGE_DOTS_MAX)
			return error_set(e, ERROR_USAGE, "--dots is %d to %d",
				PAGE_DOTS_MIN, PAGE_DOTS_MAX);
		form->dots = (unsigned int)(dots[0] - '0');
	}
	return read_word(a->resolution, resolutions, &form->tiff.coarse,
		       "--resolution", e) |
		read_word(a->compression, compressions, &form->tiff.group4,
			"--compression", e);
}

static void
warn(const struct queue_entry *entry, const char *why)
{
	fprintf(stderr, "csrc-device fax: %s is left: %s\n", entry->name, why);
}

/* --- onto the pages --- */

static int
add_file(struct sheet *s, struct error *e)
{
	struct buffer message = { .limit = PARTS_MESSAGE_MAX };
	int rc = file_read(s->a->request, &message, e);

	if (rc == 0)
		rc = print_add(s->print, &message, e);
	buffer_clear(&message);
	return rc;
}

/* It stays behind, and another one comes in its place, unless it is too long
 * for any fax. */
static int
add_entry(struct sheet *s, struct queue_entry *entry, struct error *e)
{
	struct buffer message = { 0 };
	int rc = queue_read(s->queue, entry->name, &message, e);

	if (rc == -1) {
		rc = e->code == ERROR_NOT_FOUND ? 0 : -1;
	} else if (message.length > PARTS_MESSAGE_MAX) {
		warn(entry, "it is too long for a fax");
		s->left++;
	} else if (!print_fits(s->print, message.length)) {
		warn(entry, "there is no room on these pages");
		s->left++;
	} else {
		rc = print_add(s->print, &message, e);
		s->entries[s->used++] = *entry;
	}
	buffer_clear(&message);
	return rc;
}

static int
add_due(struct sheet *s, const char *spelled, struct error *e)
{
	const time_t now = time(NULL);

	if (queue_list(s->queue, spelled, &s->entries, &s->count, e) == -1)
		return -1;
	for (size_t i = 0; i < s->count && s->used < ASSEMBLY_MESSAGES_MAX; i++)
		if ((s->a->at_once ||
			    schedule_due(&s->entries[i].schedule, now)) &&
			add_entry(s, &s->entries[i], e) == -1)
			return -1;
	return 0;
}

static int
add(struct sheet *s, struct error *e)
{
	char spelled[SPELLED_SIZE];

	if (s->a->queue == NULL)
		return add_file(s, e);
	if (!spelling_make(s->a->own.serial, spelled))
		return error_set(e, ERROR_USAGE, "--serial is no serial");
	if (queue_open(s->a->queue, &s->queue, e) == -1 ||
		queue_claim(s->queue, spelled, e) == -1)
		return -1;
	return add_due(s, spelled, e);
}

static int
write_pages(struct sheet *s, struct error *e)
{
	struct print_form form;
	unsigned int pages = 0;
	int rc = -1;

	if (read_form(s->a, &form, e) != 0 ||
		print_begin(&form, &s->tiff, &s->print, e) == -1)
		return -1;
	if (add(s, e) == -1)
		(void)print_end(&s->print, NULL, NULL);
	else
		rc = print_end(&s->print, &pages, e);
	if (rc == -1 || pages == 0)
		return rc;
	return file_write(s->a->output, FILE_MODE, &s->tiff, e);
}

/* --- to the center --- */

/* The machine that answered must be the center's, before a page is sent: that
 * is the program's to see to. What it says is looked at again here. */
static int
send_pages(const struct arguments *a, struct error *e)
{
	const char *const argv[] = { a->send, a->output, a->csi, NULL };
	char said[SAID_MAX], number[TELEPHONE_SIZE], wanted[TELEPHONE_SIZE];
	int status;

	if (!telephone_read(a->csi, wanted))
		return error_set(e, ERROR_USAGE, "--csi is no number");
	if (program_ask(argv, STDIN_FILENO, SEND_SECONDS, said, sizeof(said),
		    &status, e) == -1)
		return error_prefix(e, "%s", a->send);
	if (status != 0)
		return error_set(
			e, ERROR_TROUBLE, "%s ended with %d", a->send, status);
	said[strcspn(said, "\r\n")] = '\0';
	if (telephone_read(said, number) && strcmp(number, wanted) == 0)
		return 0;
	return error_set(e, ERROR_DENIED, "\"%.80s\" has answered, not %s",
		said, wanted);
}

static int
note_sent(struct sheet *s, struct error *e)
{
	for (size_t i = 0; i < s->used; i++) {
		struct queue_entry *entry = &s->entries[i];

		switch (send_unanswered(s->queue, entry, true, time(NULL), e)) {
		case SEND_TROUBLE:
			return -1;
		case SEND_UNNOTED:
			warn(entry, e->text);
			s->left++;
			break;
		default:
			printf("sent %s\n", entry->name);
		}
	}
	return fflush(stdout) == EOF ? error_errno(e, "standard output") : 0;
}

static int
run(struct sheet *s, struct error *e)
{
	if (write_pages(s, e) == -1)
		return -1;
	if (s->a->send != NULL && s->tiff.length > 0) {
		if (send_pages(s->a, e) == -1)
			return COMMAND_KEPT;
		if (note_sent(s, e) == -1)
			return -1;
	}
	if (s->left == 0)
		return 0;
	error_set(e, ERROR_TROUBLE,
		"what is said above (%u) is left for the next time", s->left);
	return COMMAND_KEPT;
}

int
command_fax(
	const struct arguments *a, const struct keyring *ring, struct error *e)
{
	struct sheet s = { .a = a };
	int rc = run(&s, e);

	(void)ring;
	free(s.entries);
	queue_close(&s.queue);
	buffer_clear(&s.tiff);
	return rc;
}
