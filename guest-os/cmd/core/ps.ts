// SPDX-License-Identifier: MIT
/** @fileoverview ps(1): processes of this terminal; -e all, -f with more columns, from /proc/PID/psinfo. */
import * as calls from '../../lib/calls';
import { namesIn } from '../../lib/files';
import { O_RDONLY, openFile, out, say } from '../../lib/io';
import { padLeft, padRight, parseNumber, zeroTerminated } from '../../lib/text';
import { Moment, two } from '../../lib/dates';

const SIZE: u64 = 416;
const info = memory.data(416, 8);
const NO_TERMINAL: u64 = 0xffffffffffffffff;

export function main(args: string[]): i32 {
  let all = false;
  let full = false;
  for (let i = 1; i < args.length; i++) {
    for (let k = 1; k < args[i].length; k++) {
      const letter = args[i].charAt(k);
      if (letter == 'e' || letter == 'A') all = true;
      else if (letter == 'f') full = true;
      else {
        say('usage: ps [-ef]\n');
        return 1;
      }
    }
  }
  if (!read('self')) return 1;
  const terminal = load<u64>(info, 72);
  const names = namesIn('/proc');
  if (!names) return 1;
  out(full ? '     UID   PID  PPID   C    STIME TTY         TIME CMD\n' : '   PID TTY         TIME CMD\n');
  for (let i = 0; i < names.length; i++) {
    if (parseNumber(names[i]) < 0 || !read(names[i])) continue;
    if (!all && load<u64>(info, 72) != terminal) continue;
    out(full ? long() : short());
  }
  return 0;
}

function read(pid: string): bool {
  const descriptor = openFile('/proc/' + pid + '/psinfo', O_RDONLY);
  if (descriptor < 0) return false;
  const count = calls.read(descriptor, info, SIZE);
  calls.close(descriptor);
  return count == <i64>SIZE;
}

function time(): string {
  const seconds = load<u64>(info, 104);
  return (seconds / 60).toString() + ':' + two(<i32>(seconds % 60));
}

function terminalName(): string {
  return padRight(load<u64>(info, 72) == NO_TERMINAL ? '?' : 'console', 8);
}

function isZombie(): bool {
  return load<u8>(info, 314) == 0x5a;
}

function short(): string {
  const name = isZombie() ? '<defunct>' : zeroTerminated(info + 136);
  return padLeft(load<u32>(info, 8).toString(), 6) + ' ' + terminalName() + padLeft(time(), 8) + ' ' + name + '\n';
}

function long(): string {
  const uid = load<u32>(info, 24);
  const started = new Moment(load<u64>(info, 88));
  const command = isZombie() ? '<defunct>' : zeroTerminated(info + 152);
  return (
    padLeft(uid ? uid.toString() : 'root', 8) +
    padLeft(load<u32>(info, 8).toString(), 6) +
    padLeft(load<u32>(info, 12).toString(), 6) +
    padLeft('0', 4) +
    ' ' +
    started.clock +
    ':' +
    started.seconds +
    ' ' +
    terminalName() +
    padLeft(time(), 8) +
    ' ' +
    command +
    '\n'
  );
}
