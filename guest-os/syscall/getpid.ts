// SPDX-License-Identifier: MIT
/** @fileoverview System call 20, getpid: the process's id. */
import { currentProcess } from '../kernel/process';

export function getpid(): i64 {
  return currentProcess().pid;
}
