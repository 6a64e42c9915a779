// SPDX-License-Identifier: MIT
/** @fileoverview df(8): how full file systems are
 * @path /usr/bin/df
 */
/** @manual
 * DESCRIPTION
 * Shows each mounted file system, or those that the named files lie in. Figures come from the file systems themselves (statvfs(2)).
 *
 * OPTIONS
 *   -h   with units;  -k  KiB
 *   -F type   only of this type;  -l  local ones, as all are
 *   -n   only the types;  -i  files instead of bytes
 *
 * Without -h or -k, a line has blocks of 512 bytes and files that are free.
 */
import { failure, status } from '../../lib/files';
import { humanSize } from '../../lib/human';
import { complain, out } from '../../lib/io';
import { allMounts, Mount, usageFailure, usageOf } from '../../lib/mounts';
import { Options } from '../../lib/options';
import { padLeft, padRight } from '../../lib/text';

export const USAGE: string = 'df [-F FSType] [-hikln] [block_device | mount_point | file ...]';

let given: string = '';

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'aF:hikln', ['human-readable=h', 'inodes=i', 'type=F', 'all=a']);
  let type = '';
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'F') type = options.argument;
    else given += option;
  }
  if (options.failed) return 1;
  const mounts = allMounts();
  const files = options.operands();
  let chosen: Mount[] = [];
  let result = 0;
  if (!files.length) chosen = mounts;
  for (let i = 0; i < files.length; i++) {
    const mount = mountOf(files[i], mounts);
    if (mount) chosen.push(mount);
    else {
      complain('df', files[i], failure);
      result = 1;
    }
  }
  const table = given.includes('h') || given.includes('k') || given.includes('i');
  if (given.includes('i')) out('Filesystem             iused      ifree  %iused  Mounted on\n');
  else if (given.includes('h')) out('Filesystem             Size   Used  Available Capacity  Mounted on\n');
  else if (given.includes('k')) out('Filesystem           1024-blocks        Used   Available Capacity  Mounted on\n');
  for (let i = 0; i < chosen.length; i++) {
    const mount = chosen[i];
    if (type.length && mount.type != type) continue;
    const usage = usageOf(mount.point);
    if (!usage) {
      complain('df', mount.point, usageFailure);
      result = 1;
      continue;
    }
    if (given.includes('n')) {
      out(padRight(mount.point, 19) + ': ' + mount.type + '\n');
      continue;
    }
    if (!table) {
      const name = padRight(mount.point, 19) + '(' + padRight(mount.special, 19) + '):';
      out(
        name + padLeft((usage.available / 512).toString(), 8) + ' blocks ' + padLeft(usage.filesFree.toString(), 8) + ' files\n',
      );
      continue;
    }
    const used = usage.total - usage.free;
    if (given.includes('i')) {
      const usedFiles = usage.files - usage.filesFree;
      out(
        padRight(mount.special, 19) +
          ' ' +
          padLeft(usedFiles.toString(), 8) +
          ' ' +
          padLeft(usage.filesFree.toString(), 10) +
          percent(usedFiles, usage.files, 7) +
          '   ' +
          mount.point +
          '\n',
      );
    } else if (given.includes('h'))
      out(
        padRight(mount.special, 20) +
          padLeft(size(usage.total), 7) +
          padLeft(size(used), 7) +
          padLeft(size(usage.available), 11) +
          percent(used, used + usage.available, 9) +
          '  ' +
          mount.point +
          '\n',
      );
    else
      out(
        padRight(mount.special, 20) +
          padLeft((usage.total / 1024).toString(), 12) +
          padLeft((used / 1024).toString(), 12) +
          padLeft((usage.available / 1024).toString(), 12) +
          percent(used, used + usage.available, 9) +
          '  ' +
          mount.point +
          '\n',
      );
  }
  return result;
}

function size(bytes: u64): string {
  return bytes ? humanSize(bytes) : '0K';
}

/** Rounded up, as it has always been. */
function percent(part: u64, whole: u64, width: i32): string {
  return padLeft((whole ? (part * 100 + whole - 1) / whole : 0).toString() + '%', width);
}

/** The mount that a file lies in: the last one on its device. A mount point or special name stands for itself. */
function mountOf(path: string, mounts: Mount[]): Mount | null {
  for (let i = mounts.length - 1; i >= 0; i--) if (mounts[i].point == path || mounts[i].special == path) return mounts[i];
  const about = status(path, true);
  if (!about) return null;
  for (let i = mounts.length - 1; i >= 0; i--) {
    const point = status(mounts[i].point, true);
    if (point && point.device == about.device) return mounts[i];
  }
  return null;
}
