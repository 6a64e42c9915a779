// SPDX-License-Identifier: MIT
/** @fileoverview Random numbers that a seed decides (xorshift64*, S. Vigna). */
let state: u64 = 1;

export function seed(value: u64): void {
  state = value * 0x9e3779b97f4a7c15 + 1;
  for (let i = 0; i < 8; i++) random();
}
export function random(): u64 {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545f4914f6cdd1d;
}
/** Less than `count`. */
export function below(count: u32): u32 {
  return <u32>((random() >> 33) % count);
}
