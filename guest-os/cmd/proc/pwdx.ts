// SPDX-License-Identifier: MIT
/** @fileoverview pwdx(1): print the current directory of processes */
/** @manual
 * DESCRIPTION
 * Prints the directory that each process is in.
 *
 * SEE ALSO
 * pfiles(1), proc(5)
 */
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { forEach, placeOf } from '../../lib/procFiles';

export const USAGE: string = 'pwdx pid ...';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'F');
  while (options.next() != '') {}
  if (options.failed || !options.operands().length) return misused(USAGE, 2);
  return forEach('pwdx', options.operands(), (pid) => {
    const place = placeOf(pid, 'cwd');
    if (place.length) out(pid.toString() + ':\t' + place + '\n');
    else say('pwdx: cannot resolve cwd for ' + pid.toString() + '\n');
    return place.length > 0;
  });
}
