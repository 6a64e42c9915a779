// SPDX-License-Identifier: MIT
/** @fileoverview System call 17, brk: the end of a program's linear memory. */
import { currentProcess } from '../kernel/process/processes';

export function brk(end: u64): i64 {
  return currentProcess().space!.setBreak(end);
}
