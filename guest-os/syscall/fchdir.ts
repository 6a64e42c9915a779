// SPDX-License-Identifier: MIT
/** @fileoverview System call 120, fchdir: the current directory, by a descriptor. */
import { checkAccess, X_OK } from '../fs/policy';
import { ENOTDIR, failure, setError } from '../kernel/errno';
import { currentProcess } from '../kernel/process/processes';

export function fchdir(descriptor: i32): i64 {
  const process = currentProcess();
  const file = process.file(descriptor);
  if (!file) return setError(failure);
  const vnode = file.vnode;
  if (!vnode.isDirectory) return setError(ENOTDIR);
  const error = checkAccess(vnode, X_OK, process.credentials);
  if (error) return error;
  vnode.hold();
  process.directory!.release();
  process.directory = vnode;
  return 0;
}
