// SPDX-License-Identifier: MIT
/**
 * @fileoverview Waiting, and waking those who wait. Interrupt handlers only move threads between queues.
 *
 * An interruptible wait ends with -EINTR when a signal is there that will be handled or ends the process. A stop happens inside the wait:
 * afterwards, and whenever a signal turns out to do nothing, the wait returns 0 as if woken, so callers look at their condition again.
 *
 *     const flags = saveInterrupts();
 *     while (!condition) if (queue.wait(true) < 0) …   // -EINTR: a signal
 *     restoreInterrupts(flags);
 */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { Callout, TICK, uptime } from '../time/clock';
import { EINTR, setError } from '../errno';
import { switchAway } from './dispatcher';
import { makeReady, restingPriority } from './runQueue';
import { current, Place, Thread, ThreadQueue, WAITING } from './thread';

/** Where threads wait for one thing, first come first served. */
export class WaitQueue extends ThreadQueue {
  /**
   * Waits until woken; interrupts are off. 0, or -EINTR if a signal came (only if `interruptible`). `ticks`: at most so long, then
   * 0 and {@link isTimedOut}; 0: for ever.
   */
  wait(interruptible: bool, ticks: u64 = 0): i32 {
    return this.waitUntil(interruptible, ticks ? uptime() + ticks * TICK : 0);
  }

  /** The same until a time since boot; 0: for ever. */
  waitUntil(interruptible: bool, deadline: u64): i32 {
    const thread = current();
    const process = thread.process;
    thread.timedOut = false;
    if (interruptible && process && process.hasSignal()) {
      const error = process.settle();
      if (error) return min(error, 0);
    }
    thread.state = WAITING;
    thread.queue = this;
    thread.interruptible = interruptible;
    thread.wakeResult = 0;
    this.append(thread);
    if (deadline) timeoutOf(thread).at(deadline);
    thread.voluntarySwitches++;
    switchAway();
    if (deadline) timeoutOf(thread).cancel();
    if (thread.wakeResult < 0 && process) return min(process.settle(), 0);
    return thread.wakeResult;
  }

  wakeOne(): void {
    const flags = saveInterrupts();
    const thread = this.head;
    if (thread) wake(thread, 0);
    restoreInterrupts(flags);
  }
  wakeAll(): void {
    const flags = saveInterrupts();
    while (this.head) wake(this.head!, 0);
    restoreInterrupts(flags);
  }

  /** Wakes the first thread, or all, that wait for a place (lwp.ts): how many. Interrupts are off. */
  wakeFor(place: Place, all: bool): i32 {
    let count = 0;
    let at: Thread | null = this.head;
    while (at) {
      const next = at.next;
      const other = at.waitsFor;
      if (other && other.object == place.object && other.offset == place.offset) {
        at.waitsFor = null;
        wake(at, 0);
        count++;
        if (!all) return count;
      }
      at = next;
    }
    return count;
  }

  /** Wakes a certain thread, if it waits here. Interrupts are off. */
  wakeThread(thread: Thread): void {
    if (thread.queue == this) wake(thread, 0);
  }
}

export function isTimedOut(): bool {
  return current().timedOut;
}

function timeoutOf(thread: Thread): Callout {
  let alarm = thread.alarm;
  if (!alarm) {
    alarm = new Callout(timedOutThread, changetype<usize>(thread));
    thread.alarm = alarm;
  }
  return alarm;
}
function timedOutThread(argument: usize): void {
  const thread = changetype<Thread>(argument);
  if (thread.state != WAITING) return;
  thread.timedOut = true;
  wake(thread, 0);
}

function wake(thread: Thread, result: i32): void {
  const queue = thread.queue;
  if (queue) queue.remove(thread);
  thread.queue = null;
  thread.wakeResult = result;
  if (thread.process) thread.priority = restingPriority(thread);
  makeReady(thread);
}

/** Ends an interruptible wait, for a signal. */
export function interrupt(thread: Thread): void {
  const flags = saveInterrupts();
  if (thread.state == WAITING && thread.interruptible) wake(thread, setError(EINTR));
  restoreInterrupts(flags);
}
