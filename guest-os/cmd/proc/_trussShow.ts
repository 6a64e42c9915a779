// SPDX-License-Identifier: MIT
/** @fileoverview How truss(1) writes system calls, their arguments, results and signals. */
import { callKinds, callName, errorName } from '../../lib/callTable';
import { signalName } from '../../lib/signals';
import { Tracee } from './_tracee';

/** Bytes shown of a buffer. */
const SHOWN: i32 = 12;
/** Results are in this column at least. */
const COLUMN: i32 = 48;
const O_CREAT: u64 = 0x100;
const AT_FDCWD: i32 = <i32>0xffd19553;

export function hex(value: u64): string {
  const digits = value.toString(16).toUpperCase();
  return '0x' + (digits.length < 8 ? '0'.repeat(8 - digits.length) : '') + digits;
}

export function nameOf(call: i32): string {
  if (call == 1) return '_exit';
  const name = callName(call);
  return name.length ? name : 'sys#' + call.toString();
}
export function signalText(signal: i32): string {
  const name = signalName(signal);
  return name.length ? 'SIG' + name : 'SIGRT#' + signal.toString();
}
export function errorText(errno: i32): string {
  const name = errno == 91 ? 'ERESTART' : errorName(errno);
  return 'Err#' + errno.toString() + (name.length ? ' ' + name : '');
}

/** A character of a text or of a buffer, as C writes it. */
function escaped(code: i32): string {
  if (code == 0x0a) return '\\n';
  if (code == 0x09) return '\\t';
  if (code == 0x0d) return '\\r';
  if (code == 0x08) return '\\b';
  if (code == 0) return '\\0';
  if (code == 0x22) return '\\"';
  if (code == 0x5c) return '\\\\';
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '';
}
function quoted(text: string): string {
  let shown = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const plain = escaped(code);
    shown += plain.length ? plain : '\\' + code.toString(8);
  }
  return shown + '"';
}
/** Bytes, each with a space before it where one character is enough. */
function buffer(tracee: Tracee, at: u64, count: i64): string {
  if (count <= 0) return hex(at);
  const bytes = tracee.bytesAt(at, <i32>min<i64>(count, SHOWN));
  let shown = '"';
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i);
    const plain = escaped(code);
    if (plain.length) shown += (plain.length == 1 ? ' ' : '') + plain;
    else shown += (code < 16 ? '0' : '') + code.toString(16).toUpperCase();
  }
  return shown + '"' + (count > SHOWN ? '..' : '');
}

function flagsOf(value: u64, names: StaticArray<string>, bits: StaticArray<u64>): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < names.length; i++) {
    if (!(value & bits[i])) continue;
    text += (text.length ? '|' : '') + names[i];
    rest &= ~bits[i];
  }
  if (rest || !text.length) text += (text.length ? '|' : '') + (rest ? hex(rest) : '0');
  return text;
}
const OPEN_NAMES: StaticArray<string> = [
  'NDELAY',
  'APPEND',
  'SYNC',
  'DSYNC',
  'NONBLOCK',
  'CREAT',
  'TRUNC',
  'EXCL',
  'NOCTTY',
  'RSYNC',
  'NOFOLLOW',
  'CLOEXEC',
];
const OPEN_BITS: StaticArray<u64> = [4, 8, 0x10, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x8000, 0x20000, 0x800000];
function openFlags(value: u64): string {
  const access = <i32>value & 3;
  let text = access == 0 ? 'O_RDONLY' : access == 1 ? 'O_WRONLY' : access == 2 ? 'O_RDWR' : '3';
  for (let i = 0; i < OPEN_NAMES.length; i++) if (value & OPEN_BITS[i]) text += '|O_' + OPEN_NAMES[i];
  return text;
}
const PROT_NAMES: StaticArray<string> = ['PROT_READ', 'PROT_WRITE', 'PROT_EXEC'];
const PROT_BITS: StaticArray<u64> = [1, 2, 4];
const MAP_NAMES: StaticArray<string> = ['MAP_FIXED', 'MAP_NORESERVE', 'MAP_ANON', 'MAP_ALIGN', 'MAP_TEXT', 'MAP_INITDATA'];
const MAP_BITS: StaticArray<u64> = [0x10, 0x40, 0x100, 0x200, 0x400, 0x800];
function mapFlags(value: u64): string {
  const kind = <i32>value & 15;
  const text = kind == 1 ? 'MAP_SHARED' : kind == 2 ? 'MAP_PRIVATE' : kind.toString();
  const rest = value & ~15;
  return rest ? text + '|' + flagsOf(rest, MAP_NAMES, MAP_BITS) : text;
}

function argument(tracee: Tracee, kind: string, value: u64, result: i64): string {
  const number = <i32>value;
  if (kind == 'p') {
    const text = value ? tracee.textAt(value) : null;
    return text == null ? hex(value) : quoted(text);
  }
  if (kind == 'o') return '0' + (<u32>number).toString(8);
  if (kind == 's') return number ? signalText(number) : '0';
  if (kind == 'D') return number == AT_FDCWD ? 'AT_FDCWD' : number.toString();
  if (kind == 'O') return openFlags(value);
  if (kind == 'P') return value ? flagsOf(value, PROT_NAMES, PROT_BITS) : 'PROT_NONE';
  if (kind == 'M') return mapFlags(value);
  if (kind == 'W') return number == 0 ? 'SEEK_SET' : number == 1 ? 'SEEK_CUR' : number == 2 ? 'SEEK_END' : number.toString();
  if (kind == 'r') return buffer(tracee, value, result);
  return kind == 'x' ? hex(value) : (<i64>value).toString();
}

/** The call with its arguments; `result`: how much a buffer was filled with, -1: not yet, or not at all. */
export function callText(tracee: Tracee, call: i32, result: i64): string {
  const kinds = callKinds(call);
  let text = nameOf(call) + '(';
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds.charAt(i);
    const value = tracee.argument(i);
    // A mode is for what is made.
    if (kind == 'o' && i && kinds.charAt(i - 1) == 'O' && !(tracee.argument(i - 1) & O_CREAT)) continue;
    // What is written is as long as the next argument says. 32 bits are meant where a number is one.
    let shown: string;
    if (kind == 'w') shown = buffer(tracee, value, <i64>min<u64>(tracee.argument(i + 1), 0x7fffffff));
    else if (kind == 'd' && value >> 32 == 0 && <i32>value < 0 && <i32>value > -4096) shown = (<i32>value).toString();
    else shown = argument(tracee, kind, value, result);
    text += (i ? ', ' : '') + shown;
  }
  return text + ')';
}

/** A line's result, from its column on. */
export function withResult(text: string, result: string): string {
  let line = text;
  let length = text.length;
  do {
    line += '\t';
    length = (length + 8) & ~7;
  } while (length < COLUMN);
  return line + result;
}
export function resultText(tracee: Tracee, call: i32): string {
  if (tracee.errno) return errorText(tracee.errno);
  const value = tracee.result;
  // Addresses are told by their size.
  const text = value > 0xffffff || value < -4096 ? hex(<u64>value) : value.toString();
  const second = tracee.second;
  const isPair = call == 20 || call == 24 || call == 47;
  return '= ' + text + (isPair && second ? ' [ ' + second.toString() + ' ]' : '');
}
