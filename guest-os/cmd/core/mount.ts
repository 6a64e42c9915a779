// SPDX-License-Identifier: MIT
/** @fileoverview mount(8): show what is mounted
 * @path /sbin/mount
 */
/** @manual
 * DESCRIPTION
 * Lists the mounted file systems: point, special name, options and since when. Mounting others is for the commands of each kind, such as zfs(8).
 *
 * OPTIONS
 *   -p   as lines of vfstab(5)
 *   -v   with the type
 */
import { formatDate } from '../../lib/dates';
import { out, say } from '../../lib/io';
import { allMounts } from '../../lib/mounts';
import { Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'mount [-p | -v]';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'pv');
  let how = '';
  for (let option = options.next(); option != ''; option = options.next()) how = option;
  if (options.failed) return 1;
  if (options.operands().length) {
    say('mount: nothing is mounted by this command: see zfs(8)\n');
    return 1;
  }
  const mounts = allMounts();
  for (let i = 0; i < mounts.length; i++) {
    const mount = mounts[i];
    if (how == 'p') {
      out(mount.special + ' - ' + mount.point + ' ' + mount.type + ' - no ' + mount.options + '\n');
      continue;
    }
    const since = formatDate('%a %b %e %H:%M:%S %Y', parseNumber(mount.time));
    const options_ = mount.options.replaceAll(',', '/');
    if (how == 'v') out(mount.special + ' on ' + mount.point + ' type ' + mount.type + ' ' + options_ + ' on ' + since + '\n');
    else out(mount.point + ' on ' + mount.special + ' ' + options_ + ' on ' + since + '\n');
  }
  return 0;
}
