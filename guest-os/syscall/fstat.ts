// SPDX-License-Identifier: MIT
/** @fileoverview System call 28, fstat: what is known about an open file. */
import { putStat } from '../fs/stat';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fstat(descriptor: i32, to: u64): i64 {
  const file = currentProcess().file(descriptor);
  return file ? putStat(file.vnode, to) : setError(failure);
}
