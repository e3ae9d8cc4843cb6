/*
 * What makers' texts cost: entity and engine against GMime and libxml2 alone.
 */
#ifndef TESTS_BENCH_TEXTS_H
#define TESTS_BENCH_TEXTS_H

void bench_formats(void);

#endif
