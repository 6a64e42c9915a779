// SPDX-License-Identifier: MIT
/* Byte loops as in a simple C library: length, copy, comparison and search over 64 KiB of words a round. */
#include "../bench.h"

#define NOINLINE __attribute__((noinline, optimize("no-tree-loop-distribute-patterns")))
NOINLINE static uint32_t length(const char *s) {
  uint32_t n = 0;
  while (s[n]) n++;
  return n;
}
NOINLINE static char *copy(char *to, const char *from) {
  while ((*to = *from++)) to++;
  return to;
}
NOINLINE static int compare(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return (unsigned char)*a - (unsigned char)*b;
}
NOINLINE static const char *find(const char *s, char c) {
  while (*s && *s != c) s++;
  return s;
}

uint64_t run_strings(uint32_t rounds) {
  char *const text = (char *)arena, *const other = text + (1 << 20);
  const uint32_t size = 1 << 16;
  uint64_t random = 3, sum = 0;
  for (uint32_t i = 0; i < size - 1; i++) {
    const uint32_t r = (uint32_t)(next_random(&random) >> 59);
    text[i] = r < 26 ? (char)('a' + r) : ' ';
  }
  text[size - 1] = 0;
  while (rounds--) {
    sum += length(text);
    sum += (uint32_t)(copy(other, text) - other);
    other[size - 2 - rounds % 100] = '!';
    sum += (uint32_t)compare(text, other);
    for (const char *s = text; *s; s++) {
      s = find(s, ' ');
      sum++;
      if (!*s) break;
    }
  }
  return sum;
}
