// SPDX-License-Identifier: MIT
/** @fileoverview What the proc tools (pargs, pfiles, pmap, pwdx) share: their operands, files of /proc as bytes, the line that names a process. */
import * as calls from './calls';
import { errorText } from './errors';
import { linkTarget } from './files';
import { O_RDONLY, openFile, out, readAll, say } from './io';
import { processOf } from './processes';
import { parseNumber } from './text';

/** The process that an operand means: a number or /proc/number; -1: neither. */
export function pidOf(operand: string): i32 {
  return <i32>parseNumber(operand.startsWith('/proc/') ? operand.substring(6) : operand);
}

/** A file of /proc/PID, whole; null after a complaint. */
export function procFile(program: string, pid: i32, name: string): string | null {
  const path = '/proc/' + pid.toString() + '/' + name;
  const descriptor = openFile(path, O_RDONLY);
  if (descriptor < 0) {
    say(
      program +
        ': cannot examine ' +
        pid.toString() +
        ': ' +
        (descriptor == -2 ? 'no such process' : errorText(-descriptor)) +
        '\n',
    );
    return null;
  }
  const text = readAll(descriptor);
  calls.close(descriptor);
  return text;
}

/** The same without a complaint; empty where it cannot be read. */
export function procFileQuietly(pid: string, name: string): string {
  const descriptor = openFile('/proc/' + pid + '/' + name, O_RDONLY);
  if (descriptor < 0) return '';
  const text = readAll(descriptor);
  calls.close(descriptor);
  return text;
}

/** A number of `size` bytes in bytes of a file. */
export function field(bytes: string, at: i32, size: i32): u64 {
  let value: u64 = 0;
  for (let i = size - 1; i >= 0; i--) value = (value << 8) | <u64>bytes.charCodeAt(at + i);
  return value;
}
/** The text up to a zero in bytes of a file. */
export function fieldText(bytes: string, at: i32): string {
  const end = bytes.indexOf('\0', at);
  return bytes.substring(at, end < 0 ? bytes.length : end);
}

/** `1234:  name args`; false after a complaint. */
export function heading(program: string, pid: i32): bool {
  const process = processOf(pid.toString());
  if (process) out(pid.toString() + ':\t' + process.shown + '\n');
  else say(program + ': cannot examine ' + pid.toString() + ': no such process\n');
  return process != null;
}

/** Where a link below /proc/PID/path leads; empty: nobody knows. */
export function placeOf(pid: i32, name: string): string {
  return linkTarget('/proc/' + pid.toString() + '/path/' + name);
}

/** Calls `show` for each operand: the exit status. */
export function forEach(program: string, operands: string[], show: (pid: i32) => bool): i32 {
  let status = 0;
  for (let i = 0; i < operands.length; i++) {
    const pid = pidOf(operands[i]);
    if (pid < 0) say(program + ': ' + operands[i] + ': no such process\n');
    if (pid < 0 || !show(pid)) status = 1;
  }
  return status;
}
