// SPDX-License-Identifier: MIT
/** @fileoverview What happens when there is no more of something: an error, every time, and the system goes on as before. */
import { store32 } from 'machine/mem';
import * as calls from '../../lib/calls';
import { out, say } from '../../lib/io';
import { fork, waitFor } from '../../lib/process';
import { pathOf } from '../../lib/text';
import { Usage } from './kstats';

const ENOMEM: i64 = 12;
const EAGAIN: i64 = 11;
const ENOSPC: i64 = 28;
const MAP_PRIVATE: i32 = 2;
const MAP_SHARED: i32 = 1;
const MAP_ANON: i32 = 0x100;
const CHUNK: u64 = 4 << 20;
/**
 * Frames that may be in use more after a round, of the ten thousand and more that it uses: round after round it becomes less, from 75 to 3 in the sixth.
 */
const FRAMES_SPARE: i64 = 192;
const words = memory.data(4096, 16);
let body: () => i64 = () => 0;

/** A child does something until it fails: the errno with which it did. */
function until(name: string, run: () => i64, wanted: i64, other: i64): bool {
  body = run;
  const pid = fork();
  if (!pid) calls.exit(<i32>body());
  const status = waitFor(pid).status;
  const right = status == <i32>wanted || status == <i32>other;
  say(name + ': errno ' + status.toString() + (right ? '' : ', wrong') + '\n');
  return right;
}

export function exhaustMemory(): i32 {
  const warm = Usage.now();
  warm.show('warm');
  let right = rounds();
  const before = Usage.now();
  before.show('before');
  right = rounds() && right;
  const after = Usage.now();
  after.show('after');
  // Nothing is lost, and memory can be had again.
  if (after.frames - before.frames > FRAMES_SPARE || after.processes != before.processes) right = false;
  const at = calls.mmap(0, CHUNK, 3, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (at < 0) right = false;
  else store32(at, 1);
  out(right ? 'memory: as it should be\n' : 'memory: wrong\n');
  return right ? 0 : 1;
}

function rounds(): bool {
  let right = until('mmap and touch', () => grab(MAP_PRIVATE, true), ENOMEM, ENOMEM);
  right = until('mmap alone', () => grab(MAP_PRIVATE, false), ENOMEM, ENOMEM) && right;
  right = until('shared mmap', () => grab(MAP_SHARED, true), ENOMEM, ENOMEM) && right;
  right = until('brk', () => breakFar(), ENOMEM, ENOMEM) && right;
  right = until('fork of a large process', () => forkLarge(), ENOMEM, EAGAIN) && right;
  right = until('processes', () => forkMany(), EAGAIN, ENOMEM) && right;
  right = until('a file', () => fillFile(), ENOSPC, 27) && right;
  right = until('many files', () => manyFiles(), ENOSPC, ENOMEM) && right;
  return until('many mappings', () => manyMappings(), ENOMEM, ENOMEM) && right;
}

function grab(kind: i32, touch: bool): i64 {
  while (true) {
    const at = calls.mmap(0, CHUNK, 3, kind | MAP_ANON, -1, 0);
    if (at < 0) return -at;
    for (let i: u64 = 0; touch && i < CHUNK; i += 4096) store32(<u64>at + i, 1);
  }
}

function breakFar(): i64 {
  let end: u64 = 0x20000000;
  while (true) {
    end += CHUNK;
    const error = calls.brk(end);
    if (error) return -error;
    // As far as a program's memory may reach, if there is so much.
    if (end > 0xf0000000) return ENOMEM;
  }
}

/** Half of all memory is written to: a copy cannot be promised. */
function forkLarge(): i64 {
  const chunks: u64[] = [];
  while (true) {
    const at = calls.mmap(0, CHUNK, 3, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (at < 0) break;
    chunks.push(at);
  }
  for (let i = 0; i < chunks.length / 3; i++) calls.munmap(chunks[i], CHUNK);
  const pid = fork();
  if (!pid) calls.exit(0);
  if (pid < 0) return -pid;
  waitFor(pid);
  return 0;
}

function forkMany(): i64 {
  if (calls.pipe(words, 0) < 0) return 0;
  const reader = load<i32>(words);
  while (true) {
    const pid = fork();
    if (!pid) {
      // Until the parent has gone.
      calls.close(load<i32>(words, 4));
      calls.read(reader, words + 64, 1);
      calls.exit(0);
    }
    if (pid < 0) return -pid;
  }
}

function fillFile(): i64 {
  const path = pathOf('/tmp/full');
  const descriptor = <i32>calls.open(path, 0x302, 0o600);
  const chunk = calls.mmap(0, 65536, 3, MAP_PRIVATE | MAP_ANON, -1, 0);
  let result: i64 = 0;
  while (result >= 0) result = calls.write(descriptor, chunk, 65536);
  calls.unlink(path);
  return -result;
}

function manyFiles(): i64 {
  calls.mkdir(pathOf('/tmp/many'), 0o700);
  let count = 0;
  let result: i64 = 0;
  while (result >= 0) {
    result = calls.open(pathOf('/tmp/many/' + count.toString()), 0x302, 0o600);
    if (result >= 0) {
      calls.close(<i32>result);
      count++;
    }
  }
  for (let i = 0; i < count; i++) calls.unlink(pathOf('/tmp/many/' + i.toString()));
  calls.rmdir(pathOf('/tmp/many'));
  return -result;
}

/** Every second page has other rights, so each is a mapping of its own. */
function manyMappings(): i64 {
  while (true) {
    const at = calls.mmap(0, CHUNK, 1, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (at < 0) return -at;
    for (let i: u64 = 0; i < CHUNK; i += 8192) {
      const error = calls.mprotect(<u64>at + i, 4096, 0);
      if (error) return -error;
    }
  }
}
