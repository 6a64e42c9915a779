// SPDX-License-Identifier: MIT
/** @fileoverview getconf(1): get configuration values */
/** @manual
 * DESCRIPTION
 * Prints a value that the kernel gives for the system (sysconf(3C)) or, with a path, for a file (pathconf(2)).
 *
 * OPTIONS
 *   -a   all that have a value: name and value
 *
 * SEE ALSO
 * isainfo(1), kstat(8)
 */
import * as calls from '../../lib/calls';
import { errorText } from '../../lib/errors';
import { out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { padRight, pathOf } from '../../lib/text';

export const USAGE: string = 'getconf system_var\ngetconf path_var pathname\ngetconf -a';

/** By the numbers that sysconfig takes (<sys/unistd.h>, _CONFIG_). */
const SYSTEM: string[] = [
  'CHILD_MAX=3',
  'CLK_TCK=7',
  'NGROUPS_MAX=2',
  'NPROCESSORS_CONF=11',
  'NPROCESSORS_ONLN=12',
  'OPEN_MAX=4',
  'PAGESIZE=6',
  'PAGE_SIZE=6',
  '_AVPHYS_PAGES=27',
  '_NPROCESSORS_CONF=11',
  '_NPROCESSORS_ONLN=12',
  '_PHYS_PAGES=26',
  '_POSIX_VERSION=5',
];
/** By the numbers of pathconf (<unistd.h>, _PC_). */
const PATHS: string[] = [
  'LINK_MAX=1',
  'MAX_CANON=2',
  'MAX_INPUT=3',
  'NAME_MAX=4',
  'PATH_MAX=5',
  'PIPE_BUF=6',
  '_POSIX_NO_TRUNC=7',
  '_POSIX_VDISABLE=8',
  '_POSIX_CHOWN_RESTRICTED=9',
  'XATTR_ENABLED=100',
  'XATTR_EXISTS=101',
];

function numberOf(list: string[], name: string): i32 {
  for (let i = 0; i < list.length; i++)
    if (list[i].startsWith(name + '=')) return <i32>parseInt(list[i].substring(name.length + 1));
  return -1;
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'a');
  let all = false;
  for (let option = options.next(); option != ''; option = options.next()) all = true;
  const words = options.operands();
  if (options.failed || (all ? words.length > 0 : words.length < 1 || words.length > 2)) return misused(USAGE, 2);
  if (all) {
    for (let i = 0; i < SYSTEM.length; i++) {
      const name = SYSTEM[i].split('=')[0];
      const value = calls.sysconfig(numberOf(SYSTEM, name));
      if (value >= 0) out(padRight(name + ':', 32) + value.toString() + '\n');
    }
    return 0;
  }
  const list = words.length == 2 ? PATHS : SYSTEM;
  const number = numberOf(list, words[0]);
  if (number < 0) {
    say('getconf: Invalid argument (' + words[0] + ')\n');
    return 1;
  }
  const value = words.length == 2 ? calls.pathconf(pathOf(words[1]), number) : calls.sysconfig(number);
  if (value < -1) {
    say('getconf: ' + (words.length == 2 ? words[1] : words[0]) + ': ' + errorText(-value) + '\n');
    return 1;
  }
  out((value < 0 ? 'undefined' : value.toString()) + '\n');
  return 0;
}
