// SPDX-License-Identifier: MIT
/** @fileoverview System call 60, umask: which permissions new files do not get; the old value. */
import { currentProcess } from '../kernel/process/processes';

export function umask(mask: i32): i64 {
  const process = currentProcess();
  const old = process.umask;
  process.umask = mask & 0o777;
  return old;
}
