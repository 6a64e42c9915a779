// SPDX-License-Identifier: MIT
/** @fileoverview Text to standard output and standard error, unbuffered, without allocating: usable while the heap is broken. */
import { write } from 'runtime/system';

const CHUNK: usize = 128;
const chunk = memory.data(128);

export function print(text: string): void {
  put(1, text);
}
export function printError(text: string): void {
  put(2, text);
}

/** UTF-16 to UTF-8 in chunks; a lone surrogate becomes U+FFFD. */
function put(fd: i32, text: string): void {
  let used: usize = 0;
  for (let i = 0; i < text.length; i++) {
    let point = <u32>text.charCodeAt(i);
    if ((point & 0xf800) == 0xd800) {
      const low = i + 1 < text.length ? <u32>text.charCodeAt(i + 1) : 0;
      if (point < 0xdc00 && (low & 0xfc00) == 0xdc00) {
        point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
        i++;
      } else {
        point = 0xfffd;
      }
    }
    if (used + 4 > CHUNK) {
      write(fd, chunk, used);
      used = 0;
    }
    used += encode(chunk + used, point);
  }
  if (used) write(fd, chunk, used);
}

function encode(at: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(at, <u8>point);
    return 1;
  }
  if (point < 0x800) {
    store<u8>(at, <u8>(0xc0 | (point >> 6)));
    store<u8>(at, <u8>(0x80 | (point & 0x3f)), 1);
    return 2;
  }
  if (point < 0x10000) {
    store<u8>(at, <u8>(0xe0 | (point >> 12)));
    store<u8>(at, <u8>(0x80 | ((point >> 6) & 0x3f)), 1);
    store<u8>(at, <u8>(0x80 | (point & 0x3f)), 2);
    return 3;
  }
  store<u8>(at, <u8>(0xf0 | (point >> 18)));
  store<u8>(at, <u8>(0x80 | ((point >> 12) & 0x3f)), 1);
  store<u8>(at, <u8>(0x80 | ((point >> 6) & 0x3f)), 2);
  store<u8>(at, <u8>(0x80 | (point & 0x3f)), 3);
  return 4;
}
