// SPDX-License-Identifier: MIT
/** @fileoverview umask and ulimit: what the shell and its children may (POSIX.1-2017, XCU umask, ulimit). */
import * as calls from '../../../lib/calls';
import { errorText } from '../../../lib/errors';
import { out } from '../../../lib/io';
import { padLeft, padRight, parseNumber } from '../../../lib/text';
import { complain, state } from '../state';

export function umask(args: string[]): i32 {
  const old = <i32>calls.umask(0);
  calls.umask(old);
  if (args.length == 1) {
    out(('0000' + old.toString(8)).slice(-4) + '\n');
    return 0;
  }
  if (args[1] == '-S') {
    out('u=' + letters(~old >> 6) + ',g=' + letters(~old >> 3) + ',o=' + letters(~old) + '\n');
    return 0;
  }
  let mask = 0;
  const digits = args[1].charCodeAt(0) >= 0x30 && args[1].charCodeAt(0) <= 0x39;
  if (!digits) {
    mask = symbolicMask(args[1], old);
    if (mask < 0) return complain('umask: Illegal mode: ' + args[1]);
  }
  for (let i = 0; i < args[1].length && digits; i++) {
    const digit = args[1].charCodeAt(i) - 0x30;
    if (<u32>digit > 7) return complain('umask: Illegal number: ' + args[1]);
    mask = mask * 8 + digit;
  }
  calls.umask(mask);
  return 0;
}

function letters(bits: i32): string {
  return (bits & 4 ? 'r' : '') + (bits & 2 ? 'w' : '') + (bits & 1 ? 'x' : '');
}

/** `u=rwx,g-w`: what is allowed, the mask being what is not; -1: no such mode. */
function symbolicMask(text: string, old: i32): i32 {
  let allowed = ~old & 0o777;
  const parts = text.split(',');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    let at = 0;
    let who = 0;
    for (; at < part.length && 'ugoa'.includes(part.charAt(at)); at++) {
      const letter = part.charAt(at);
      who |= letter == 'u' ? 0o700 : letter == 'g' ? 0o070 : letter == 'o' ? 0o007 : 0o777;
    }
    if (!who) who = 0o777;
    const operator = part.charAt(at++);
    let bits = 0;
    for (; at < part.length; at++) {
      const letter = part.charAt(at);
      if (!'rwx'.includes(letter)) return -1;
      bits |= letter == 'r' ? 0o444 : letter == 'w' ? 0o222 : 0o111;
    }
    bits &= who;
    if (operator == '=') allowed = (allowed & ~who) | bits;
    else if (operator == '+') allowed |= bits;
    else if (operator == '-') allowed &= ~bits;
    else return -1;
  }
  return ~allowed & 0o777;
}

/** A resource of setrlimit(2), the letter that stands for it, and the unit that figures are in. */
class Limit {
  constructor(
    readonly letter: string,
    readonly name: string,
    readonly resource: i32,
    private readonly posixUnit: u64,
    /** How bash calls it, and its unit. */
    readonly title: string,
    readonly unitName: string,
  ) {}
  /** What blocks are: 512 bytes for POSIX, 1024 for bash. */
  get unit(): u64 {
    return this.posixUnit == 512 && state.bash ? 1024 : this.posixUnit;
  }
}
const LIMITS: Limit[] = [
  new Limit('t', 'time(seconds)', 0, 1, 'cpu time', 'seconds'),
  new Limit('f', 'file(blocks)', 1, 512, 'file size', 'blocks'),
  new Limit('d', 'data(kbytes)', 2, 1024, 'data seg size', 'kbytes'),
  new Limit('s', 'stack(kbytes)', 3, 1024, 'stack size', 'kbytes'),
  new Limit('c', 'coredump(blocks)', 4, 512, 'core file size', 'blocks'),
  new Limit('n', 'nofiles', 5, 1, 'open files', ''),
  new Limit('v', 'memory(kbytes)', 6, 1024, 'virtual memory', 'kbytes'),
];
/** RLIM_INFINITY and above. */
const UNLIMITED: u64 = 0xfffffffffffffffd;
const pair = memory.data(16, 8);

function shown(limit: Limit, hard: bool): string {
  calls.getrlimit(limit.resource, pair);
  const value = load<u64>(pair + (hard ? 8 : 0));
  return value >= UNLIMITED ? 'unlimited' : (value / limit.unit).toString();
}

function heading(limit: Limit): string {
  if (!state.bash) return padRight(limit.name, 20) + ' ';
  const unit = limit.unitName.length ? limit.unitName + ', ' : '';
  return padRight(limit.title, 20) + ' ' + padLeft('(' + unit + '-' + limit.letter + ') ', 20);
}

/** ulimit [-HSa] [-cdfnstv] [limit]: the file size where no letter is given. */
export function ulimit(args: string[]): i32 {
  let hard = false;
  let soft = false;
  let all = false;
  let chosen: Limit = LIMITS[1];
  let at = 1;
  for (; at < args.length && args[at].length > 1 && args[at].startsWith('-'); at++) {
    for (let k = 1; k < args[at].length; k++) {
      const letter = args[at].charAt(k);
      let found = 'HSa'.includes(letter);
      if (letter == 'H') hard = true;
      else if (letter == 'S') soft = true;
      else if (letter == 'a') all = true;
      for (let i = 0; i < LIMITS.length; i++) {
        if (LIMITS[i].letter != letter) continue;
        chosen = LIMITS[i];
        found = true;
      }
      if (!found) {
        complain('ulimit: Illegal option -' + letter);
        return 2;
      }
    }
  }
  if (all) {
    const list = state.bash ? LIMITS.slice(0).sort((a, b) => a.letter.charCodeAt(0) - b.letter.charCodeAt(0)) : LIMITS;
    for (let i = 0; i < list.length; i++) out(heading(list[i]) + shown(list[i], hard && !soft) + '\n');
    return 0;
  }
  if (at >= args.length) {
    out(shown(chosen, hard && !soft) + '\n');
    return 0;
  }
  const number = parseNumber(args[at]);
  if (args[at] != 'unlimited' && number < 0) {
    complain('ulimit: bad number');
    return 2;
  }
  const value: u64 = number < 0 ? UNLIMITED : <u64>number * chosen.unit;
  calls.getrlimit(chosen.resource, pair);
  // Both, unless one is named.
  if (soft || !hard) store<u64>(pair, value);
  if (hard || !soft) store<u64>(pair, value, 8);
  const error = calls.setrlimit(chosen.resource, pair);
  return error < 0 ? complain('ulimit: error setting limit: ' + errorText(-error)) : 0;
}
