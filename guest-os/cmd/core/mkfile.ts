// SPDX-License-Identifier: MIT
/** @fileoverview mkfile(8): create files of a size */
/** @manual
 * DESCRIPTION
 * Makes files of zeros that only their owner may read and write, with the sticky bit set: for swap areas, and as devices of ZFS pools. A file that is there
 * is written anew.
 *
 * OPTIONS
 *   -n   only the size: blocks are made when somebody writes to them
 *   -v   says what is made
 * The size is in bytes, or with b of 512 bytes, k, m, g or t of 1024 each.
 *
 * EXAMPLES
 *   mkfile 100m /tmp/d1 /tmp/d2; zpool create test mirror /tmp/d1 /tmp/d2
 *
 * SEE ALSO
 * truncate(1), zpool(8), swap(8)
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { parseSize } from '../../lib/human';
import { O_CREAT, O_WRONLY, openFile, out, say, writeAll } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { setLength } from './truncate';

export const USAGE: string = 'mkfile [-nv] size[b|k|m|g|t] file ...';

const O_TRUNC: i32 = 0x200;
const MODE: i32 = 0o1600;
const STEP: i64 = 65536;
const zeros = memory.data(65536, 16);

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'nv');
  let sparse = false;
  let verbose = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'n') sparse = true;
    else verbose = true;
  }
  const words = options.operands();
  if (options.failed || words.length < 2) return misused(USAGE);
  const size = parseSize(words[0]);
  if (size < 0) {
    say('mkfile: invalid size: ' + words[0] + '\n');
    return 1;
  }
  let result = 0;
  for (let i = 1; i < words.length; i++) {
    if (verbose) out(words[i] + ' ' + size.toString() + ' bytes\n');
    const descriptor = openFile(words[i], O_WRONLY | O_CREAT | O_TRUNC, MODE);
    let error: i64 = descriptor;
    if (descriptor >= 0) {
      error = sparse ? setLength(descriptor, size) : fill(descriptor, size);
      if (error >= 0) error = calls.fchmod(descriptor, MODE);
      calls.close(descriptor);
    }
    if (error >= 0) continue;
    say('mkfile: ' + words[i] + ': ' + errorText(-error) + '\n');
    result = 1;
  }
  return result;
}

function fill(descriptor: i32, size: i64): i64 {
  for (let done: i64 = 0; done < size; ) {
    const part = min(STEP, size - done);
    const error = writeAll(descriptor, zeros, <i32>part);
    if (error < 0) return error;
    done += part;
  }
  return 0;
}
