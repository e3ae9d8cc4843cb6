/*
 * What one printer is asked, and what comes of answers that cannot be: the
 * printer is a table here, and what it says is changed on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/inquiry.h"

enum { ROWS = 40 };

/* 1.3.1.0 to 1.3.1.39, then 1.3.2.0, which is of another table. */
static struct oid table[ROWS + 1];

static struct reply {
	struct answer rows[QUESTION_ROWS_MAX];
	size_t count, at;
	struct response response;
} reply;

static bool
next_row(void *arg, struct answer *row_r)
{
	struct reply *r = arg;

	if (r->at == r->count)
		return false;
	*row_r = r->rows[r->at++];
	return true;
}

static struct oid
oid(const char *text)
{
	struct oid one;

	assert_true(oid_read(text, &one));
	return one;
}

static int
make_table(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ROWS; i++) {
		table[i] = oid("1.3.1.0");
		table[i].ids[3] = i;
	}
	table[ROWS] = oid("1.3.2.0");
	return 0;
}

static void
say(const struct oid *where, enum answer_kind kind)
{
	reply.rows[reply.count++] =
		(struct answer){ .oid = *where, .kind = kind };
}

static void
say_behind(struct oid behind, unsigned int rows)
{
	size_t i = 0;

	while (i <= ROWS && oid_compare(&table[i], &behind) <= 0)
		i++;
	for (; rows > 0; rows--) {
		if (i <= ROWS)
			say(&table[i++], ANSWER_INTEGER);
		else
			say(&behind, ANSWER_ABSENT);
	}
}

/* As a printer should. */
static void
answer(const struct question *q)
{
	reply.count = 0;
	reply.at = 0;
	reply.response = (struct response){ .row = next_row, .arg = &reply };
	if (q->kind == QUESTION_BULK)
		say_behind(q->objects[0], q->rows);
	else if (q->kind == QUESTION_NEXT)
		say_behind(q->objects[0], 1);
	for (size_t i = 0; q->kind == QUESTION_GET && i < q->count; i++)
		say(&q->objects[i],
			q->objects[i].ids[2] > 2 ? ANSWER_ABSENT
						 : ANSWER_INTEGER);
}

static void
begin(struct inquiry *inquiry, bool bulk, const char *const *gets,
	const char *walk)
{
	struct queries queries = { .count = 0 };
	struct oid one;
	struct error e;

	if (walk != NULL) {
		one = oid(walk);
		queries_add(&queries, &one, true);
	}
	for (; gets != NULL && *gets != NULL; gets++) {
		one = oid(*gets);
		queries_add(&queries, &one, false);
	}
	assert_int_equal(inquiry_begin(inquiry, bulk, 10, 4, &e), 0);
	assert_int_equal(inquiry_round(inquiry, &queries, &e), 0);
}

/* Until there is nothing left to ask: how many questions that was. */
static int
go(struct inquiry *inquiry, enum inquiry_verdict *verdict_r)
{
	struct question q;
	struct error e;
	int count = 0;

	*verdict_r = INQUIRY_GOES_ON;
	while (*verdict_r == INQUIRY_GOES_ON && inquiry_question(inquiry, &q)) {
		answer(&q);
		*verdict_r =
			inquiry_take(inquiry, q.count, &reply.response, &e);
		count++;
	}
	return count;
}

static void
asked_in_few_questions(void **state)
{
	static const char *const gets[] = { "1.3.1.4", "1.3.9.1", "1.3.1.2",
		"1.3.1.1", "1.3.9.2", "1.3.2.0", NULL };
	struct inquiry inquiry;
	enum inquiry_verdict verdict;
	struct answer row;
	struct oid absent = oid("1.3.9.1");

	(void)state;
	begin(&inquiry, true, gets, "1.3.1");
	assert_int_equal(go(&inquiry, &verdict), 2 + 5);
	assert_int_equal(verdict, INQUIRY_GOES_ON);
	assert_int_equal(answers_count(inquiry.answers), ROWS + 3);
	assert_true(answers_find(inquiry.answers, &absent, &row));
	assert_int_equal(row.kind, ANSWER_ABSENT);
	inquiry_end(&inquiry);
	begin(&inquiry, false, NULL, "1.3.1");
	assert_int_equal(go(&inquiry, &verdict), ROWS + 1);
	assert_int_equal(answers_count(inquiry.answers), ROWS);
	inquiry_end(&inquiry);
	begin(&inquiry, true, NULL, "1.3.7"); /* where there is nothing */
	assert_int_equal(go(&inquiry, &verdict), 1);
	assert_int_equal(answers_count(inquiry.answers), 0);
	inquiry_end(&inquiry);
}

