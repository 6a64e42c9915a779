// SPDX-License-Identifier: MIT
/** @fileoverview pcred(1): show the credentials of processes */
/** @manual
 * DESCRIPTION
 * Prints the effective, real and saved user and group of each process: in one number where the three agree. Further groups follow.
 *
 * OPTIONS
 *   -a   all numbers, also those that agree
 *
 * SEE ALSO
 * ppriv(1), id(1), proc(5)
 */
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { field, forEach, procFile } from '../../lib/procFiles';

export const USAGE: string = 'pcred [-a] pid ...';

let all = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'aF');
  for (let option = options.next(); option != ''; option = options.next()) if (option == 'a') all = true;
  if (options.failed || !options.operands().length) return misused(USAGE, 2);
  return forEach('pcred', options.operands(), show);
}

/** prcred_t (<sys/procfs.h>): euid, ruid, suid, egid, rgid, sgid, ngroups, groups. */
function show(pid: i32): bool {
  const bytes = procFile('pcred', pid, 'cred');
  if (bytes == null || bytes.length < 28) return false;
  let text = pid.toString() + ':\t' + three(bytes, 0, 'uid') + '  ' + three(bytes, 12, 'gid') + '\n';
  const count = <i32>field(bytes, 24, 4);
  // A group that is the real one anyway says nothing.
  if (all || count > 1 || (count == 1 && field(bytes, 28, 4) != field(bytes, 16, 4))) {
    text += '\tgroups:';
    for (let i = 0; i < count; i++) text += ' ' + field(bytes, 28 + 4 * i, 4).toString();
    text += '\n';
  }
  out(text);
  return true;
}

function three(bytes: string, at: i32, name: string): string {
  const effective = field(bytes, at, 4).toString();
  const real = field(bytes, at + 4, 4).toString();
  const saved = field(bytes, at + 8, 4).toString();
  if (!all && effective == real && real == saved) return 'e/r/s' + name + '=' + effective;
  return 'e' + name + '=' + effective + ' r' + name + '=' + real + ' s' + name + '=' + saved;
}
