// SPDX-License-Identifier: MIT
/**
 * @fileoverview Threads of a process (lwps): how they come and go, and how they wait for each other.
 *
 * Synchronisation is on words of user memory. Who finds a lock taken waits here by the word's place ({@link waitAt}), which for memory that
 * is shared is what is mapped and where in it, so that processes meet; who releases it wakes the first that waits there ({@link wakeAt}). What
 * the words mean is the library's affair, but for the lock word of lwp_mutex_timedlock.
 *
 * Places are hashed into queues; a queue holds threads of several places, told apart by `waitsFor`.
 */
import { TrapFrame } from 'layout/processor';
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { EAGAIN, EDEADLK, ESRCH, ETIME, setError } from '../errno';
import { heapHasRoom } from '../memory/heapRoom';
import { currentProcess, frameOf } from './processes';
import { Process } from './process';
import { mayHaveMoreThreads } from '../limits/resource';
import { contextForNew } from '../signal/signal';
import { isWritable } from '../memory/hat';
import { createThread, discardThread } from '../thread/threads';
import { current, Place, Thread } from '../thread/thread';
import { isTimedOut, WaitQueue } from '../thread/waitQueue';
import { startThread } from '../thread/dispatcher';
import { inheritPriority } from '../thread/userPriority';

/** lwp_create's flags (<sys/lwp.h>). */
export const LWP_DAEMON: i32 = 0x20;
export const LWP_DETACHED: i32 = 0x40;
export const LWP_SUSPENDED: i32 = 0x80;

export function findLwp(process: Process, id: i32): Thread | null {
  for (let i = 0; i < process.threads.length; i++) if (process.threads[i].lwpid == id) return process.threads[i];
  return null;
}

/** A thread that begins as a ucontext says: its id, or a negative errno. */
export function createLwp(context: u64, flags: i32): i32 {
  const process = currentProcess();
  if (!heapHasRoom() || !mayHaveMoreThreads(process)) return setError(EAGAIN);
  const thread = createThread('', process);
  if (!thread) return setError(EAGAIN);
  const frame = frameOf(thread);
  memory.fill(frame.pointer, 0, TrapFrame.SIZE);
  const error = contextForNew(thread, frame, context);
  if (error) {
    discardThread(thread);
    return error;
  }
  thread.lwpid = ++process.lastLwp;
  inheritPriority(thread, current());
  thread.detached = (flags & LWP_DETACHED) != 0;
  thread.suspended = (flags & LWP_SUSPENDED) != 0;
  process.threads.push(thread);
  process.project.count(0, 1);
  process.brand.threadMade(thread, current());
  startThread(thread, TrapFrame.SIZE);
  return thread.lwpid;
}

/** Waits for the end of a thread, or of any if `id` is 0: its id. */
export function waitForLwp(id: i32): i32 {
  const process = currentProcess();
  const caller = current();
  const flags = saveInterrupts();
  let result = 0;
  while (!result) {
    const ended = process.endedLwps;
    const at = id ? ended.indexOf(id) : ended.length - 1;
    if (at >= 0) {
      result = ended[at];
      ended.splice(at, 1);
      break;
    }
    const other = id ? findLwp(process, id) : null;
    if (id ? !other || other.detached : process.threads.length == 1) result = setError(ESRCH);
    else if (id == caller.lwpid) result = setError(EDEADLK);
    else result = process.lwpNews.wait(true);
  }
  restoreInterrupts(flags);
  return result;
}

// ---- waiting at a word of memory

const QUEUES: i32 = 64;
const queues = new StaticArray<WaitQueue>(QUEUES);
for (let i = 0; i < QUEUES; i++) queues[i] = new WaitQueue();

/** What a word of user memory is known by, null: it cannot be written to. Until the caller sleeps, it can be without a fault. */
export function placeOf(at: u64): Place | null {
  const space = currentProcess().space!;
  if (at & 3) return null;
  do {
    if (space.fault(at, true, false)) return null;
  } while (!isWritable(space.tables, at));
  const segment = space.segmentAt(at)!;
  const vnode = segment.shared ? segment.vnode : null;
  if (vnode) return new Place(changetype<usize>(vnode.real), segment.offset + (at - segment.start));
  return new Place(changetype<usize>(space), at);
}

function queueOf(place: Place): WaitQueue {
  return queues[<i32>((place.offset >> 3) ^ (place.offset >> 12)) & (QUEUES - 1)];
}

/** Waits at a place until woken: 0, -EINTR, -ETIME. `deadline`: time since boot, 0: for ever. Interrupts are off. */
export function waitAt(place: Place, deadline: u64): i32 {
  const thread = current();
  thread.waitsFor = place;
  const error = queueOf(place).waitUntil(true, deadline);
  const woken = !thread.waitsFor;
  thread.waitsFor = null;
  if (woken) return 0;
  if (error) return error;
  return isTimedOut() ? setError(ETIME) : 0;
}

/** Wakes one thread that waits at a place, or all; how many those were. */
export function wakeAt(place: Place, all: bool): i32 {
  const flags = saveInterrupts();
  const count = queueOf(place).wakeFor(place, all);
  restoreInterrupts(flags);
  return count;
}
