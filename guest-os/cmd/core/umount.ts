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
 *   -a   of the directories that are named, or of all there are but the system's own, in the order opposite to that in which they were mounted
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { say } from '../../lib/io';
import { allMounts } from '../../lib/mounts';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'umount [-f] MOUNT_POINT | SPECIAL ... | -a [MOUNT_POINT ...]';
/** Without these there is no system. */
const OWN_TYPES: StaticArray<string> = ['proc', 'devfs', 'dev', 'ctfs', 'mntfs'];
const OWN: StaticArray<string> = ['/', '/usr', '/tmp'];
const MS_FORCE: i32 = 0x400;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'af');
  let flags = 0;
  let all = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'a') all = true;
    else flags = MS_FORCE;
  }
  if (options.failed) return 1;
  let names = options.operands();
  if (!names.length && !all) return misused(USAGE);
  if (all) names = lastFirst(names);
  let result = 0;
  for (let i = 0; i < names.length; i++) {
    const error = calls.umount2(pathOf(names[i]), flags);
    if (error >= 0) continue;
    say('umount: ' + names[i] + ': ' + (error == -22 ? 'not mounted' : errorText(-error)) + '\n');
    result = 1;
  }
  return result;
}

/** What is mounted of these, or of all, the latest first. */
function lastFirst(names: string[]): string[] {
  const mounts = allMounts();
  const found: string[] = [];
  for (let i = mounts.length - 1; i >= 0; i--) {
    const mount = mounts[i];
    if (names.length ? names.includes(mount.point) : !OWN_TYPES.includes(mount.type) && !OWN.includes(mount.point))
      found.push(mount.point);
  }
  return found;
}
