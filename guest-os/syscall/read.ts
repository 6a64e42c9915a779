// SPDX-License-Identifier: MIT
/** @fileoverview System call 3, read: bytes from a file's position. */
import { EFAULT, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { isUser } from '../kernel/memory/user';

export function read(descriptor: i32, buffer: u64, count: u64): i64 {
  const file = currentProcess().file(descriptor);
  if (!file) return setError(failure);
  return isUser(buffer, count) ? file.read(buffer, count) : setError(EFAULT);
}
