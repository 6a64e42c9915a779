// SPDX-License-Identifier: MIT
/** @fileoverview System call 93, fchmod: an open file's permissions. */
import { changeMode } from '../fs/policy';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fchmod(descriptor: i32, mode: i32): i64 {
  const process = currentProcess();
  const file = process.file(descriptor);
  return file ? changeMode(file.vnode, mode, process.credentials) : setError(failure);
}
