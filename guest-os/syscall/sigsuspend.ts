// SPDX-License-Identifier: MIT
/** @fileoverview System call 96, sigsuspend (not restarted): waits for a signal with another mask, which the handler's end takes back. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { UNSTOPPABLE } from '../kernel/signal/signal';
import { current } from '../kernel/thread/thread';
import { WaitQueue } from '../kernel/thread/waitQueue';
import { fetch64, fetched } from '../kernel/memory/user';

const waiters = new WaitQueue();

export function sigsuspend(set: u64): i64 {
  const error = fetch64(set);
  if (error) return error;
  const thread = current();
  const flags = saveInterrupts();
  thread.oldMask = thread.blocked;
  thread.hasOldMask = true;
  thread.blocked = fetched() & ~UNSTOPPABLE;
  let result = 0;
  while (!result) result = waiters.wait(true);
  restoreInterrupts(flags);
  return result;
}
