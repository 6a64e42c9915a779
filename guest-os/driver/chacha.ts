// SPDX-License-Identifier: MIT
/** @fileoverview The ChaCha20 block function (RFC 8439, section 2.3): 64 bytes from a key of 32 and a counter of 64 bits, the nonce being 0. */
const state = memory.data(64, 8);

function quarter(a: usize, b: usize, c: usize, d: usize): void {
  let x = load<u32>(state + (a << 2));
  let y = load<u32>(state + (b << 2));
  let z = load<u32>(state + (c << 2));
  let w = load<u32>(state + (d << 2));
  x += y;
  w = rotl<u32>(w ^ x, 16);
  z += w;
  y = rotl<u32>(y ^ z, 12);
  x += y;
  w = rotl<u32>(w ^ x, 8);
  z += w;
  y = rotl<u32>(y ^ z, 7);
  store<u32>(state + (a << 2), x);
  store<u32>(state + (b << 2), y);
  store<u32>(state + (c << 2), z);
  store<u32>(state + (d << 2), w);
}

/** The words that a state begins with: "expand 32-byte k". */
function begin(to: usize, key: usize, counter: u64): void {
  store<u32>(to, 0x61707865);
  store<u32>(to, 0x3320646e, 4);
  store<u32>(to, 0x79622d32, 8);
  store<u32>(to, 0x6b206574, 12);
  memory.copy(to + 16, key, 32);
  store<u64>(to, counter, 48);
  store<u64>(to, 0, 56);
}

export function block(key: usize, counter: u64, to: usize): void {
  begin(state, key, counter);
  begin(to, key, counter);
  for (let round = 0; round < 10; round++) {
    quarter(0, 4, 8, 12);
    quarter(1, 5, 9, 13);
    quarter(2, 6, 10, 14);
    quarter(3, 7, 11, 15);
    quarter(0, 5, 10, 15);
    quarter(1, 6, 11, 12);
    quarter(2, 7, 8, 13);
    quarter(3, 4, 9, 14);
  }
  for (let i: usize = 0; i < 64; i += 4) store<u32>(to + i, load<u32>(to + i) + load<u32>(state + i));
}
