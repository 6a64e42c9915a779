// SPDX-License-Identifier: MIT
/**
 * @fileoverview Threads of one process: they share memory, wait for each other, take locks, are waited for.
 *
 * They begin in `threadEntered` through the stub of the same name, on stacks of their own, and allocate nothing: the heap is the first
 * thread's.
 */
import { load32, store32, store64 } from 'machine/mem';
import { threadEntry } from 'machine/stubs';
import * as calls from '../../lib/calls';
import { out } from '../../lib/io';

const THREADS: i32 = 4;
const STACK: u64 = 65536;
const ROUNDS: u32 = 500;
const context = memory.data(864, 16);
const shared = memory.data(256, 16);
/** lwp_mutex_t at 0, a counter at 32, lwp_cond_t at 64, threads that have come at 96. */
const MUTEX: usize = 0;
const COUNTER: usize = 32;
const CONDITION: usize = 64;
const COME: usize = 96;
const UC_REGISTERS: usize = 64;
const LOCK_WORD: usize = 12;

let failed: i32 = 0;
function expect(right: bool, what: string): void {
  if (right) return;
  out('threads: ' + what + '\n');
  failed++;
}

export function testThreads(): i32 {
  const ids = new StaticArray<i32>(THREADS);
  for (let i = 0; i < THREADS; i++) ids[i] = begin(i);
  for (let i = 0; i < THREADS; i++) expect(ids[i] > 1, 'lwp_create');
  while (load<u32>(shared + COME) < <u32>THREADS) calls.lwp_yield();
  expect(load<u32>(shared + COUNTER) == 0, 'they wait for the condition');
  lock();
  store<u32>(shared + CONDITION, 1, 4);
  calls.lwp_cond_broadcast(shared + CONDITION);
  unlock();
  for (let i = 0; i < THREADS; i++) {
    expect(calls.lwp_wait(ids[i], shared + 128) == 0 && load<i32>(shared + 128) == ids[i], 'lwp_wait');
  }
  expect(load<u32>(shared + COUNTER) == <u32>THREADS * ROUNDS, 'the lock keeps others out');
  expect(calls.lwp_wait(ids[0], 0) == -3, 'a thread is waited for once');
  expect(calls.lwp_self() == 1, 'lwp_self');
  out(failed ? 'threads: wrong\n' : 'threads: as it should be\n');
  return failed ? 1 : 0;
}

function begin(index: i32): i32 {
  const stack = <u64>calls.mmap(0, STACK, 3, 0x102, -1, 0);
  calls.context(0, context);
  const registers = context + UC_REGISTERS;
  store<u64>(registers, index, 64);
  store<u64>(registers, 0, 80);
  store<u64>(registers, threadEntry(), 136);
  store<u64>(registers, stack + STACK - 16, 160);
  store64(stack + STACK - 16, 0);
  const result = calls.lwp_create(context, 0, shared + 128);
  return result < 0 ? <i32>result : load<i32>(shared + 128);
}

/** Called on a new thread's stack by the stub. */
export function threadEntered(index: i32): void {
  lock();
  store<u32>(shared + COME, load<u32>(shared + COME) + 1);
  while (!load<u32>(shared + CONDITION, 4)) {
    calls.lwp_cond_wait(shared + CONDITION, shared + MUTEX, 0);
    lock();
  }
  unlock();
  for (let i: u32 = 0; i < ROUNDS; i++) {
    lock();
    const value = load32(<u64>shared + COUNTER);
    if (i % 16 == 0) calls.lwp_yield();
    store32(<u64>shared + COUNTER, value + 1);
    unlock();
  }
  calls.lwp_exit();
}

/** The kernel takes it: what a library does for itself when nobody holds it. */
function lock(): void {
  while (calls.lwp_mutex_timedlock(shared + MUTEX, 0, 0) < 0) {}
}
function unlock(): void {
  const word = load<u32>(shared + LOCK_WORD);
  store<u32>(shared + LOCK_WORD, 0);
  if (word >> 24) calls.lwp_mutex_wakeup(shared + MUTEX, 0);
}
