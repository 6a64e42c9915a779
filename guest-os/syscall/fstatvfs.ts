// SPDX-License-Identifier: MIT
/** @fileoverview System call 104, fstatvfs: how large the file system of an open file is, and how full. */
import { putStatistics } from '../fs/stat';
import { failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fstatvfs(descriptor: i32, to: u64): i64 {
  const file = currentProcess().file(descriptor);
  return file ? putStatistics(file.vnode.fileSystem, to) : setError(failure);
}
