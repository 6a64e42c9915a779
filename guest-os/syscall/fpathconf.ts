// SPDX-License-Identifier: MIT
/** @fileoverview System call 118, fpathconf: a limit of an open file. */
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fpathconf(descriptor: i32, name: i32): i64 {
  const file = currentProcess().file(descriptor);
  return file ? file.vnode.pathconf(name) : setError(failure);
}
