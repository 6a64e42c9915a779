// SPDX-License-Identifier: MIT
/* 64-bit division and remainder: greatest common divisors of 10,000 random pairs a round. */
#include "../bench.h"

uint64_t run_division(uint32_t rounds) {
  uint64_t random = 99, sum = 0;
  for (uint32_t pair = 0; pair < rounds * 10000; pair++) {
    uint64_t a = next_random(&random), b = next_random(&random) >> (pair % 32) | 1;
    while (b) {
      const uint64_t rest = a % b;
      sum += a / b;
      a = b, b = rest;
    }
    sum ^= a << (pair % 48);
  }
  return sum;
}
