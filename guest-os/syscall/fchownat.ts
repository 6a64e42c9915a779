// SPDX-License-Identifier: MIT
/** @fileoverview System call 56, fchownat: a file's owner and group, by a path from a directory on; -1 leaves one as it is. */
import { AT_SYMLINK_NOFOLLOW, fileAt } from '../fs/names';
import { changeOwner } from '../fs/policy';
import { EINVAL, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fchownat(directory: i32, path: u64, uid: i32, gid: i32, flags: i32): i64 {
  if (flags & ~AT_SYMLINK_NOFOLLOW) return setError(EINVAL);
  const vnode = fileAt(directory, path, !flags);
  if (!vnode) return setError(failure);
  const error = changeOwner(vnode, uid, gid, currentProcess().credentials);
  vnode.release();
  return error;
}
