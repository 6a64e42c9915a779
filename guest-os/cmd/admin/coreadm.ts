// SPDX-License-Identifier: MIT
/** @fileoverview coreadm(8): say where core files go */
/** @manual
 * DESCRIPTION
 * Without options prints how the system writes core files; with numbers of processes, where theirs go. A pattern is a path in which %f stands for
 * the program, %p for the process, %u and %g for its user and group, %n for the host, %z for the zone, %d for the program's directory, %t for the time and
 * %m for the machine.
 *
 * OPTIONS
 *   -g pattern   where the system's core files go, which are root's
 *   -i pattern   where those of processes go that have no pattern of their own
 *   -p pattern   where those of the processes that are named go, of what they start, too; without names the parent's
 *   -e, -d what   switch on, or off: global, process, global-setid, proc-setid
 *
 * EXIT STATUS
 *   0   it is done;  1  something is wrong;  2  the command line is wrong
 */
import { second } from 'machine/sys';
import * as calls from '../../lib/calls';
import { complain, out, say } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { parseNumber, pathOf, zeroTerminated } from '../../lib/text';

export const USAGE: string = 'coreadm [-g pattern] [-i pattern] [-d what]... [-e what]... | [-p pattern] [pid]...';
const SET_OPTIONS: i32 = 1;
const GET_OPTIONS: i32 = 2;
const SET_GLOBAL_PATH: i32 = 3;
const GET_GLOBAL_PATH: i32 = 4;
const SET_PROCESS_PATH: i32 = 5;
const GET_PROCESS_PATH: i32 = 6;
const SET_DEFAULT_PATH: i32 = 11;
const GET_DEFAULT_PATH: i32 = 12;
const NAMES: StaticArray<string> = ['global', 'process', 'global-setid', 'proc-setid'];
const BITS: StaticArray<i32> = [1, 2, 4, 8];
const buffer = memory.data(1024, 8);

let failed = false;

function check(what: string, result: i64): void {
  if (result >= 0) return;
  complain('coreadm', what, result);
  failed = true;
}
function pathBy(subcode: i32, pid: i32): string {
  memory.fill(buffer, 0, 1024);
  check(pid ? pid.toString() : 'corectl', calls.corectl(subcode, buffer, 1023, pid));
  return zeroTerminated(buffer);
}
function setPath(subcode: i32, pattern: string, pid: i32): void {
  check(pid ? pid.toString() : pattern, calls.corectl(subcode, pathOf(pattern), <u64>pattern.length + 1, pid));
}
function options_(): i32 {
  check('corectl', calls.corectl(GET_OPTIONS, buffer, 0, 0));
  return load<i32>(buffer);
}

function show(): void {
  const options = options_();
  out('     global core file pattern: ' + pathBy(GET_GLOBAL_PATH, 0) + '\n');
  out('       init core file pattern: ' + pathBy(GET_DEFAULT_PATH, 0) + '\n');
  const titles: StaticArray<string> = [
    '            global core dumps: ',
    '       per-process core dumps: ',
    '      global setid core dumps: ',
    ' per-process setid core dumps: ',
  ];
  for (let i = 0; i < titles.length; i++) out(titles[i] + (options & BITS[i] ? 'enabled' : 'disabled') + '\n');
}

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'd:e:g:i:p:');
  let pattern = '';
  let changes = false;
  for (let option = options.next(); option != ''; option = options.next()) {
    if (option == 'p') pattern = options.argument;
    else if (option == 'g') setPath(SET_GLOBAL_PATH, options.argument, 0);
    else if (option == 'i') setPath(SET_DEFAULT_PATH, options.argument, 0);
    else {
      const which = NAMES.indexOf(options.argument == 'proc' ? 'process' : options.argument);
      if (which < 0) {
        say('coreadm: unknown option ' + options.argument + '\n');
        return 2;
      }
      const before = options_();
      check(options.argument, calls.corectl(SET_OPTIONS, option == 'e' ? before | BITS[which] : before & ~BITS[which], 0, 0));
    }
    if (option != 'p') changes = true;
  }
  if (options.failed) return 2;
  const operands = options.operands();
  if (changes && operands.length) return misused(USAGE);
  if (!operands.length && !pattern.length && !changes) show();
  else if (pattern.length && !operands.length) setPath(SET_PROCESS_PATH, pattern, parent());
  for (let i = 0; i < operands.length; i++) {
    const pid = <i32>parseNumber(operands[i]);
    if (pid <= 0) return misused(USAGE);
    if (pattern.length) setPath(SET_PROCESS_PATH, pattern, pid);
    else {
      const path = pathBy(GET_PROCESS_PATH, pid);
      if (!failed) out(operands[i] + ':\t' + path + '\n');
    }
  }
  return failed ? 1 : 0;
}

/** The second result of getpid. */
function parent(): i32 {
  return <i32>second(20);
}
