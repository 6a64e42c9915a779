// SPDX-License-Identifier: MIT
/**
 * @fileoverview Many processes that fork, pipe, signal and map at the same time, for a while; then everything must be as it was.
 *
 * A first round of a second at most fills what is kept for later (kernel stacks, tables), so that what follows shows leaks alone.
 */
import { load32, store32 } from 'machine/mem';
import * as calls from '../../lib/calls';
import { flush, out } from '../../lib/io';
import { fork, onSignal, waitFor } from '../../lib/process';
import { pathOf } from '../../lib/text';
import { Usage } from './kstats';
import { below, seed } from './random';

const SIGUSR1: i32 = 16;
const SIGKILL: i32 = 9;
const MAP_SHARED: i32 = 1;
const MAP_PRIVATE: i32 = 2;
const MAP_ANON: i32 = 0x100;
const O_RDWR: i32 = 2;
const O_CREAT: i32 = 0x100;
/**
 * Frames and bytes that may be held for reasons of their own: tables of owners' counts, which come with the most memory ever in use, services that
 * write their logs meanwhile. A frame lost by every operation would be hundreds of times as much.
 */
const FRAMES_SPARE: i64 = 256;
const HEAP_SPARE: i64 = 65536;

const words = memory.data(4096, 16);

/** `think`: milliseconds at most between two operations of a process; `only`: one kind of operation, to find out which one leaks; -1: all. */
export function stress(milliseconds: i32, processes: i32, think: i32, only: i32): i32 {
  only_ = only;
  think_ = think;
  round(min(milliseconds, 1000), processes);
  const before = Usage.now();
  before.show('before');
  const failures = round(milliseconds, processes);
  const after = Usage.now();
  after.show('after');
  const leaked =
    after.frames - before.frames > FRAMES_SPARE ||
    after.heap - before.heap > HEAP_SPARE ||
    after.processes != before.processes ||
    after.threads != before.threads;
  out(
    'stress: ' + operations.toString() + ' operations, ' + failures.toString() + ' failures' + (leaked ? ', leaks' : '') + '\n',
  );
  return failures || leaked ? 1 : 0;
}

let operations: u64 = 0;
let only_: i32 = -1;
let think_: i32 = 0;

function round(milliseconds: i32, processes: i32): i32 {
  flush();
  // A word for each process: how much it has done.
  const counts = <u64>calls.mmap(0, <u64>processes * 8, 3, MAP_SHARED | MAP_ANON, -1, 0);
  const pids = new StaticArray<i32>(processes);
  const end = now() + <u64>milliseconds * 1000000;
  for (let i = 0; i < processes; i++) {
    const pid = fork();
    if (!pid) work(i, end, counts + ((<u64>i) << 3));
    pids[i] = pid;
  }
  let failures = 0;
  for (let i = 0; i < processes; i++) {
    if (pids[i] < 0) {
      failures++;
      continue;
    }
    const news = waitFor(pids[i]);
    if (news.status) {
      out('process ' + i.toString() + ': status ' + news.status.toString() + '\n');
      failures++;
    }
    operations += load32(counts + ((<u64>i) << 3));
  }
  calls.munmap(counts, <u64>processes * 8);
  return failures;
}

function now(): u64 {
  calls.clock_gettime(4, words);
  return load<u64>(words) * 1000000000 + load<u64>(words, 8);
}

/** One process's part: random operations until the time is over. Its status says which failed. */
function work(index: i32, end: u64, count: u64): void {
  seed(index + 1);
  onSignal(SIGUSR1);
  while (now() < end) {
    const kind = only_ < 0 ? <i32>below(6) : only_;
    const failed = !perform(kind);
    if (failed) calls.exit(10 + kind);
    store32(count, load32(count) + 1);
    if (!think_) continue;
    store<u64>(words, 0);
    store<u64>(words, <u64>below(think_) * 1000000, 8);
    calls.nanosleep(words, 0);
  }
  calls.exit(0);
}

function perform(kind: i32): bool {
  if (kind == 0) return forkAndExit();
  if (kind == 1) return pipeThroughChild();
  if (kind == 2) return signalChild();
  if (kind == 3) return mapAndForget();
  if (kind == 4) return shareWithChild();
  return fileComesAndGoes();
}

function forkAndExit(): bool {
  const pid = fork();
  if (!pid) calls.exit(7);
  // Too many processes is an answer, too.
  return pid < 0 || waitFor(pid).status == 7;
}

function pipeThroughChild(): bool {
  if (calls.pipe(words, 0) < 0) return false;
  const reader = load<i32>(words);
  const writer = load<i32>(words, 4);
  const size = 1 + below(6000);
  const pid = fork();
  if (!pid) {
    const chunk = new StaticArray<u8>(size);
    let done: i64 = 0;
    while (done < size) done += calls.write(writer, <u64>changetype<usize>(chunk) + done, size - done);
    calls.exit(0);
  }
  calls.close(writer);
  let sum: i64 = 0;
  while (pid > 0) {
    const got = calls.read(reader, words, 4096);
    if (got <= 0) break;
    sum += got;
  }
  calls.close(reader);
  return pid < 0 || (waitFor(pid).status == 0 && sum == size);
}

function signalChild(): bool {
  const pid = fork();
  if (!pid) {
    for (;;) calls.pause();
  }
  if (pid < 0) return true;
  for (let i = 0; i < 3; i++) calls.kill(pid, SIGUSR1);
  if (below(2)) calls.lwp_yield();
  calls.kill(pid, SIGKILL);
  return waitFor(pid).signal == SIGKILL;
}

function mapAndForget(): bool {
  const pages: u64 = 1 + below(40);
  const at = calls.mmap(0, pages * 4096, 3, MAP_PRIVATE | MAP_ANON, -1, 0);
  if (at < 0) return true;
  for (let i: u64 = 0; i < pages; i++) store32(<u64>at + i * 4096, <u32>i);
  for (let i: u64 = 0; i < pages; i++) if (load32(<u64>at + i * 4096) != <u32>i) return false;
  calls.mprotect(at, 4096, 1);
  return calls.munmap(at, pages * 4096) == 0;
}

function shareWithChild(): bool {
  const at = calls.mmap(0, 8192, 3, MAP_SHARED | MAP_ANON, -1, 0);
  if (at < 0) return true;
  const pid = fork();
  if (!pid) {
    store32(<u64>at + 4100, 77);
    calls.exit(0);
  }
  const right = pid < 0 || (waitFor(pid).status == 0 && load32(<u64>at + 4100) == 77);
  calls.munmap(at, 8192);
  return right;
}

function fileComesAndGoes(): bool {
  const name = '/tmp/stress.' + calls.getpid().toString();
  const descriptor = <i32>calls.open(pathOf(name), O_RDWR | O_CREAT, 0o600);
  if (descriptor < 0) return false;
  const wrote = calls.write(descriptor, words, 4096) == 4096;
  const at = calls.mmap(0, 4096, 3, MAP_SHARED, descriptor, 0);
  calls.close(descriptor);
  if (at > 0) {
    store32(<u64>at, 5);
    calls.munmap(at, 4096);
  }
  return calls.unlink(pathOf(name)) == 0 && wrote;
}
