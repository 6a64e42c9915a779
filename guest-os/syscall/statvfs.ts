// SPDX-License-Identifier: MIT
/** @fileoverview System call 103, statvfs: how large the file system of a path is, and how full. */
import { AT_FDCWD, fileAt } from '../fs/names';
import { putStatistics } from '../fs/stat';
import { failure, setError } from '../kernel/errno';

export function statvfs(path: u64, to: u64): i64 {
  const vnode = fileAt(AT_FDCWD, path, true);
  if (!vnode) return setError(failure);
  const error = putStatistics(vnode.fileSystem, to);
  vnode.release();
  return error;
}
