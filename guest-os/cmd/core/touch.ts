// SPDX-License-Identifier: MIT
/** @fileoverview touch(1): set times of files */
/** @manual
 * DESCRIPTION
 * Sets the times of last access and of last change to the present, and makes files that are not there.
 *
 * OPTIONS
 *   -a, -m   only the time of access, of change
 *   -c   makes no files
 *   -d date   this time: 2026-01-31T12:00:00, @seconds, "2 days ago"
 *   -h   links themselves
 *   -r file   the times of this file
 *   -t [[CC]YY]MMDDhhmm[.SS]   this time, UTC
 */
import * as calls from '../../lib/calls';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../../lib/copy';
import { NO_DATE, parseDate, parseStamp } from '../../lib/dates';
import { failure, status } from '../../lib/files';
import { complain, O_CREAT, O_WRONLY, openFile, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { pathOf } from '../../lib/text';

export const USAGE: string = 'touch [-achm] [-r ref_file | -t [[CC]YY]MMDDhhmm[.SS] | -d date] file ...';
const UTIME_NOW: u64 = <u64>-1;
const UTIME_OMIT: u64 = <u64>-2;
const times = memory.data(32, 8);

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'acd:fhmr:t:', ['date=d', 'no-create=c', 'reference=r', 'no-dereference=h']);
  let access = false;
  let change = false;
  let create = true;
  let follow = true;
  store<u64>(times, UTIME_NOW, 8);
  store<u64>(times, UTIME_NOW, 24);
  const now = calls.time();
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'a') access = true;
    else if (option == 'm') change = true;
    else if (option == 'c') create = false;
    else if (option == 'h') follow = false;
    else if (option == 'r') {
      const about = status(options.argument, true);
      if (!about) {
        complain('touch', options.argument, failure);
        return 1;
      }
      set(0, about.accessed, about.accessedPart);
      set(16, about.modified, about.modifiedPart);
    } else if (option == 't' || option == 'd') {
      const time = option == 't' ? parseStamp(options.argument, now) : parseDate(options.argument, now);
      if (time == NO_DATE) {
        say('touch: bad time specification: ' + options.argument + '\n');
        return 1;
      }
      set(0, time, 0);
      set(16, time, 0);
    }
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (!operands.length) return misused(USAGE);
  if (access && !change) store<u64>(times, UTIME_OMIT, 24);
  if (change && !access) store<u64>(times, UTIME_OMIT, 8);
  let result = 0;
  for (let i = 0; i < operands.length; i++) {
    if (!status(operands[i], follow)) {
      if (!create || !follow) continue;
      const made = openFile(operands[i], O_WRONLY | O_CREAT);
      if (made < 0) {
        complain('touch', 'cannot create ' + operands[i], made);
        result = 1;
        continue;
      }
      calls.close(made);
    }
    const error = calls.utimesys(1, AT_FDCWD, pathOf(operands[i]), times, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (error >= 0) continue;
    complain('touch', 'cannot change times on ' + operands[i], error);
    result = 1;
  }
  return result;
}

function set(at: usize, seconds: u64, part: u64): void {
  store<u64>(times + at, seconds);
  store<u64>(times + at, part, 8);
}
