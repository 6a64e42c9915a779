// SPDX-License-Identifier: MIT
#include <stdint.h>
#include <string.h>
#define SLOTS (1u << 16)
#define EMPTY 0
#define GONE 1
static uint64_t keys[SLOTS], values[SLOTS], seed;

static uint64_t random_(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static uint32_t hash(uint64_t key) {
  key ^= key >> 33;
  key *= 0xff51afd7ed558ccd;
  key ^= key >> 33;
  key *= 0xc4ceb9fe1a85ec53;
  return key ^ (key >> 33);
}

static uint32_t find(uint64_t key) {
  uint32_t slot = hash(key) & (SLOTS - 1);
  for (;;) {
    uint64_t found = keys[slot];
    if (found == key) return slot;
    if (found == EMPTY) return SLOTS;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

static void add(uint64_t key, uint64_t value) {
  uint32_t slot = hash(key) & (SLOTS - 1), free = SLOTS;
  for (;;) {
    uint64_t found = keys[slot];
    if (found == key) {
      values[slot] += value;
      return;
    }
    if (found == GONE && free == SLOTS) free = slot;
    if (found == EMPTY) {
      if (free == SLOTS) free = slot;
      keys[free] = key;
      values[free] = value;
      return;
    }
    slot = (slot + 1) & (SLOTS - 1);
  }
}

uint64_t run(void) {
  memset(keys, 0, sizeof keys);
  seed = 88172645463325252;
  uint64_t sum = 0;
  for (int i = 0; i < 400000; i++) {
    uint64_t key = (random_() & 0xffff) + 2;
    uint32_t choice = random_() >> 60;
    if (choice < 6) add(key, i);
    else {
      uint32_t slot = find(key);
      if (slot == SLOTS) continue;
      if (choice < 14) sum += values[slot];
      else keys[slot] = GONE;
    }
  }
  return sum;
}
