// SPDX-License-Identifier: MIT
/** @fileoverview cksum(1): check sum and size of files, as POSIX defines them */
/** @manual
 * DESCRIPTION
 * Prints the CRC of POSIX, the size and the name of each file.
 */
import * as calls from '../../lib/calls';
import { complain, openInput, out } from '../../lib/io';
import { Options } from '../../lib/options';

export const USAGE: string = 'cksum [file ...]';
/** CRC of ISO/IEC 8802-3, highest bit first; the length follows the data (POSIX.1-2017, XCU cksum). */
const POLYNOMIAL: u32 = 0x04c11db7;
const table = new StaticArray<u32>(256);
for (let i = 0; i < 256; i++) {
  let value = (<u32>i) << 24;
  for (let k = 0; k < 8; k++) value = value & 0x80000000 ? (value << 1) ^ POLYNOMIAL : value << 1;
  table[i] = value;
}
const chunk = memory.data(16384);

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '');
  options.next();
  if (options.failed) return 1;
  const files = options.operands();
  const named = files.length > 0;
  if (!named) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('cksum', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    let sum: u32 = 0;
    let size: u64 = 0;
    let got = calls.read(descriptor, chunk, 16384);
    for (; got > 0; got = calls.read(descriptor, chunk, 16384)) {
      for (let k: usize = 0; k < <usize>got; k++) sum = (sum << 8) ^ unchecked(table[(sum >> 24) ^ <u32>load<u8>(chunk + k)]);
      size += got;
    }
    if (descriptor) calls.close(descriptor);
    if (got < 0) {
      complain('cksum', files[i], got);
      result = 1;
      continue;
    }
    for (let left = size; left; left >>= 8) sum = (sum << 8) ^ table[(sum >> 24) ^ <u32>(left & 0xff)];
    out((~sum).toString() + ' ' + size.toString() + (named ? ' ' + files[i] : '') + '\n');
  }
  return result;
}
