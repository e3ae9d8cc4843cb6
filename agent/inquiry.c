/*
 * A walk's only measure is the cursor: each row must be behind it, so that a
 * printer which goes round in a circle is found at the first step back, and one
 * that goes on without end meets the bound of its rows.
 */
#include "agent/inquiry.h"

#include <stdlib.h>
#include <string.h>

/* RFC 3416, error-status. */
enum { STATUS_NONE = 0, STATUS_TOO_BIG = 1, STATUS_NO_SUCH_NAME = 2 };

int
inquiry_begin(struct inquiry *inquiry, bool bulk, unsigned int rows,
	unsigned int objects, struct error *e)
{
	*inquiry = (struct inquiry){ .answers = answers_make(),
		.bulk = bulk,
		.rows = rows,
		.objects = objects };
	return inquiry->answers == NULL ? error_memory(e) : 0;
}

void
inquiry_end(struct inquiry *inquiry)
{
	answers_free(&inquiry->answers);
	free(inquiry->queries);
	inquiry->queries = NULL;
}

static void
copy(struct inquiry *inquiry, const struct queries *queries, bool subtree)
{
	for (size_t i = 0; i < queries->count; i++) {
		if (queries->rows[i].subtree == subtree)
			inquiry->queries[inquiry->count++] = queries->rows[i];
	}
}

int
inquiry_round(
	struct inquiry *inquiry, const struct queries *queries, struct error *e)
{
	free(inquiry->queries);
	inquiry->count = 0;
	inquiry->at = 0;
	inquiry->walks = false;
	inquiry->queries =
		reallocarray(NULL, queries->count + 1, sizeof(struct query));
	if (inquiry->queries == NULL)
		return error_memory(e);
	copy(inquiry, queries, false);
	copy(inquiry, queries, true);
	return 0;
}

static void
ask_objects(const struct inquiry *inquiry, struct question *question)
{
	const struct query *query = &inquiry->queries[inquiry->at];
	const size_t left = inquiry->count - inquiry->at;

	question->kind = QUESTION_GET;
	while (question->count < left && !query->subtree &&
		question->count < inquiry->objects &&
		question->count < QUESTION_OBJECTS_MAX)
		question->objects[question->count++] = (query++)->oid;
}

bool
inquiry_question(const struct inquiry *inquiry, struct question *question_r)
{
	question_r->count = 0;
	if (inquiry->at == inquiry->count)
		return false;
	if (!inquiry->queries[inquiry->at].subtree) {
		ask_objects(inquiry, question_r);
		return true;
	}
	question_r->kind = inquiry->bulk ? QUESTION_BULK : QUESTION_NEXT;
	question_r->rows = inquiry->rows;
	question_r->count = 1;
	question_r->objects[0] = inquiry->walks
		? inquiry->cursor
		: inquiry->queries[inquiry->at].oid;
	return true;
}

bool
inquiry_shrink(struct inquiry *inquiry)
{
	unsigned int *size = &inquiry->objects;

	if (inquiry->at < inquiry->count &&
		inquiry->queries[inquiry->at].subtree)
		size = &inquiry->rows;
	if (*size <= 1)
		return false;
	*size /= 2;
	return true;
}

static enum inquiry_verdict
keep(struct inquiry *inquiry, const struct answer *row, struct error *e)
{
	if (answers_add(inquiry->answers, row, e) == 0)
		return INQUIRY_GOES_ON;
	return e->code == ERROR_LIMIT ? INQUIRY_LIMIT : INQUIRY_TROUBLE;
}

static enum inquiry_verdict
lied(struct error *e, const char *what, const struct oid *oid)
{
	char text[OID_TEXT_SIZE];

	oid_write(oid, text);
	error_set(e, ERROR_BAD, "%s %s", what, text);
	return INQUIRY_LIED;
}

/* Only one error says that there is nothing; behind others there may be. */
static enum answer_kind
kind_of(const struct response *response)
{
	return response->status == STATUS_NO_SUCH_NAME ? ANSWER_ABSENT
						       : ANSWER_FAILED;
}

/* The one at that place of those asked for is not there, or cannot be had. */
static enum inquiry_verdict
go_without(struct inquiry *inquiry, size_t place,
	const struct response *response, struct error *e)
{
	const struct answer row = {
		.oid = inquiry->queries[inquiry->at + place].oid,
		.kind = kind_of(response)
	};

	/* it gives its place to the first one, which is to be asked yet */
	inquiry->queries[inquiry->at + place] = inquiry->queries[inquiry->at];
	inquiry->at++;
	return keep(inquiry, &row, e);
}

