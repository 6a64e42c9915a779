// SPDX-License-Identifier: MIT
/** @fileoverview truncate(1): set files to a size */
/** @manual
 * DESCRIPTION
 * Makes each file as long as is said: what is added reads as zeros, what is too much is lost. A file that is not there is made.
 *
 * OPTIONS
 *   -s size   with a unit K M G; +N longer by, -N shorter by, <N at most, >N at least
 *   -r file   as long as this one
 *   -c        make no files
 */
import * as calls from '../../lib/calls';
import { status, statusOf } from '../../lib/files';
import { parseSize } from '../../lib/human';
import { complain, O_CREAT, O_WRONLY, openFile, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';

export const USAGE: string = 'truncate [-c] -s size file ...\ntruncate [-c] -r file file ...';

const F_FREESP: i32 = 11;
const flock = memory.data(64, 8);

/** ftruncate(3C) as libc does it: free space from `length` on. */
export function setLength(descriptor: i32, length: i64): i64 {
  memory.fill(flock, 0, 64);
  store<i64>(flock, length, 8);
  return calls.fcntl(descriptor, F_FREESP, flock);
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'cs:r:', ['size=s', 'reference=r', 'no-create=c']);
  let flags = O_WRONLY | O_CREAT;
  let mode = '';
  let amount: i64 = -1;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'c') flags = O_WRONLY;
    else if (option == 'r') {
      const about = status(options.argument, true);
      if (!about) {
        complain('truncate', options.argument, 2);
        return 1;
      }
      amount = <i64>about.size;
    } else {
      const text = options.argument;
      mode = text.length && '+-<>'.includes(text.charAt(0)) ? text.charAt(0) : '';
      amount = parseSize(text.substring(mode.length));
      if (amount >= 0) continue;
      say('truncate: invalid number: ' + text + '\n');
      return 1;
    }
  }
  const files = options.operands();
  if (options.failed || amount < 0 || !files.length) return misused(USAGE);
  let result = 0;
  for (let i = 0; i < files.length; i++) {
    const descriptor = openFile(files[i], flags);
    if (descriptor == -2 && !(flags & O_CREAT)) continue;
    let error: i64 = descriptor;
    if (descriptor >= 0) {
      const about = statusOf(descriptor);
      const size = about ? <i64>about.size : 0;
      let length = amount;
      if (mode == '+') length = size + amount;
      else if (mode == '-') length = max<i64>(size - amount, 0);
      else if (mode == '<') length = min<i64>(size, amount);
      else if (mode == '>') length = max<i64>(size, amount);
      error = setLength(descriptor, length);
      calls.close(descriptor);
    }
    if (error >= 0) continue;
    complain('truncate', files[i], error);
    result = 1;
  }
  return result;
}
