// SPDX-License-Identifier: MIT
/** @fileoverview sum(1): check sum and number of blocks of files */
/** @manual
 * DESCRIPTION
 * Adds up bytes and counts blocks of 512, as System V has it.
 *
 * OPTIONS
 *   -r   the sum of BSD: each byte after a rotation to the right, blocks of 1024 rounded up, five digits
 */
import * as calls from '../../lib/calls';
import { complain, openInput, out } from '../../lib/io';
import { Options } from '../../lib/options';
import { padLeft } from '../../lib/text';

export const USAGE: string = 'sum [-r] [file ...]';
const chunk = memory.data(16384);

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'rs', ['sysv=s']);
  let rotate = false;
  for (let option = options.next(); option != ''; option = options.next()) rotate = option == 'r';
  if (options.failed) return 1;
  const files = options.operands();
  const named = files.length > 0;
  if (!named) files.push('-');
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openInput('sum', files[i]);
    if (descriptor < 0) {
      result = 1;
      continue;
    }
    let sum: u32 = 0;
    let size: u64 = 0;
    let got = calls.read(descriptor, chunk, 16384);
    for (; got > 0; got = calls.read(descriptor, chunk, 16384)) {
      for (let k: usize = 0; k < <usize>got; k++) {
        const byte = <u32>load<u8>(chunk + k);
        if (rotate) sum = (((sum >> 1) | ((sum & 1) << 15)) + byte) & 0xffff;
        else sum += byte;
      }
      size += got;
    }
    if (descriptor) calls.close(descriptor);
    if (got < 0) {
      complain('sum', files[i], got);
      result = 1;
      continue;
    }
    const unit: u64 = rotate ? 1024 : 512;
    const blocks = (size + unit - 1) / unit;
    if (!rotate) {
      sum = (sum & 0xffff) + (sum >> 16);
      sum = (sum & 0xffff) + (sum >> 16);
    }
    const digits = sum.toString();
    out(
      (rotate ? digits.padStart(5, '0') + ' ' + padLeft(blocks.toString(), 5) : digits + ' ' + blocks.toString()) +
        (named ? ' ' + files[i] : '') +
        '\n',
    );
  }
  return result;
}
