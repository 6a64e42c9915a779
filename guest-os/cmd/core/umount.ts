// SPDX-License-Identifier: MIT
/** @fileoverview umount(8): take away what is mounted
 * @path /sbin/umount
 */
/** @manual
 * DESCRIPTION
 * Takes away what is mounted on each directory, or what was made of each special name. A file system in use stays (Device busy).
 *
 * OPTIONS
 *   -f   though it is in use
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'umount [-f] MOUNT_POINT | SPECIAL ...';
const MS_FORCE: i32 = 0x400;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'f');
  let flags = 0;
  for (let option = options.next(); option != ''; option = options.next()) flags = MS_FORCE;
  if (options.failed) return 1;
  const names = options.operands();
  if (!names.length) return misused(USAGE);
  let result = 0;
  for (let i = 0; i < names.length; i++) {
    const error = calls.umount2(pathOf(names[i]), flags);
    if (error >= 0) continue;
    say('umount: ' + names[i] + ': ' + (error == -22 ? 'not mounted' : errorText(-error)) + '\n');
    result = 1;
  }
  return result;
}
