// SPDX-License-Identifier: MIT
/* Quicksort (Hoare's partition, insertion sort below 16) of 400,000 32-bit numbers a round: loads, stores and branches nobody can predict. */
#include "../bench.h"

static void sort(int32_t *a, int32_t low, int32_t high) {
  while (high - low > 16) {
    const int32_t pivot = a[low + (high - low) / 2];
    int32_t i = low - 1, j = high + 1;
    for (;;) {
      do i++; while (a[i] < pivot);
      do j--; while (a[j] > pivot);
      if (i >= j) break;
      const int32_t t = a[i];
      a[i] = a[j], a[j] = t;
    }
    sort(a, low, j);
    low = j + 1;
  }
  for (int32_t i = low + 1; i <= high; i++) {
    const int32_t value = a[i];
    int32_t j = i - 1;
    for (; j >= low && a[j] > value; j--) a[j + 1] = a[j];
    a[j + 1] = value;
  }
}

uint64_t run_quicksort(uint32_t rounds) {
  const int32_t count = 400000;
  int32_t *const a = (int32_t *)arena;
  uint64_t random = 42, sum = 0;
  while (rounds--) {
    for (int32_t i = 0; i < count; i++) a[i] = (int32_t)next_random(&random);
    sort(a, 0, count - 1);
    for (int32_t i = 0; i < count; i += 1000) sum = sum * 31 + (uint32_t)a[i];
  }
  return sum;
}
