// SPDX-License-Identifier: MIT
/** @fileoverview System call 100, context: the way back from a signal handler: setcontext. */
import { EINVAL, setError } from '../kernel/errno';
import { currentProcess, frameOf } from '../kernel/process';
import { restoreContext } from '../kernel/signal';
import { current } from '../kernel/thread';

const SETCONTEXT: i32 = 1;

export function context(subcode: i32, from: u64): i64 {
  if (subcode != SETCONTEXT) return setError(EINVAL);
  return restoreContext(currentProcess(), frameOf(current()), from);
}
