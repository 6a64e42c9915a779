// SPDX-License-Identifier: MIT
/** An LZ4-like compressor (hash of four bytes, one candidate) and its decompressor, over 256 KiB that repeat in part. */
const SIZE: usize = 1 << 18;
const source: usize = memory.data(1 << 18, 16);
const packed: usize = memory.data((1 << 18) + (1 << 14), 16);
const unpacked: usize = memory.data((1 << 18) + 64, 16);
const heads: usize = memory.data(4096 * 4, 16);

function fill(): void {
  let x: u32 = 1;
  let i: usize = 0;
  while (i < SIZE) {
    x = x * 1103515245 + 12345;
    if (i > 4096 && (x >> 16) & 3) {
      const distance = ((x >> 8) & 0xfff) + 1;
      let length = ((x >> 20) & 31) + 4;
      while (length-- > 0 && i < SIZE) {
        store<u8>(source + i, load<u8>(source + i - distance));
        i++;
      }
    } else store<u8>(source + i++, x >> 24);
  }
}

function length(at: usize, n: u32): usize {
  while (n >= 255) {
    store<u8>(at++, 255);
    n -= 255;
  }
  store<u8>(at++, n);
  return at;
}

function compress(from: usize, size: usize, to: usize): usize {
  memory.fill(heads, 0, 4096 * 4);
  const end = from + size - 12;
  let at = from + 1;
  let anchor = from;
  const start = to;
  while (at < end) {
    const word = load<u32>(at);
    const slot = heads + ((((word * 2654435761) >> 20) as usize) << 2);
    const candidate = from + load<u32>(slot);
    store<u32>(slot, (at - from) as u32);
    if (load<u32>(candidate) != word || at - candidate > 65535 || candidate >= at) {
      at++;
      continue;
    }
    let match = at + 4;
    let other = candidate + 4;
    while (match < end && load<u8>(match) == load<u8>(other)) {
      match++;
      other++;
    }
    const literals = (at - anchor) as u32;
    const extra = (match - at - 4) as u32;
    store<u8>(to++, ((literals < 15 ? literals : 15) << 4) | (extra < 15 ? extra : 15));
    if (literals >= 15) to = length(to, literals - 15);
    for (let i: u32 = 0; i < literals; i++) store<u8>(to + i, load<u8>(anchor + i));
    to += literals;
    store<u16>(to, (at - candidate) as u16);
    to += 2;
    if (extra >= 15) to = length(to, extra - 15);
    at = match;
    anchor = match;
  }
  const literals = (from + size - anchor) as u32;
  store<u8>(to++, (literals < 15 ? literals : 15) << 4);
  if (literals >= 15) to = length(to, literals - 15);
  for (let i: u32 = 0; i < literals; i++) store<u8>(to + i, load<u8>(anchor + i));
  return to + literals - start;
}

function decompress(from: usize, size: usize, to: usize): usize {
  const end = from + size;
  const start = to;
  while (from < end) {
    const token: u32 = load<u8>(from++);
    let literals = token >> 4;
    if (literals == 15) {
      let next: u32;
      do {
        next = load<u8>(from++);
        literals += next;
      } while (next == 255);
    }
    for (let i: u32 = 0; i < literals; i++) store<u8>(to + i, load<u8>(from + i));
    to += literals;
    from += literals;
    if (from >= end) break;
    const distance: u32 = load<u16>(from);
    from += 2;
    let count = (token & 15) + 4;
    if (count == 19) {
      let next: u32;
      do {
        next = load<u8>(from++);
        count += next;
      } while (next == 255);
    }
    for (let i: u32 = 0; i < count; i++) store<u8>(to + i, load<u8>(to + i - distance));
    to += count;
  }
  return to - start;
}

export function run(): u64 {
  fill();
  let sum: u64 = 0;
  for (let i = 0; i < 8; i++) {
    const size = compress(source, SIZE, packed);
    sum = sum * 31 + size + decompress(packed, size, unpacked);
  }
  for (let i: usize = 0; i < SIZE; i++) sum = sum * 31 + load<u8>(unpacked + i);
  return sum;
}
