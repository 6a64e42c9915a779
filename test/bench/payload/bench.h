// SPDX-License-Identifier: MIT
/*
 * A program without a C library, so that the same few thousand instructions run natively, under every machine and for both architectures.
 *
 * A kernel is a function from a number of rounds to a checksum. What it computes does not depend on where it runs; `main.c` prints the
 * checksum, and subjects whose checksums differ have not run the same program.
 */
#ifndef BENCH_H
#define BENCH_H
#include <stdint.h>

typedef struct {
  const char *name;
  uint64_t (*run)(uint32_t rounds);
  /* Rounds that take some tenths of a second natively. */
  uint32_t rounds;
} kernel;

extern const kernel kernels[];

/* Memory that kernels share, one at a time. */
#define ARENA_SIZE (32u << 20)
extern unsigned char arena[ARENA_SIZE];

/* xorshift64* (Vigna, 2016): the same numbers everywhere. */
static inline uint64_t next_random(uint64_t *state) {
  uint64_t x = *state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  *state = x;
  return x * 0x2545f4914f6cdd1dull;
}

long system_call(long number, long a, long b, long c, long d, long e, long f);
int write_text(const char *text);

#define DECLARE(name) uint64_t name(uint32_t rounds)
DECLARE(run_sha256);
DECLARE(run_quicksort);
DECLARE(run_list);
DECLARE(run_matrix);
DECLARE(run_strings);
DECLARE(run_doubles);
DECLARE(run_bytecode);
DECLARE(run_division);
DECLARE(run_calls);
DECLARE(run_sse);
DECLARE(run_syscall);
DECLARE(run_fault);
DECLARE(run_fork);
DECLARE(run_switch);
#endif
