// SPDX-License-Identifier: MIT
/**
 * @fileoverview All threads that there are. They stay in the list wherever else they are, so the collector, which may be running while an interrupt
 * handler moves them between queues, sees them. It scans their stacks from the saved stack pointer up.
 */
import { WINDOW } from 'machine/addresses';
import { scanStack, setStackScanner } from 'runtime/port';
import { Process } from '../process/process';
import { leaveStack, takeStack } from './stacks';
import { current, PRIORITY_SYSTEM, RUNNABLE, Thread } from './thread';

const all: Thread[] = [];

/** All threads there are. */
export function threadList(): Thread[] {
  return all;
}
export function threadCount(): i32 {
  return all.length;
}

/** Its stack is scanned from now on. */
export function addThread(thread: Thread): void {
  if (!all.length) setStackScanner(scanStacks);
  all.push(thread);
}

function scanStacks(stackPointer: u64): void {
  const running = current();
  for (let i = 0; i < all.length; i++) {
    const thread = all[i];
    scanStack(thread == running ? stackPointer : thread.stackPointer, WINDOW + thread.stackTop);
  }
}

/** A thread with a stack, not yet runnable. Null: no memory. */
export function createThread(name: string, process: Process | null): Thread | null {
  const top = takeStack();
  if (!top) return null;
  const thread = new Thread(name, process);
  thread.stackTop = top;
  if (!process) thread.priority = PRIORITY_SYSTEM;
  return thread;
}

/** A thread that has not been started is not wanted after all. */
export function discardThread(thread: Thread): void {
  leaveStack(thread.stackTop);
}

/** A dead one, which does not run on its stack any more, is no longer there. */
export function buryThread(thread: Thread): void {
  leaveStack(thread.stackTop);
  const at = all.indexOf(thread);
  all[at] = all[all.length - 1];
  all.length--;
}

/** Threads that wait for a processor. */
export function readyCount(): i32 {
  let count = 0;
  for (let i = 0; i < all.length; i++) if (all[i].state == RUNNABLE) count++;
  return count;
}
