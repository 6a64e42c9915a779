// SPDX-License-Identifier: MIT
/** An open-addressing hash map of 64-bit keys: insertion, update, lookup and removal with tombstones. */
const SLOTS: u32 = 1 << 16;
const keys: usize = memory.data(8 << 16, 16);
const values: usize = memory.data(8 << 16, 16);
const EMPTY: u64 = 0;
const GONE: u64 = 1;
let seed: u64 = 88172645463325252;

@inline
function random(): u64 {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

@inline
function hash(key: u64): u32 {
  key ^= key >> 33;
  key *= 0xff51afd7ed558ccd;
  key ^= key >> 33;
  key *= 0xc4ceb9fe1a85ec53;
  return (key ^ (key >> 33)) as u32;
}

function find(key: u64): u32 {
  let slot = hash(key) & (SLOTS - 1);
  while (true) {
    const found = load<u64>(keys + (slot << 3));
    if (found == key) return slot;
    if (found == EMPTY) return SLOTS;
    slot = (slot + 1) & (SLOTS - 1);
  }
}

function add(key: u64, value: u64): void {
  let slot = hash(key) & (SLOTS - 1);
  let free = SLOTS;
  while (true) {
    const found = load<u64>(keys + (slot << 3));
    if (found == key) {
      store<u64>(values + (slot << 3), load<u64>(values + (slot << 3)) + value);
      return;
    }
    if (found == GONE && free == SLOTS) free = slot;
    if (found == EMPTY) {
      if (free == SLOTS) free = slot;
      store<u64>(keys + (free << 3), key);
      store<u64>(values + (free << 3), value);
      return;
    }
    slot = (slot + 1) & (SLOTS - 1);
  }
}

export function run(): u64 {
  memory.fill(keys, 0, 8 << 16);
  seed = 88172645463325252;
  let sum: u64 = 0;
  for (let i = 0; i < 400000; i++) {
    const key = (random() & 0xffff) + 2;
    const choice = (random() >> 60) as u32;
    if (choice < 6) add(key, i);
    else {
      const slot = find(key);
      if (slot == SLOTS) continue;
      if (choice < 14) sum += load<u64>(values + (slot << 3));
      else store<u64>(keys + (slot << 3), GONE);
    }
  }
  return sum;
}
