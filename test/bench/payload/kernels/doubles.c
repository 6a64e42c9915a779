// SPDX-License-Identifier: MIT
/* Scalar double precision: five bodies under gravity, 10,000 steps a round, and a square root each pair. */
#include "../bench.h"
#define BODIES 5

struct body { double x, y, z, vx, vy, vz, mass; };

static double root(double x) {
  __asm__("sqrtsd %0, %0" : "+x"(x));
  return x;
}

uint64_t run_doubles(uint32_t rounds) {
  struct body b[BODIES];
  for (int i = 0; i < BODIES; i++) b[i] = (struct body){i * 1.7, 3.0 - i, i * i * 0.3, 0.01 * i, 0.02, -0.01 * i, 1.0 + i * 0.25};
  for (uint32_t step = 0; step < rounds * 10000; step++) {
    for (int i = 0; i < BODIES; i++)
      for (int j = i + 1; j < BODIES; j++) {
        const double dx = b[i].x - b[j].x, dy = b[i].y - b[j].y, dz = b[i].z - b[j].z;
        const double square = dx * dx + dy * dy + dz * dz + 0.01;
        const double scale = 0.0005 / (square * root(square));
        b[i].vx -= dx * b[j].mass * scale, b[i].vy -= dy * b[j].mass * scale, b[i].vz -= dz * b[j].mass * scale;
        b[j].vx += dx * b[i].mass * scale, b[j].vy += dy * b[i].mass * scale, b[j].vz += dz * b[i].mass * scale;
      }
    for (int i = 0; i < BODIES; i++) b[i].x += 0.0005 * b[i].vx, b[i].y += 0.0005 * b[i].vy, b[i].z += 0.0005 * b[i].vz;
  }
  union { double d; uint64_t u; } bits;
  bits.d = b[0].x + b[4].vz;
  return bits.u;
}
