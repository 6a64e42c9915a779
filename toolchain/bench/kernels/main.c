// SPDX-License-Identifier: MIT
#include <stdint.h>
#include <time.h>
#include <unistd.h>
uint64_t run(void);

/* Writes pairs of nanoseconds and checksum, one for each of five runs. */
int main(void) {
  for (int i = 0; i < 5; i++) {
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    uint64_t sum = run();
    clock_gettime(CLOCK_MONOTONIC, &after);
    uint64_t out[2] = {(after.tv_sec - before.tv_sec) * 1000000000ull + after.tv_nsec - before.tv_nsec, sum};
    if (write(1, out, sizeof out) != sizeof out) return 1;
  }
  return 0;
}
