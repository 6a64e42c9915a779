// SPDX-License-Identifier: MIT
#include <stdint.h>
#define SIZE (1u << 20)
static uint8_t data[SIZE] __attribute__((aligned(16)));
static uint32_t table[256];

static void fill(void) {
  uint32_t x = 12345;
  for (uint32_t i = 0; i < SIZE; i++) {
    x = x * 1664525 + 1013904223;
    data[i] = x >> 24;
  }
  for (uint32_t n = 0; n < 256; n++) {
    uint32_t c = n;
    for (int k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ 0xedb88320 : c >> 1;
    table[n] = c;
  }
}

static uint32_t crc32(const uint8_t *at, uint32_t size) {
  uint32_t crc = 0xffffffff;
  for (uint32_t i = 0; i < size; i++) crc = (crc >> 8) ^ table[(crc ^ at[i]) & 255];
  return ~crc;
}

static uint64_t fletcher4(const uint8_t *at, uint32_t size) {
  uint64_t a = 0, b = 0, c = 0, d = 0;
  for (uint32_t i = 0; i < size; i += 4) {
    a += *(const uint32_t *)(at + i);
    b += a;
    c += b;
    d += c;
  }
  return a ^ b ^ c ^ d;
}

uint64_t run(void) {
  fill();
  uint64_t sum = 0;
  for (int i = 0; i < 8; i++) sum = sum * 31 + crc32(data, SIZE) + fletcher4(data, SIZE);
  return sum;
}
