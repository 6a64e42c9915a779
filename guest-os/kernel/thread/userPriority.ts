// SPDX-License-Identifier: MIT
/**
 * @fileoverview What a user may say about how important a thread is, in the two forms that there are: nice(2)'s value, and the user priority of the class
 * FSS (priocntl(2), FSS(4D)), from -60 to 60, with a limit that only a privilege raises. As on illumos a third of the user priority is a
 * nice value with the other sign, and setting a nice value sets priority and limit. What the value does says thread/runQueue.ts.
 *
 * Every thread of a process is in the class FSS; those of the kernel are in SYS.
 */
import { NZERO, Thread } from './thread';
import { resetPriority } from './runQueue';

export const CLASS_SYS: i32 = 0;
export const CLASS_FSS: i32 = 1;
/** By class id. */
export const CLASS_NAMES: string[] = ['SYS', 'FSS'];
export const MAX_USER_PRIORITY: i32 = 60;

export function classNameOf(thread: Thread): string {
  return CLASS_NAMES[thread.process && thread.process!.space ? CLASS_FSS : CLASS_SYS];
}

/** Another nice value, as the kernel keeps it; what is beyond the ends is at the end. */
export function setNice(thread: Thread, nice: i32): void {
  thread.nice = max(min(nice, 2 * NZERO - 1), 0);
  thread.userPriority = ((NZERO - thread.nice) * MAX_USER_PRIORITY) / NZERO;
  thread.userPriorityLimit = thread.userPriority;
  resetPriority(thread);
}

/** Another user priority, which is at most the limit. */
export function setUserPriority(thread: Thread, limit: i32, priority: i32): void {
  thread.userPriorityLimit = limit;
  thread.userPriority = min(priority, limit);
  thread.nice = min(NZERO - (NZERO * thread.userPriority) / MAX_USER_PRIORITY, 2 * NZERO - 1);
  resetPriority(thread);
}

/** A new thread is as important as who makes it. */
export function inheritPriority(thread: Thread, from: Thread): void {
  thread.nice = from.nice;
  thread.userPriority = from.userPriority;
  thread.userPriorityLimit = from.userPriorityLimit;
}
