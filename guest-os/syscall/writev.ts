// SPDX-License-Identifier: MIT
/** @fileoverview System call 122, writev: bytes to a file's position from several buffers. */
import { writeVector } from '../fs/vector';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function writev(descriptor: i32, vector: u64, count: i32): i64 {
  const file = currentProcess().file(descriptor);
  return file ? writeVector(file, vector, count, -1) : setError(failure);
}
