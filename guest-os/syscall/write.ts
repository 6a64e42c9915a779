// SPDX-License-Identifier: MIT
/** @fileoverview System call 4, write: bytes to a file's position. */
import { EFAULT, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { isUser } from '../kernel/memory/user';

export function write(descriptor: i32, buffer: u64, count: u64): i64 {
  const file = currentProcess().file(descriptor);
  if (!file) return setError(failure);
  return isUser(buffer, count) ? file.write(buffer, count) : setError(EFAULT);
}
