// SPDX-License-Identifier: MIT
/** @fileoverview System call 113, pathconf: a limit of the file at a path; -1 in the result is an error's, no limit is the largest number. */
import { AT_FDCWD, fileAt } from '../fs/names';
import { failure, setError } from '../kernel/errno';

export function pathconf(path: u64, name: i32): i64 {
  const vnode = fileAt(AT_FDCWD, path, true);
  if (!vnode) return setError(failure);
  const value = vnode.pathconf(name);
  vnode.release();
  return value;
}
