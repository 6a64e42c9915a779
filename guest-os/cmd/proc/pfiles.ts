// SPDX-License-Identifier: MIT
/** @fileoverview pfiles(1): what files a process has open */
/** @manual
 * DESCRIPTION
 * Prints for each open file of each process what fstat(2) says of it, and its path where the kernel knows one.
 *
 * OPTIONS
 *   -n   without paths
 *
 * The modes that files were opened with and the limit of descriptors are not shown: the kernel does not tell others of them.
 *
 * SEE ALSO
 * pargs(1), pmap(1), proc(5)
 */
import {
  entriesOf,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFDOOR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
  Status,
  status,
} from '../../lib/files';
import { errorText } from '../../lib/errors';
import { failure } from '../../lib/files';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { forEach, heading, placeOf } from '../../lib/procFiles';
import { padLeft, parseNumber } from '../../lib/text';

export const USAGE: string = 'pfiles [-n] pid ...';

let paths = true;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'nF');
  for (let option = options.next(); option != ''; option = options.next()) if (option == 'n') paths = false;
  if (options.failed || !options.operands().length) return misused(USAGE, 2);
  return forEach('pfiles', options.operands(), show);
}

function show(pid: i32): bool {
  const folder = '/proc/' + pid.toString() + '/fd';
  const names = entriesOf(folder);
  if (!names) {
    say('pfiles: cannot examine ' + pid.toString() + ': ' + (failure == 2 ? 'no such process' : errorText(failure)) + '\n');
    return false;
  }
  if (!heading('pfiles', pid)) return false;
  names.sort((a, b) => <i32>(parseNumber(a) - parseNumber(b)));
  for (let i = 0; i < names.length; i++) {
    const about = status(folder + '/' + names[i], true);
    if (!about) continue;
    out(padLeft(names[i], 4) + ': ' + described(about) + '\n');
    const place = paths ? placeOf(pid, names[i]) : '';
    if (place.length) out('      ' + place + '\n');
  }
  return true;
}

function kindOf(type: u32): string {
  if (type == S_IFREG) return 'S_IFREG';
  if (type == S_IFDIR) return 'S_IFDIR';
  if (type == S_IFCHR) return 'S_IFCHR';
  if (type == S_IFBLK) return 'S_IFBLK';
  if (type == S_IFIFO) return 'S_IFIFO';
  if (type == S_IFSOCK) return 'S_IFSOCK';
  if (type == S_IFDOOR) return 'S_IFDOOR';
  return type == S_IFLNK ? 'S_IFLNK' : 'S_ANON';
}

/** A device number of 64 bits as major,minor. */
function device(number: u64): string {
  return (number >> 32).toString() + ',' + (number & 0xffffffff).toString();
}

function described(about: Status): string {
  let text = kindOf(about.type) + ' mode:' + about.permissions.toString(8).padStart(4, '0') + ' dev:' + device(about.device);
  text += ' ino:' + about.inode.toString() + ' uid:' + about.uid.toString() + ' gid:' + about.gid.toString();
  if (about.type == S_IFCHR || about.type == S_IFBLK) return text + ' rdev:' + device(about.rdev);
  return text + ' size:' + about.size.toString();
}
