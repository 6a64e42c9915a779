// SPDX-License-Identifier: MIT
/** @fileoverview System call 160, lwp_exit: the calling thread ends, and with the last one the process. */
import { endLwp, exitProcess } from '../kernel/process/life';
import { currentProcess } from '../kernel/process/processes';

export function lwp_exit(): i64 {
  if (currentProcess().threads.length == 1) exitProcess(0, 0);
  else endLwp();
  return 0;
}
