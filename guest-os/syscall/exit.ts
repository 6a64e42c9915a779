// SPDX-License-Identifier: MIT
/** @fileoverview System call 1, exit: the process ends. */
import { exitProcess } from '../kernel/process/life';

export function exit(status: i32): i64 {
  exitProcess(status & 0xff, 0);
  return 0;
}
