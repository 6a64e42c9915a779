// SPDX-License-Identifier: MIT
/** @fileoverview System call 100, context: a thread's state: getcontext (0), and setcontext (1), the way back from a signal handler. */
import { EINVAL, setError } from '../kernel/errno';
import { frameOf } from '../kernel/process/processes';
import { restoreContext, saveContext } from '../kernel/signal/signal';
import { current } from '../kernel/thread/thread';

const GETCONTEXT: i32 = 0;
const SETCONTEXT: i32 = 1;

export function context(subcode: i32, at: u64): i64 {
  const thread = current();
  if (subcode == GETCONTEXT) return saveContext(thread, frameOf(thread), at);
  return subcode == SETCONTEXT ? restoreContext(thread, frameOf(thread), at) : setError(EINVAL);
}
