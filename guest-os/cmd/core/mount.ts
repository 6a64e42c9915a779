// SPDX-License-Identifier: MIT
/** @fileoverview mount(8): show what is mounted, mount
 * @path /sbin/mount
 */
/** @manual
 * DESCRIPTION
 * Lists the mounted file systems: point, special name, options and since when. With a special name and a directory, mounts it there: for zfs the
 * name of a dataset, for lofs another directory, for tmpfs any word.
 *
 * OPTIONS
 *   -p   as lines of vfstab(5)
 *   -v   with the type
 *   -F   the type of what is to be mounted
 *   -o   its options, separated by commas: ro, nosuid, nodevices, noexec, noatime, remount, what the type has besides
 *   -O   on a directory that is a mount point already
 */
import * as calls from '../../lib/calls';
import { formatDate } from '../../lib/dates';
import { errorText } from '../../lib/errors';
import { out, say } from '../../lib/io';
import { allMounts } from '../../lib/mounts';
import { misused, Options } from '../../lib/options';
import { parseNumber, pathOf } from '../../lib/text';

/** <sys/mount.h> */
const MS_REMOUNT: i32 = 0x20;
const MS_OVERLAY: i32 = 0x80;
const MS_OPTIONSTR: i32 = 0x100;

export const USAGE: string = 'mount [-p | -v]\nmount -F TYPE [-O] [-o OPTIONS] SPECIAL DIRECTORY';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'pvF:o:O');
  let how = '';
  let type = '';
  let settings = '';
  let flags = MS_OPTIONSTR;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'F') type = options.argument;
    else if (option == 'o') settings = options.argument;
    else if (option == 'O') flags |= MS_OVERLAY;
    else how = option;
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (type.length || operands.length) {
    if (!type.length || operands.length != 2) return misused(USAGE);
    return mountOn(operands[0], operands[1], type, settings, flags);
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

function mountOn(special: string, directory: string, type: string, settings: string, flags: i32): i32 {
  if (settings.split(',').includes('remount')) flags |= MS_REMOUNT;
  const error = calls.mount(pathOf(special), pathOf(directory), flags, pathOf(type), pathOf(settings), settings.length + 1);
  if (error >= 0) return 0;
  say('mount: ' + special + ' on ' + directory + ': ' + errorText(-error) + '\n');
  return 1;
}
