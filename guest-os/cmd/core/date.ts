// SPDX-License-Identifier: MIT
/** @fileoverview date(1): show the time and date */
/** @manual
 * DESCRIPTION
 * The format has the letters of strftime(3C) behind %; %N are nanoseconds. Times are UTC.
 *
 * OPTIONS
 *   -d date   this one: 2026-01-31T12:00:00, @seconds, "2 days ago"
 *   -r file   a file's time of last change;  -r seconds  since 1970
 *   -u   UTC, as always
 *   -I[date|hours|minutes|seconds|ns]   in ISO form;  -R  in mail's form
 */
import * as calls from '../../lib/calls';
import { formatDate, NO_DATE, parseDate } from '../../lib/dates';
import { failure, status } from '../../lib/files';
import { complain, out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseNumber } from '../../lib/text';

export const USAGE: string = 'date [-u] [-R | -I[fmt]] [-d date | -r file] [+format]';
const timespec = memory.data(16, 8);

export function main(args: string[]): i32 {
  // -I takes an argument only where it is joined.
  const words: string[] = [];
  let format = '%a %b %e %H:%M:%S %Z %Y';
  for (let i = 0; i < args.length; i++) {
    if (i && args[i].startsWith('-I')) format = isoFormat(args[i].substring(2));
    else if (i && args[i].startsWith('--iso-8601')) format = isoFormat(args[i].substring(11));
    else words.push(args[i]);
  }
  if (!format.length) return misused(USAGE, 1);
  calls.clock_gettime(3, timespec);
  let seconds = load<i64>(timespec);
  let part = load<u32>(timespec, 8);
  const now = seconds;
  const options = new Options(words, USAGE, 'ud:r:R', [
    'utc=u',
    'universal=u',
    'date=d',
    'reference=r',
    'rfc-email=R',
    'rfc-2822=R',
  ]);
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'R') format = '%a, %d %b %Y %H:%M:%S %z';
    else if (option == 'd') {
      seconds = parseDate(options.argument, now);
      if (options.argument != 'now') part = 0;
      if (seconds != NO_DATE) continue;
      say('date: bad date: ' + options.argument + '\n');
      return 1;
    } else if (option == 'r') {
      const about = status(options.argument, true);
      const number = parseNumber(options.argument);
      if (about) {
        seconds = about.modified;
        part = about.modifiedPart;
      } else if (number >= 0) {
        seconds = number;
        part = 0;
      } else {
        complain('date', options.argument, failure);
        return 1;
      }
    }
  }
  if (options.failed) return 1;
  const operands = options.operands();
  if (operands.length > 1 || (operands.length && !operands[0].startsWith('+'))) {
    if (operands.length == 1) say('date: bad conversion: the time of day is set by the machine\n');
    return misused(USAGE, 1);
  }
  if (operands.length) format = operands[0].substring(1);
  out(formatDate(format, seconds, part) + '\n');
  return 0;
}

function isoFormat(kind: string): string {
  if (!kind.length || kind == 'date') return '%Y-%m-%d';
  if (kind == 'hours') return '%Y-%m-%dT%H+00:00';
  if (kind == 'minutes') return '%Y-%m-%dT%H:%M+00:00';
  if (kind == 'seconds') return '%Y-%m-%dT%H:%M:%S+00:00';
  return kind == 'ns' ? '%Y-%m-%dT%H:%M:%S,%N+00:00' : '';
}
