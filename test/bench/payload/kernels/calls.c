// SPDX-License-Identifier: MIT
/* Recursive Fibonacci numbers: calls and returns. */
#include "../bench.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls", "no-ipa-cp"))) static uint32_t fibonacci(uint32_t n) {
  uint32_t below, before;
  if (n < 2) return n;
  below = fibonacci(n - 1);
  __asm__ volatile("" : "+r"(below));
  before = fibonacci(n - 2);
  return below + before;
}

uint64_t run_calls(uint32_t rounds) {
  uint64_t sum = 0;
  while (rounds--) sum = sum * 7 + fibonacci(31 + rounds % 2);
  return sum;
}
