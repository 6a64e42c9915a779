// SPDX-License-Identifier: MIT
/** @fileoverview System call 124, pwritev: bytes to a place in a file from several buffers. */
import { writeVector } from '../fs/vector';
import { EINVAL, ESPIPE, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function pwritev(descriptor: i32, vector: u64, count: i32, offset: i64): i64 {
  const file = currentProcess().file(descriptor);
  if (!file) return setError(failure);
  if (!file.vnode.seekable) return setError(ESPIPE);
  return offset < 0 ? setError(EINVAL) : writeVector(file, vector, count, offset);
}
