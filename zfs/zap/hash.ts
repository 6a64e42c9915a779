// SPDX-License-Identifier: MIT
/** @fileoverview Hashes of names in ZAPs: CRC-64 (ECMA-182, reflected) that begins with the ZAP's salt; the top 28 bits count. */
const TABLE = memory.data(2048, 8);
let isReady = false;

export const HASH_BITS: u64 = 28;
const KEPT: u64 = ~(((<u64>1) << (64 - HASH_BITS)) - 1);

function prepare(): void {
  for (let i: u64 = 0; i < 256; i++) {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0xc96c5795d7870f42 : value >> 1;
    store<u64>(TABLE + ((<usize>i) << 3), value);
  }
  isReady = true;
}

export function hashName(salt: u64, name: string): u64 {
  if (!isReady) prepare();
  let hash = salt;
  for (let i = 0; i < name.length; i++) {
    hash = (hash >> 8) ^ load<u64>(TABLE + ((<usize>((hash ^ <u64>name.charCodeAt(i)) & 0xff)) << 3));
  }
  return hash & KEPT;
}
