// SPDX-License-Identifier: MIT
/* Product of two 160 x 160 matrices of 32-bit integers a round. */
#include "../bench.h"
#define N 160

uint64_t run_matrix(uint32_t rounds) {
  int32_t(*const a)[N] = (void *)arena, (*const b)[N] = a + N, (*const c)[N] = b + N;
  uint64_t sum = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = i * 3 + j, b[i][j] = i - j * 5;
  while (rounds--) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        int32_t dot = 0;
        for (int k = 0; k < N; k++) dot += a[i][k] * b[k][j];
        c[i][j] = dot;
      }
    a[rounds % N][1] += (int32_t)rounds;
    for (int i = 0; i < N; i++) sum = sum * 33 + (uint32_t)c[i][(i * 7) % N];
  }
  return sum;
}
