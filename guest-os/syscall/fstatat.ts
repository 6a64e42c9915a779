// SPDX-License-Identifier: MIT
/** @fileoverview System call 66, fstatat: what is known about a file, by a path from a directory on; without a path, about the descriptor. */
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, fileAt } from '../fs/names';
import { putStat } from '../fs/stat';
import { EFAULT, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fstatat(directory: i32, path: u64, to: u64, flags: i32): i64 {
  if (!path) {
    if (directory == AT_FDCWD) return setError(EFAULT);
    const file = currentProcess().file(directory);
    return file ? putStat(file.vnode, to) : setError(failure);
  }
  const vnode = fileAt(directory, path, !(flags & AT_SYMLINK_NOFOLLOW));
  if (!vnode) return setError(failure);
  const error = putStat(vnode, to);
  vnode.release();
  return error;
}
