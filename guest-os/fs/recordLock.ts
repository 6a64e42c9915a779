// SPDX-License-Identifier: MIT
/**
 * @fileoverview Record locks of fcntl (POSIX.1-2017, fcntl): a process's read and write locks on ranges of a file's bytes.
 *
 * Each file has a list of locks, sorted by nothing; those of one process do not overlap each other. Setting a lock first cuts the process's own
 * locks out of the range, then adds it, joining neighbours of the same kind. Any close of the file by a process gives up all its locks.
 *
 * Whoever waits (F_SETLKW) is on one queue for all files; before it waits, the chain of who waits for whom is followed: back at the
 * caller, it is a deadlock.
 */
import { EAGAIN, EDEADLK, setError } from '../kernel/errno';
import { PollHead } from './poll';
import { Vnode } from './vnode';

export const F_RDLCK: i32 = 1;
export const F_WRLCK: i32 = 2;
export const F_UNLCK: i32 = 3;
/** The end of a lock that has none. */
export const TO_END: u64 = 0x7fffffffffffffff;

export class RecordLock {
  next: RecordLock | null = null;
  constructor(
    public readonly pid: i32,
    public readonly kind: i32,
    /** [start, end) */
    public readonly start: u64,
    public readonly end: u64,
  ) {}
}

/** A process that waits for another one's lock. */
class Waiting {
  constructor(
    public readonly pid: i32,
    public readonly owner: i32,
  ) {}
}
const waiting: Waiting[] = [];
const released: PollHead = new PollHead();

/** The first lock of another process that is in the way of one; null: none. */
export function conflicting(vnode: Vnode, pid: i32, kind: i32, start: u64, end: u64): RecordLock | null {
  let lock: RecordLock | null = vnode.locks;
  while (lock) {
    const overlaps = lock.start < end && lock.end > start;
    if (overlaps && lock.pid != pid && (kind == F_WRLCK || lock.kind == F_WRLCK)) return lock;
    lock = lock.next;
  }
  return null;
}

/** Sets or gives up a range. 0; -EAGAIN; if it waits, -EINTR or -EDEADLK. */
export function setLock(vnode: Vnode, pid: i32, kind: i32, start: u64, end: u64, wait: bool): i32 {
  if (kind != F_UNLCK) {
    let obstacle = conflicting(vnode, pid, kind, start, end);
    while (obstacle) {
      if (!wait) return setError(EAGAIN);
      if (waitsFor(obstacle.pid, pid)) return setError(EDEADLK);
      const entry = new Waiting(pid, obstacle.pid);
      waiting.push(entry);
      const error = released.wait();
      waiting.splice(waiting.indexOf(entry), 1);
      if (error) return error;
      obstacle = conflicting(vnode, pid, kind, start, end);
    }
  }
  cutOut(vnode, pid, start, end);
  if (kind != F_UNLCK) join(vnode, pid, kind, start, end);
  released.wake();
  return 0;
}

/** Does one process wait, perhaps through others, for another? */
function waitsFor(from: i32, target: i32): bool {
  let at = from;
  for (let steps = 0; steps <= waiting.length; steps++) {
    if (at == target) return true;
    let next = 0;
    for (let i = 0; i < waiting.length; i++) if (waiting[i].pid == at) next = waiting[i].owner;
    if (!next) return false;
    at = next;
  }
  return false;
}

function cutOut(vnode: Vnode, pid: i32, start: u64, end: u64): void {
  let lock: RecordLock | null = vnode.locks;
  vnode.locks = null;
  while (lock) {
    const next: RecordLock | null = lock.next;
    if (lock.pid != pid || lock.start >= end || lock.end <= start) {
      add(vnode, lock);
    } else {
      if (lock.start < start) add(vnode, new RecordLock(pid, lock.kind, lock.start, start));
      if (lock.end > end) add(vnode, new RecordLock(pid, lock.kind, end, lock.end));
    }
    lock = next;
  }
}

/** Adds a lock, one with those of the same kind that it touches. */
function join(vnode: Vnode, pid: i32, kind: i32, from: u64, to: u64): void {
  let start = from;
  let end = to;
  let lock: RecordLock | null = vnode.locks;
  vnode.locks = null;
  while (lock) {
    const next: RecordLock | null = lock.next;
    if (lock.pid == pid && lock.kind == kind && lock.start <= end && lock.end >= start) {
      start = min(start, lock.start);
      end = max(end, lock.end);
    } else {
      add(vnode, lock);
    }
    lock = next;
  }
  add(vnode, new RecordLock(pid, kind, start, end));
}

function add(vnode: Vnode, lock: RecordLock): void {
  lock.next = vnode.locks;
  vnode.locks = lock;
}

/** A process has closed the file by one of its descriptors. */
export function releaseLocks(vnode: Vnode, pid: i32): void {
  if (!vnode.locks) return;
  cutOut(vnode, pid, 0, TO_END);
  released.wake();
}
