// SPDX-License-Identifier: MIT
/** @fileoverview System call 19, lseek: a file's position. */
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function lseek(descriptor: i32, offset: i64, whence: i32): i64 {
  const file = currentProcess().file(descriptor);
  return file ? file.seek(offset, whence) : setError(failure);
}
