// SPDX-License-Identifier: MIT
/** @fileoverview System call 43, times: hundredths of seconds used by the process and its children, at a struct tms; the result is those since boot. */
import { TICK, ticks } from '../kernel/time/clock';
import { currentProcess } from '../kernel/process/processes';
import { put64 } from '../kernel/memory/user';

export function times(to: u64): i64 {
  const process = currentProcess();
  const failed =
    put64(to, process.userTime / TICK) |
    put64(to + 8, process.systemTime / TICK) |
    put64(to + 16, process.childUser / TICK) |
    put64(to + 24, process.childSystem / TICK);
  return failed ? failed : <i64>ticks();
}
