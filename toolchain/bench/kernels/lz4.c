// SPDX-License-Identifier: MIT
#include <stdint.h>
#include <string.h>
#define SIZE (1u << 18)
static uint8_t source[SIZE], packed[SIZE + (1 << 14)], unpacked[SIZE + 64];
static uint32_t heads[4096];

static uint32_t read32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}

static void fill(void) {
  uint32_t x = 1, i = 0;
  while (i < SIZE) {
    x = x * 1103515245 + 12345;
    if (i > 4096 && (x >> 16) & 3) {
      uint32_t distance = ((x >> 8) & 0xfff) + 1;
      uint32_t length = ((x >> 20) & 31) + 4;
      while (length-- > 0 && i < SIZE) {
        source[i] = source[i - distance];
        i++;
      }
    } else source[i++] = x >> 24;
  }
}

static uint8_t *length(uint8_t *at, uint32_t n) {
  while (n >= 255) {
    *at++ = 255;
    n -= 255;
  }
  *at++ = n;
  return at;
}

static uint32_t compress(const uint8_t *from, uint32_t size, uint8_t *to) {
  memset(heads, 0, sizeof heads);
  const uint8_t *end = from + size - 12, *at = from + 1, *anchor = from;
  uint8_t *start = to;
  while (at < end) {
    uint32_t word = read32(at);
    uint32_t *slot = &heads[(word * 2654435761u) >> 20];
    const uint8_t *candidate = from + *slot;
    *slot = at - from;
    if (read32(candidate) != word || at - candidate > 65535 || candidate >= at) {
      at++;
      continue;
    }
    const uint8_t *match = at + 4, *other = candidate + 4;
    while (match < end && *match == *other) {
      match++;
      other++;
    }
    uint32_t literals = at - anchor, extra = match - at - 4;
    *to++ = ((literals < 15 ? literals : 15) << 4) | (extra < 15 ? extra : 15);
    if (literals >= 15) to = length(to, literals - 15);
    for (uint32_t i = 0; i < literals; i++) to[i] = anchor[i];
    to += literals;
    uint16_t distance = at - candidate;
    memcpy(to, &distance, 2);
    to += 2;
    if (extra >= 15) to = length(to, extra - 15);
    at = match;
    anchor = match;
  }
  uint32_t literals = from + size - anchor;
  *to++ = (literals < 15 ? literals : 15) << 4;
  if (literals >= 15) to = length(to, literals - 15);
  for (uint32_t i = 0; i < literals; i++) to[i] = anchor[i];
  return to + literals - start;
}

static uint32_t decompress(const uint8_t *from, uint32_t size, uint8_t *to) {
  const uint8_t *end = from + size;
  uint8_t *start = to;
  while (from < end) {
    uint32_t token = *from++, literals = token >> 4, next;
    if (literals == 15) do literals += next = *from++;
      while (next == 255);
    for (uint32_t i = 0; i < literals; i++) to[i] = from[i];
    to += literals;
    from += literals;
    if (from >= end) break;
    uint16_t distance;
    memcpy(&distance, from, 2);
    from += 2;
    uint32_t count = (token & 15) + 4;
    if (count == 19) do count += next = *from++;
      while (next == 255);
    for (uint32_t i = 0; i < count; i++) to[i] = to[(int)i - (int)distance];
    to += count;
  }
  return to - start;
}

uint64_t run(void) {
  fill();
  uint64_t sum = 0;
  for (int i = 0; i < 8; i++) {
    uint32_t size = compress(source, SIZE, packed);
    sum = sum * 31 + size + decompress(packed, size, unpacked);
  }
  for (uint32_t i = 0; i < SIZE; i++) sum = sum * 31 + unpacked[i];
  return sum;
}
