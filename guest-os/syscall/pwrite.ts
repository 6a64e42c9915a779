// SPDX-License-Identifier: MIT
/** @fileoverview System call 174, pwrite: bytes to a place in a file; its position stays. */
import { isFileRange } from '../fs/file';
import { EFAULT, EINVAL, ESPIPE, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';
import { isUser } from '../kernel/memory/user';

export function pwrite(descriptor: i32, buffer: u64, count: u64, offset: u64): i64 {
  const file = currentProcess().file(descriptor);
  if (!file) return setError(failure);
  if (!file.vnode.seekable) return setError(ESPIPE);
  if (!isFileRange(offset, count)) return setError(EINVAL);
  return isUser(buffer, count) ? file.writeAt(offset, buffer, count) : setError(EFAULT);
}
