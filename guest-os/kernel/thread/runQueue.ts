// SPDX-License-Identifier: MIT
/**
 * @fileoverview Who runs next. Interrupts are off in all of this.
 *
 * Whose zone's thread is next say shares and caps (fairShare.ts); within a zone priorities do: a thread that uses up its
 * quantum sinks, one that has waited rises again; `nice` is the level that it rises to, and how long its quantum is: from twice the usual one to a
 * twentieth of it. The quantum is timed only while somebody else could run.
 *
 * A thread that becomes runnable inside the kernel may have what others wait for. If its zone is not the one that runs, or is held by its cap, it
 * has a system priority until it is on its way to user mode.
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { limitSlice, sliceEnds, TICK, uptime } from '../time/clock';
import { thisCpu } from './cpu';
import { anyShare, FairShare, hasRival, nextShare } from './fairShare';
import { current, NZERO, PRIORITY_SYSTEM, PRIORITY_TS, RUNNABLE, Thread, ThreadQueue } from './thread';

/** Global priorities, as illumos has them. */
const PRIORITIES: i32 = 110;
/** How far a used-up quantum lets a thread sink. */
const SINK: i32 = 10;
/** How long a thread may run before another of its priority does. */
const QUANTUM: u64 = 10 * TICK;
/** How long before one of another zone does, where both wait. */
const ZONE_QUANTUM: u64 = 2 * TICK;

/** Runnable threads of system priorities; those of processes are in their zone's share. */
const ready = new StaticArray<ThreadQueue | null>(PRIORITIES);
/** No thread in the system's queues has a higher priority. */
let highest: i32 = 0;

export function initRunQueue(): void {
  for (let i = 0; i < PRIORITIES; i++) ready[i] = new ThreadQueue();
}

/** Puts a thread among those that can run. */
export function makeReady(thread: Thread): void {
  const cpu = thisCpu();
  cpu.countRunnable(1);
  const running = current();
  const share = enqueue(thread);
  if (running == cpu.idle) {
    cpu.reschedule = true;
    return;
  }
  const process = running.process;
  if (!share) {
    if (process || thread.priority > running.priority) cpu.reschedule = true;
    return;
  }
  // The kernel's own threads go on.
  if (!process || share.isHeld) return;
  const own = process.fairShare;
  if (share != own) {
    if (share.isBefore(own)) cpu.reschedule = true;
    else shortenSlice(uptime() + ZONE_QUANTUM);
  } else if (thread.priority > running.priority) cpu.reschedule = true;
  else shortenSlice(uptime() + niceSlice(running, QUANTUM));
}

/** Puts a thread where runnable ones wait: the share that it belongs to, or null if it is among those of the system. */
export function enqueue(thread: Thread): FairShare | null {
  thread.state = RUNNABLE;
  const process = thread.process;
  if (process) {
    const share = process.fairShare;
    const other = current().process;
    if (thread.leavesKernel || (!share.isHeld && (!other || other.fairShare == share))) {
      share.add(thread);
      return share;
    }
  }
  enqueueForSystem(thread);
  return null;
}
function enqueueForSystem(thread: Thread): void {
  const priority = thread.process ? PRIORITY_SYSTEM : thread.priority;
  const queue = ready[priority]!;
  queue.append(thread);
  thread.readyIn = queue;
  highest = max(highest, priority);
}

/** Who is next, with the slice that it gets. */
export function choose(): Thread {
  const cpu = thisCpu();
  for (; highest >= PRIORITY_SYSTEM; highest--) {
    const thread = ready[highest]!.takeFirst();
    if (!thread) continue;
    thread.readyIn = null;
    limitSlice(0);
    return thread;
  }
  highest = 0;
  const share = nextShare(enqueueForSystem);
  // Whose zone is held from now on may still have to do something in the kernel.
  if (highest) return choose();
  if (!share) {
    limitSlice(0);
    return cpu.idle!;
  }
  const thread = share.take();
  const now = uptime();
  let slice: u64 = hasRival(share) ? ZONE_QUANTUM : share.count ? QUANTUM : 0;
  if (share.count) slice = niceSlice(thread, slice);
  const allowance = share.allowance;
  if (allowance) slice = slice ? min(slice, allowance) : allowance;
  limitSlice(slice ? now + slice : 0);
  return thread;
}

export function hasReady(): bool {
  return highest >= PRIORITY_SYSTEM || anyShare();
}

/** Threads of a zone that all compute take turns, so what their quanta are is what they get. */
function niceSlice(thread: Thread, quantum: u64): u64 {
  return (quantum * (2 * NZERO - thread.nice)) / NZERO;
}

/** The slice of the running thread ends then, if not earlier. */
function shortenSlice(end: u64): void {
  const now = sliceEnds();
  if (!now || end < now) limitSlice(end);
}

/** The level of one who does not use up its quanta. */
export function restingPriority(thread: Thread): i32 {
  return PRIORITY_TS - max(thread.nice - NZERO, 0);
}

/** nice(2) has changed. */
export function resetPriority(thread: Thread): void {
  const flags = saveInterrupts();
  const share = thread.process!.fairShare;
  const waits = thread.state == RUNNABLE && thread.readyIn != ready[PRIORITY_SYSTEM];
  if (waits) share.remove(thread);
  thread.priority = restingPriority(thread);
  if (waits) {
    thisCpu().countRunnable(-1);
    makeReady(thread);
  }
  restoreInterrupts(flags);
}

/** The running thread's time slice is over. */
export function sliceIsOver(): void {
  const thread = current();
  const cpu = thisCpu();
  if (thread == cpu.idle) return;
  if (thread.process) thread.priority = max(thread.priority - SINK, 0);
  cpu.reschedule = true;
}
