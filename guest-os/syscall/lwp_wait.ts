// SPDX-License-Identifier: MIT
/** @fileoverview System call 167, lwp_wait: waits for the end of a thread (0: of any), whose id is told at an int. */
import { waitForLwp } from '../kernel/process/lwp';
import { put32 } from '../kernel/memory/user';

export function lwp_wait(id: i32, to: u64): i64 {
  const ended = waitForLwp(id);
  if (ended < 0) return ended;
  return to ? put32(to, ended) : 0;
}