/* The question's answer, changed. */
static enum inquiry_verdict
take_changed(struct inquiry *inquiry, void (*change)(void))
{
	struct question q;
	struct error e;

	assert_true(inquiry_question(inquiry, &q));
	answer(&q);
	change();
	return inquiry_take(inquiry, q.count, &reply.response, &e);
}

static void
no_such_name(void)
{
	reply.response.status = 2;
	reply.response.index = 2;
}

static void
general_error(void)
{
	reply.response.status = 5;
	reply.response.index = 0;
}

static void
too_big(void)
{
	reply.response.status = 1;
	reply.count = 0;
}

/* v1 says of one object that it is not there, and nothing of the others. */
static void
errors_cost_their_object(void **state)
{
	static const char *const gets[] = { "1.3.1.4", "1.3.1.5", "1.3.1.6",
		NULL };
	struct inquiry inquiry;
	struct question q;
	struct answer row;
	struct oid absent = oid("1.3.1.5");
	enum inquiry_verdict verdict;

	(void)state;
	begin(&inquiry, false, gets, NULL);
	assert_int_equal(take_changed(&inquiry, no_such_name), INQUIRY_GOES_ON);
	assert_true(inquiry_question(&inquiry, &q));
	assert_int_equal(q.count, 2);
	assert_int_equal(go(&inquiry, &verdict), 1);
	assert_int_equal(answers_count(inquiry.answers), 3);
	assert_true(answers_find(inquiry.answers, &absent, &row));
	assert_int_equal(row.kind, ANSWER_ABSENT);
	inquiry_end(&inquiry);

	begin(&inquiry, true, gets, NULL);
	assert_int_equal(
		take_changed(&inquiry, general_error), INQUIRY_GOES_ON);
	assert_true(inquiry_question(&inquiry, &q)); /* one by one now */
	assert_int_equal(q.count, 1);
	assert_int_equal(
		take_changed(&inquiry, general_error), INQUIRY_GOES_ON);
	assert_int_equal(go(&inquiry, &verdict), 2);
	assert_int_equal(answers_count(inquiry.answers), 3);
	inquiry_end(&inquiry);
}

static void
no_name_at_all(void)
{
	reply.response.status = 2;
	reply.response.index = 1;
}

/* The kind of what is known of an identifier. */
static int
known(const struct inquiry *inquiry, const char *text)
{
	const struct oid one = oid(text);
	struct answer row;

	return answers_find(inquiry->answers, &one, &row) ? (int)row.kind : -1;
}

/* Of what the printer had an error for nobody knows that it is not there. */
static void
errors_are_not_absence(void **state)
{
	static const char *const gets[] = { "1.3.1.4", NULL };
	struct inquiry inquiry;
	enum inquiry_verdict verdict;

	(void)state;
	begin(&inquiry, true, gets, "1.3.1");
	assert_int_equal(
		take_changed(&inquiry, general_error), INQUIRY_GOES_ON);
	assert_int_equal(known(&inquiry, "1.3.1.4"), ANSWER_FAILED);
	assert_int_equal(
		take_changed(&inquiry, general_error), INQUIRY_GOES_ON);
	assert_int_equal(go(&inquiry, &verdict), 0);
	assert_int_equal(known(&inquiry, "1.3.1"), ANSWER_FAILED);
	inquiry_end(&inquiry);

	begin(&inquiry, false, NULL, "1.3.1");
	assert_int_equal(
		take_changed(&inquiry, no_name_at_all), INQUIRY_GOES_ON);
	assert_int_equal(go(&inquiry, &verdict), 0);
	assert_int_equal(answers_count(inquiry.answers), 0);
	inquiry_end(&inquiry);
}

