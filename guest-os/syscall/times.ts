// SPDX-License-Identifier: MIT
/** @fileoverview System call 43, times: ticks used by the process and its children, at a struct tms; the result is the ticks since boot. */
import { currentProcess } from '../kernel/process';
import { current, ticks } from '../kernel/thread';
import { put64 } from '../kernel/user';

export function times(to: u64): i64 {
  const process = currentProcess();
  const thread = current();
  const failed =
    put64(to, thread.userTicks) |
    put64(to + 8, thread.systemTicks) |
    put64(to + 16, process.childUserTicks) |
    put64(to + 24, process.childSystemTicks);
  return failed ? failed : <i64>ticks();
}
