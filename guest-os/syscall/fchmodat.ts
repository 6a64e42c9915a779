// SPDX-License-Identifier: MIT
/** @fileoverview System call 101, fchmodat: a file's permissions, by a path from a directory on. */
import { AT_SYMLINK_NOFOLLOW, fileAt } from '../fs/names';
import { changeMode } from '../fs/policy';
import { S_IFLNK } from '../fs/vnode';
import { EINVAL, EOPNOTSUPP, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fchmodat(directory: i32, path: u64, mode: i32, flags: i32): i64 {
  if (flags & ~AT_SYMLINK_NOFOLLOW) return setError(EINVAL);
  const vnode = fileAt(directory, path, !flags);
  if (!vnode) return setError(failure);
  // A link has no permissions of its own.
  const error = vnode.type == S_IFLNK ? setError(EOPNOTSUPP) : changeMode(vnode, mode, currentProcess().credentials);
  vnode.release();
  return error;
}