/* In v1 one object that is not there spoils all of a question. */
static enum inquiry_verdict
objects_failed(struct inquiry *inquiry, size_t asked,
	const struct response *response, struct error *e)
{
	if (response->status == STATUS_TOO_BIG && asked > 1) {
		inquiry->objects = (unsigned int)asked / 2;
		return INQUIRY_GOES_ON;
	}
	if (response->index >= 1 && (size_t)response->index <= asked)
		return go_without(
			inquiry, (size_t)response->index - 1, response, e);
	if (asked == 1)
		return go_without(inquiry, 0, response, e);
	inquiry->objects = 1; /* which of them it was, it does not say */
	return INQUIRY_GOES_ON;
}

static enum inquiry_verdict
take_objects(struct inquiry *inquiry, size_t asked,
	const struct response *response, struct error *e)
{
	enum inquiry_verdict verdict = INQUIRY_GOES_ON;
	struct answer row;
	const struct oid *wanted;

	if (response->status != STATUS_NONE)
		return objects_failed(inquiry, asked, response, e);
	for (size_t i = 0; i < asked && verdict == INQUIRY_GOES_ON; i++) {
		wanted = &inquiry->queries[inquiry->at].oid;
		if (!response->row(response->arg, &row))
			return lied(e, "an answer that ends before", wanted);
		if (oid_compare(&row.oid, wanted) != 0)
			return lied(
				e, "something else in the place of", wanted);
		verdict = keep(inquiry, &row, e);
		inquiry->at++;
	}
	if (verdict == INQUIRY_GOES_ON && response->row(response->arg, &row))
		return lied(e, "more than was asked for,", &row.oid);
	return verdict;
}

static enum inquiry_verdict
leave_subtree(struct inquiry *inquiry)
{
	inquiry->walks = false;
	inquiry->at++;
	return INQUIRY_GOES_ON;
}

/* The end of all in v1; what else cannot be gone on with broke off there. */
static enum inquiry_verdict
subtree_failed(struct inquiry *inquiry, const struct response *response,
	struct error *e)
{
	if (response->status == STATUS_TOO_BIG && inquiry_shrink(inquiry))
		return INQUIRY_GOES_ON;
	inquiry->walks = false;
	if (kind_of(response) == ANSWER_FAILED)
		return go_without(inquiry, 0, response, e);
	return leave_subtree(inquiry);
}

/* A row of a walk; *ends_r: it is not of the subtree any more. */
static enum inquiry_verdict
take_row(struct inquiry *inquiry, const struct answer *row, bool *ends_r,
	struct error *e)
{
	const struct oid *root = &inquiry->queries[inquiry->at].oid;
	const struct oid *behind = inquiry->walks ? &inquiry->cursor : root;

	*ends_r = row->kind == ANSWER_ABSENT;
	if (*ends_r)
		return INQUIRY_GOES_ON;
	if (oid_compare(&row->oid, behind) <= 0)
		return lied(e, "a walk that goes back to", &row->oid);
	*ends_r = !oid_begins(&row->oid, root);
	if (*ends_r)
		return INQUIRY_GOES_ON;
	inquiry->cursor = row->oid;
	inquiry->walks = true;
	return keep(inquiry, row, e);
}

static enum inquiry_verdict
take_rows(struct inquiry *inquiry, const struct response *response,
	struct error *e)
{
	enum inquiry_verdict verdict = INQUIRY_GOES_ON;
	struct answer row;
	bool any = false, ends = false;

	if (response->status != STATUS_NONE)
		return subtree_failed(inquiry, response, e);
	while (verdict == INQUIRY_GOES_ON && !ends &&
		response->row(response->arg, &row)) {
		any = true;
		verdict = take_row(inquiry, &row, &ends, e);
	}
	if (!any)
		return lied(e, "an answer without rows below",
			&inquiry->queries[inquiry->at].oid);
	if (verdict == INQUIRY_GOES_ON && ends)
		return leave_subtree(inquiry);
	return verdict;
}

enum inquiry_verdict
inquiry_take(struct inquiry *inquiry, size_t asked,
	const struct response *response, struct error *e)
{
	if (inquiry->queries[inquiry->at].subtree)
		return take_rows(inquiry, response, e);
	return take_objects(inquiry, asked, response, e);
}
