// SPDX-License-Identifier: MIT
/** @fileoverview mapfile, readarray of bash: lines into an array. */
import { readAll, say } from '../../../lib/io';
import { parseNumber } from '../../../lib/text';
import { ShellArray } from '../variables/arrays';
import { state } from '../state';
import { make } from '../variables/variables';

/** -t without newlines, -n COUNT at most, -s COUNT left out, -O ORIGIN index of the first, -d DELIMITER instead of newline, -u DESCRIPTOR. */
export function mapfile(args: string[]): i32 {
  let trim = false;
  let most: i64 = 0;
  let skipped: i64 = 0;
  let origin: i64 = -1;
  let descriptor = 0;
  let delimiter = '\n';
  let first = 1;
  for (; first < args.length && args[first].startsWith('-') && args[first].length > 1; first++) {
    const letter = args[first].charAt(1);
    if (letter == 't') {
      trim = true;
      continue;
    }
    const value = args[first].length > 2 ? args[first].substring(2) : first + 1 < args.length ? args[++first] : '';
    if (letter == 'n') most = parseNumber(value);
    else if (letter == 's') skipped = parseNumber(value);
    else if (letter == 'O') origin = parseNumber(value);
    else if (letter == 'u') descriptor = <i32>parseNumber(value);
    else if (letter == 'd') delimiter = value.length ? value.substring(0, 1) : '\0';
    else {
      say(state.prefix + args[0] + ': -' + letter + ': invalid option\n');
      return 2;
    }
  }
  const name = first < args.length ? args[first] : 'MAPFILE';
  const variable = make(name);
  const old = variable.array;
  const array = old && origin >= 0 ? old : new ShellArray(false);
  variable.value = null;
  variable.array = array;
  const text = readAll(descriptor);
  let index = origin < 0 ? 0 : origin;
  let count: i64 = 0;
  for (let at = 0; at < text.length; ) {
    let end = text.indexOf(delimiter, at);
    const whole = end >= 0;
    if (!whole) end = text.length;
    if (count++ >= skipped) {
      array.set(index.toString(), text.substring(at, trim || !whole ? end : end + 1));
      index++;
      if (most && count - skipped >= most) break;
    }
    at = end + 1;
  }
  return 0;
}
