// SPDX-License-Identifier: MIT
/** @fileoverview System call 121, readv: bytes from a file's position into several buffers. */
import { readVector } from '../fs/vector';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function readv(descriptor: i32, vector: u64, count: i32): i64 {
  const file = currentProcess().file(descriptor);
  return file ? readVector(file, vector, count, -1) : setError(failure);
}
