// SPDX-License-Identifier: MIT
#include <math.h>
#include <stdint.h>
#include <string.h>
#define N 96
static double a[N * N], b[N * N], c[N * N];
struct body {
  double x[3], v[3], m;
};
static struct body bodies[5];

static void fill(void) {
  uint32_t x = 3;
  for (int i = 0; i < N * N; i++) {
    x = x * 1664525 + 1013904223;
    a[i] = (double)(x >> 8) * 1e-6;
    x = x * 1664525 + 1013904223;
    b[i] = (double)(x >> 8) * 1e-6;
  }
  double *all = (double *)bodies;
  for (int i = 0; i < 35; i++) {
    x = x * 1664525 + 1013904223;
    all[i] = (double)(x >> 8) * 1e-7 + 0.5;
  }
}

static void multiply(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      double sum = 0;
      for (int k = 0; k < N; k++) sum += a[i * N + k] * b[k * N + j];
      c[i * N + j] = sum;
    }
}

static void advance(double dt) {
  for (struct body *p = bodies; p < bodies + 5; p++) {
    for (struct body *q = p + 1; q < bodies + 5; q++) {
      double dx = p->x[0] - q->x[0], dy = p->x[1] - q->x[1], dz = p->x[2] - q->x[2];
      double square = dx * dx + dy * dy + dz * dz + 0.01;
      double magnitude = dt / (square * sqrt(square));
      double mp = p->m * magnitude, mq = q->m * magnitude;
      p->v[0] -= dx * mq;
      p->v[1] -= dy * mq;
      p->v[2] -= dz * mq;
      q->v[0] += dx * mp;
      q->v[1] += dy * mp;
      q->v[2] += dz * mp;
    }
  }
  for (struct body *p = bodies; p < bodies + 5; p++)
    for (int k = 0; k < 3; k++) p->x[k] += dt * p->v[k];
}

uint64_t run(void) {
  fill();
  for (int i = 0; i < 4; i++) multiply();
  for (int i = 0; i < 60000; i++) advance(0.001);
  uint64_t sum = 0, bits;
  for (int i = 0; i < N * N; i++) {
    memcpy(&bits, &c[i], 8);
    sum = sum * 31 + bits;
  }
  for (int i = 0; i < 35; i++) {
    memcpy(&bits, (double *)bodies + i, 8);
    sum = sum * 31 + bits;
  }
  return sum;
}
