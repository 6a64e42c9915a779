// SPDX-License-Identifier: MIT
/** @fileoverview cksum(1): check sum and size of files, as POSIX defines them */
/** @manual
 * DESCRIPTION
 * Prints the CRC of POSIX, the size and the name of each file.
 */
import { Options } from '../../lib/options';
import { CheckSum, checkSums } from './_checkSum';

export const USAGE: string = 'cksum [file ...]';
/** CRC of ISO/IEC 8802-3, highest bit first; the length follows the data (POSIX.1-2017, XCU cksum). */
const POLYNOMIAL: u32 = 0x04c11db7;
const table = new StaticArray<u32>(256);
for (let i = 0; i < 256; i++) {
  let value = (<u32>i) << 24;
  for (let k = 0; k < 8; k++) value = value & 0x80000000 ? (value << 1) ^ POLYNOMIAL : value << 1;
  table[i] = value;
}

class Crc extends CheckSum {
  add(at: usize, count: usize): void {
    let sum = this.sum;
    for (let k: usize = 0; k < count; k++) sum = (sum << 8) ^ unchecked(table[(sum >> 24) ^ <u32>load<u8>(at + k)]);
    this.sum = sum;
  }
  figures(): string {
    let sum = this.sum;
    for (let left = this.size; left; left >>= 8) sum = (sum << 8) ^ table[(sum >> 24) ^ <u32>(left & 0xff)];
    return (~sum).toString() + ' ' + this.size.toString();
  }
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, '');
  options.next();
  if (options.failed) return 1;
  return checkSums('cksum', options.operands(), new Crc());
}
