// SPDX-License-Identifier: MIT
/** @fileoverview System call 185, acl: a file's list of access, or how many entries it has; or another one for it. */
import { aclOf } from '../fs/aclCall';
import { AT_FDCWD, fileAt } from '../fs/names';
import { failure, setError } from '../kernel/errno';

export function acl(path: u64, command: i32, count: i32, entries: u64): i64 {
  const vnode = fileAt(AT_FDCWD, path, true);
  if (!vnode) return setError(failure);
  const result = aclOf(vnode, command, count, entries);
  vnode.release();
  return result;
}
