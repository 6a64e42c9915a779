// SPDX-License-Identifier: MIT
/** @fileoverview pmap(1): display the address space of a process */
/** @manual
 * DESCRIPTION
 * Prints each mapping of each process: address, size, rights, what it is; and their sum. Rights are r, w, x, and s for memory shared with others.
 *
 * OPTIONS
 *   -x   also how much of it is in memory, and how much is the process's own
 *
 * SEE ALSO
 * pfiles(1), proc(5)
 */
import { out } from '../../lib/io';
import { misused, Options } from '../../lib/options';
import { field, fieldText, forEach, heading, placeOf, procFile } from '../../lib/procFiles';
import { padLeft, padRight } from '../../lib/text';

export const USAGE: string = 'pmap [-x] pid ...';

/** prxmap_t. */
const SIZE: i32 = 160;
const MA_EXEC: u64 = 1;
const MA_WRITE: u64 = 2;
const MA_READ: u64 = 4;
const MA_SHARED: u64 = 8;
const MA_BREAK: u64 = 0x10;
const MA_STACK: u64 = 0x20;
const PAGE: u64 = 4;

let extended = false;

export function main(args: string[]): i32 {
  const options = new Options(args, USAGE, 'xF');
  for (let option = options.next(); option != ''; option = options.next()) if (option == 'x') extended = true;
  if (options.failed || !options.operands().length) return misused(USAGE, 2);
  return forEach('pmap', options.operands(), show);
}

function show(pid: i32): bool {
  const bytes = procFile('pmap', pid, 'xmap');
  if (bytes == null || !heading('pmap', pid)) return false;
  if (extended) out('         Address     Kbytes        RSS       Anon Mode   Mapped File\n');
  let size: u64 = 0;
  let resident: u64 = 0;
  let own: u64 = 0;
  for (let at = 0; at + SIZE <= bytes.length; at += SIZE) {
    const kilobytes = field(bytes, at + 8, 8) / 1024;
    const inMemory = field(bytes, at + 112, 8) * PAGE;
    const anonymous = field(bytes, at + 120, 8) * PAGE;
    const flags = field(bytes, at + 88, 4);
    size += kilobytes;
    resident += inMemory;
    own += anonymous;
    let line = field(bytes, at, 8).toString(16).toUpperCase().padStart(16, '0');
    line += extended ? columns(kilobytes, inMemory, anonymous) + ' ' : padLeft(kilobytes.toString(), 10) + 'K ';
    out(line + padRight(rights(flags), 6) + ' ' + named(pid, bytes, at, flags) + '\n');
  }
  if (extended) out(padLeft('total Kb', 16) + columns(size, resident, own) + '\n');
  else out(' total' + padLeft(size.toString(), 20) + 'K\n');
  return true;
}

function columns(size: u64, resident: u64, own: u64): string {
  return (
    padLeft(size.toString(), 11) + padLeft(resident ? resident.toString() : '-', 11) + padLeft(own ? own.toString() : '-', 11)
  );
}

function rights(flags: u64): string {
  return (
    (flags & MA_READ ? 'r' : '-') +
    (flags & MA_WRITE ? 'w' : '-') +
    (flags & MA_EXEC ? 'x' : '-') +
    (flags & MA_SHARED ? 's' : '-')
  );
}

function named(pid: i32, bytes: string, at: i32, flags: u64): string {
  if (flags & MA_STACK) return '  [ stack ]';
  if (flags & MA_BREAK) return '  [ heap ]';
  const object = fieldText(bytes, at + 16);
  if (!object.length) return '  [ anon ]';
  const place = placeOf(pid, object);
  return place.length ? place : object;
}
