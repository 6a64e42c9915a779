// SPDX-License-Identifier: MIT
/**
 * @fileoverview Memory that has to be read from a disk while the kernel copies it: a write waits in its middle, others write meanwhile, and the
 * pieces must not be mixed.
 *
 * `make` writes the file; it is for the caller to see that nothing of it is cached when `check` maps it. Each write begins in a page that is
 * there and ends in one that is not: at a record's end.
 */
import { load8 } from 'machine/mem';
import * as calls from '../../lib/calls';
import { flush, out } from '../../lib/io';
import { fork, waitFor } from '../../lib/process';
import { pathOf } from '../../lib/text';

/** A record of the file, and how many there are. */
const RECORD: u64 = 131072;
const RECORDS: i32 = 24;
const SIZE: i32 = 256;
const SIGKILL: i32 = 9;
const EAGAIN: i64 = -11;
const piece = memory.data(4096, 16);

export function makeCold(path: string): i32 {
  const file = <i32>calls.open(pathOf(path), 0x301, 0o600);
  memory.fill(piece, 0x41, 4096);
  for (let i: u64 = 0; i < <u64>RECORDS * RECORD; i += 4096) if (calls.write(file, piece, 4096) != 4096) return 1;
  calls.close(file);
  return 0;
}

let writes = 0;
let mixed = 0;

export function checkCold(path: string): i32 {
  const file = <i32>calls.open(pathOf(path), 0, 0);
  const at = <u64>calls.mmap(0, <u64>RECORDS * RECORD, 1, 2, file, 0);
  if (file < 0 || at >= <u64>-4096) return 1;
  throughTerminal(at);
  throughPipe(at + <u64>(RECORDS / 2) * RECORD);
  out('cold: ' + writes.toString() + ' writes, ' + mixed.toString() + ' mixed\n');
  flush();
  return mixed ? 1 : 0;
}

/** Writes on, and does not mind how much of it is taken. */
function disturb(descriptor: i32): i32 {
  const pid = fork();
  if (pid) return pid;
  memory.fill(piece, 0x42, 4096);
  while (true) calls.write(descriptor, piece, SIZE);
}

function openPty(): i32 {
  const master = <i32>calls.open(pathOf('/dev/ptmx'), 0x882, 0);
  calls.ioctl(master, 0x5002, 0);
  return master;
}

/** The end of each record of a range, but for its last, as the place of a write that reaches into the next. */
function throughTerminal(at: u64): void {
  const master = openPty();
  const slave = <i32>calls.open(pathOf('/dev/pts/0'), 0x882, 0);
  openPty();
  const other = <i32>calls.open(pathOf('/dev/pts/1'), 0x882, 0);
  const pid = disturb(other);
  for (let i = 1; i < RECORDS / 2; i++) {
    const place = at + <u64>i * RECORD - 128;
    load8(place);
    if (calls.write(slave, place, SIZE) != SIZE) mixed++;
    if (calls.read(master, piece, 4096) != SIZE) mixed++;
    count();
  }
  calls.kill(pid, SIGKILL);
  waitFor(pid);
}

/** What is in one piece must stay so, whoever writes into the same pipe. */
function throughPipe(at: u64): void {
  calls.pipe(piece, 0);
  const reader = load<i32>(piece);
  const writer = load<i32>(piece, 4);
  calls.fcntl(writer, 4, 0x80);
  const pid = disturb(writer);
  for (let i = 1; i < RECORDS / 2; i++) {
    const place = at + <u64>i * RECORD - 128;
    load8(place);
    while (calls.write(writer, place, SIZE) == EAGAIN) calls.read(reader, piece, SIZE);
    for (;;) {
      calls.read(reader, piece, SIZE);
      if (load<u8>(piece) == 0x41 || load<u8>(piece + SIZE - 1) == 0x41) break;
    }
    count();
  }
  calls.kill(pid, SIGKILL);
  waitFor(pid);
}

function count(): void {
  writes++;
  for (let k = 0; k < SIZE; k++) {
    if (load<u8>(piece + k) == 0x41) continue;
    mixed++;
    return;
  }
}
