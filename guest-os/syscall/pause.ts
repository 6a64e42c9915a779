// SPDX-License-Identifier: MIT
/** @fileoverview System call 29, pause (not restarted): waits for a signal. */
import { restoreInterrupts, saveInterrupts } from 'machine/cpu';
import { WaitQueue } from '../kernel/thread/waitQueue';

const waiters = new WaitQueue();

export function pause(): i64 {
  const flags = saveInterrupts();
  let result = 0;
  while (!result) result = waiters.wait(true);
  restoreInterrupts(flags);
  return result;
}