static void
less_is_asked(void **state)
{
	static const char *const gets[] = { "1.3.1.4", "1.3.1.5", "1.3.1.6",
		"1.3.1.7", NULL };
	struct inquiry inquiry;
	struct question q;
	enum inquiry_verdict verdict;

	(void)state;
	begin(&inquiry, true, gets, NULL);
	assert_int_equal(take_changed(&inquiry, too_big), INQUIRY_GOES_ON);
	assert_true(inquiry_question(&inquiry, &q));
	assert_int_equal(q.count, 2);
	assert_true(inquiry_shrink(&inquiry));
	assert_false(inquiry_shrink(&inquiry));
	assert_int_equal(take_changed(&inquiry, too_big), INQUIRY_GOES_ON);
	assert_int_equal(go(&inquiry, &verdict), 3);
	assert_int_equal(answers_count(inquiry.answers), 4);
	inquiry_end(&inquiry);

	begin(&inquiry, true, NULL, "1.3.1");
	for (unsigned int rows = 10; rows >= 1; rows /= 2) {
		assert_true(inquiry_question(&inquiry, &q));
		assert_int_equal(q.rows, rows);
		assert_int_equal(
			take_changed(&inquiry, too_big), INQUIRY_GOES_ON);
	}
	assert_false(inquiry_question(&inquiry, &q)); /* it cannot be had */
	inquiry_end(&inquiry);
}

/* An answer to the question before it was made smaller. */
static void
late_and_longer(void **state)
{
	static const char *const gets[] = { "1.3.1.4", "1.3.1.5", "1.3.1.6",
		"1.3.1.7", NULL };
	struct inquiry inquiry;
	struct question q;
	enum inquiry_verdict verdict;
	struct error e;

	(void)state;
	begin(&inquiry, true, gets, NULL);
	assert_true(inquiry_question(&inquiry, &q));
	answer(&q);
	inquiry_shrink(&inquiry);
	assert_int_equal(inquiry_take(&inquiry, q.count, &reply.response, &e),
		INQUIRY_GOES_ON);
	assert_int_equal(go(&inquiry, &verdict), 0);
	assert_int_equal(answers_count(inquiry.answers), 4);
	inquiry_end(&inquiry);
}

static void
swap_rows(void)
{
	const struct answer first = reply.rows[0];

	reply.rows[0] = reply.rows[1];
	reply.rows[1] = first;
}

static void
drop_row(void)
{
	reply.count--;
}

static void
drop_all(void)
{
	reply.count = 0;
}

static void
add_row(void)
{
	reply.rows[reply.count++] = reply.rows[0];
}

static void
same_row(void)
{
	reply.rows[1] = reply.rows[0];
}

static void
long_row(void)
{
	reply.rows[0].oid.count = 0; /* as the session has it */
}

static void
lies(void **state)
{
	static const char *const gets[] = { "1.3.1.4", "1.3.1.5", NULL };
	static void (*const of_objects[])(void) = { swap_rows, drop_row,
		drop_all, add_row, same_row, long_row };
	static void (*const of_walks[])(
		void) = { swap_rows, drop_all, same_row, long_row };
	struct inquiry inquiry;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		begin(&inquiry, true, gets, NULL);
		assert_int_equal(
			take_changed(&inquiry, of_objects[i]), INQUIRY_LIED);
		inquiry_end(&inquiry);
	}
	for (size_t i = 0; i < 4; i++) {
		begin(&inquiry, true, NULL, "1.3.1");
		assert_int_equal(
			take_changed(&inquiry, of_walks[i]), INQUIRY_LIED);
		inquiry_end(&inquiry);
	}
}

static uint32_t endless_at;

static void
endless(void)
{
	for (size_t i = 0; i < reply.count; i++) {
		reply.rows[i].oid = oid("1.3.1.0");
		reply.rows[i].oid.ids[3] = ++endless_at;
		reply.rows[i].kind = ANSWER_INTEGER;
	}
}

static void
without_end(void **state)
{
	enum inquiry_verdict verdict = INQUIRY_GOES_ON;
	struct inquiry inquiry;
	int questions = 0;

	(void)state;
	begin(&inquiry, true, NULL, "1.3.1");
	while (verdict == INQUIRY_GOES_ON) {
		verdict = take_changed(&inquiry, endless);
		questions++;
	}
	assert_int_equal(verdict, INQUIRY_LIMIT);
	assert_true(questions <= ANSWERS_MAX / 10 + 1);
	inquiry_end(&inquiry);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_in_few_questions),
		cmocka_unit_test(errors_cost_their_object),
		cmocka_unit_test(errors_are_not_absence),
		cmocka_unit_test(less_is_asked),
		cmocka_unit_test(late_and_longer),
		cmocka_unit_test(lies),
		cmocka_unit_test(without_end),
	};

	return cmocka_run_group_tests(tests, make_table, NULL);
}
