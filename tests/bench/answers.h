/*
 * What an answer costs in the ledger, by how many requests are outstanding.
 */
#ifndef TESTS_BENCH_ANSWERS_H
#define TESTS_BENCH_ANSWERS_H

void bench_answers(void);

#endif
