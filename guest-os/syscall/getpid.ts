// SPDX-License-Identifier: MIT
/** @fileoverview System call 20, getpid: the process's id, and its parent's as the second result. */
import { currentProcess } from '../kernel/process/processes';
import { withSecond } from '../kernel/results';

export function getpid(): i64 {
  const process = currentProcess();
  const parent = process.parent;
  // A parent of another zone is not seen: the process itself stands for it there.
  if (!parent) return withSecond(process.pid, 0);
  return withSecond(process.pid, process.credentials.sees(parent.credentials.zoneid) ? parent.pid : process.pid);
}
