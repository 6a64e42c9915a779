// SPDX-License-Identifier: MIT
/** CRC-32 by table (one lookup a byte) and Fletcher-4 (as ZFS has it) over 1 MiB. */
const SIZE: usize = 1 << 20;
const data: usize = memory.data(1 << 20, 16);
const table = new StaticArray<u32>(256);

function fill(): void {
  let x: u32 = 12345;
  for (let i: usize = 0; i < SIZE; i++) {
    x = x * 1664525 + 1013904223;
    store<u8>(data + i, x >> 24);
  }
  for (let n: u32 = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >> 1) ^ 0xedb88320 : c >> 1;
    unchecked((table[n] = c));
  }
}

function crc32(at: usize, size: usize): u32 {
  let crc: u32 = 0xffffffff;
  for (let i: usize = 0; i < size; i++) crc = (crc >> 8) ^ unchecked(table[(crc ^ load<u8>(at + i)) & 255]);
  return ~crc;
}

function fletcher4(at: usize, size: usize): u64 {
  let a: u64 = 0;
  let b: u64 = 0;
  let c: u64 = 0;
  let d: u64 = 0;
  for (let i: usize = 0; i < size; i += 4) {
    a += load<u32>(at + i);
    b += a;
    c += b;
    d += c;
  }
  return a ^ b ^ c ^ d;
}

export function run(): u64 {
  fill();
  let sum: u64 = 0;
  for (let i = 0; i < 8; i++) sum = sum * 31 + crc32(data, SIZE) + fletcher4(data, SIZE);
  return sum;
}
