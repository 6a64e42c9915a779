// SPDX-License-Identifier: MIT
/** @fileoverview sum(1): check sum and number of blocks of files */
/** @manual
 * DESCRIPTION
 * Adds up bytes and counts blocks of 512, as System V has it.
 *
 * OPTIONS
 *   -r   the sum of BSD: each byte after a rotation to the right, blocks of 1024 rounded up, five digits
 */
import { Options } from '../../lib/options';
import { padLeft } from '../../lib/text';
import { CheckSum, checkSums } from './_checkSum';

export const USAGE: string = 'sum [-r] [file ...]';

/** Adds up. */
class SystemV extends CheckSum {
  add(at: usize, count: usize): void {
    let sum = this.sum;
    for (let k: usize = 0; k < count; k++) sum += <u32>load<u8>(at + k);
    this.sum = sum;
  }
  figures(): string {
    let sum = this.sum;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return sum.toString() + ' ' + blocks(this.size, 512);
  }
}

/** Rotates before each byte. */
class Bsd extends CheckSum {
  add(at: usize, count: usize): void {
    let sum = this.sum;
    for (let k: usize = 0; k < count; k++) sum = (((sum >> 1) | ((sum & 1) << 15)) + <u32>load<u8>(at + k)) & 0xffff;
    this.sum = sum;
  }
  figures(): string {
    return this.sum.toString().padStart(5, '0') + ' ' + padLeft(blocks(this.size, 1024), 5);
  }
}

function blocks(size: u64, unit: u64): string {
  return ((size + unit - 1) / unit).toString();
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'rs', ['sysv=s']);
  let rotate = false;
  for (let option = options.next(); option != ''; option = options.next()) rotate = option == 'r';
  if (options.failed) return 1;
  const sum: CheckSum = rotate ? new Bsd() : new SystemV();
  return checkSums('sum', options.operands(), sum);
}
